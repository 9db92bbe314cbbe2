//! Why there is no microphone, and which browser has to be told.

/// Why the microphone cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MicrophoneProblem {
    /// The person or a policy said no.
    Denied,
    /// There is none.
    Missing,
    /// Another program holds it.
    Busy,
    /// The page is not served over HTTPS or from this computer, so the browser hides microphones.
    Insecure,
}

impl MicrophoneProblem {
    /// The problem behind the name of the exception that `getUserMedia` throws (W3C Media Capture and Streams, 10.2).
    pub fn from_exception(name: &str) -> Self {
        match name {
            "NotFoundError" | "OverconstrainedError" => Self::Missing,
            "NotReadableError" | "AbortError" => Self::Busy,
            _ => Self::Denied,
        }
    }

    /// A word for style sheets and tests.
    pub fn name(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::Missing => "missing",
            Self::Busy => "busy",
            Self::Insecure => "insecure",
        }
    }
}

/// The browsers whose way to a permission the page explains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Browser {
    /// Google Chrome and other Chromium browsers on a computer or Android.
    Chrome,
    /// Microsoft Edge.
    Edge,
    /// Mozilla Firefox.
    Firefox,
    /// Safari on a Mac.
    Safari,
    /// Any browser on an iPhone or iPad.
    Ios,
}

impl Browser {
    /// Every browser, in the order in which they are explained.
    pub const ALL: [Self; 5] = [Self::Chrome, Self::Edge, Self::Firefox, Self::Safari, Self::Ios];

    /// The browser of a `User-Agent`; anything unknown behaves most likely like Chrome.
    pub fn from_user_agent(agent: &str) -> Self {
        let has = |word| agent.contains(word);
        if has("iPhone") || has("iPad") {
            Self::Ios
        } else if has("Firefox/") {
            Self::Firefox
        } else if has("Edg/") || has("EdgA/") {
            Self::Edge
        } else if has("Safari/") && !has("Chrome/") && !has("Chromium/") {
            Self::Safari
        } else {
            Self::Chrome
        }
    }

    /// Its name, the same in every language.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chrome => "Chrome",
            Self::Edge => "Edge",
            Self::Firefox => "Firefox",
            Self::Safari => "Safari",
            Self::Ios => "iPhone, iPad",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_told_apart_by_what_only_they_say() {
        let webkit = "AppleWebKit/537.36 (KHTML, like Gecko)";
        for (agent, browser) in [
            (
                format!("Mozilla/5.0 (X11; Linux x86_64) {webkit} Chrome/156.0.0.0 Safari/537.36"),
                Browser::Chrome,
            ),
            (
                format!("Mozilla/5.0 {webkit} Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0"),
                Browser::Edge,
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0".to_owned(),
                Browser::Firefox,
            ),
            (
                format!("Mozilla/5.0 (Macintosh) {webkit} Version/26.0 Safari/605.1.15"),
                Browser::Safari,
            ),
            (
                format!("Mozilla/5.0 (iPhone; CPU iPhone OS 26_0) {webkit} CriOS/156.0 Safari/604.1"),
                Browser::Ios,
            ),
            (String::new(), Browser::Chrome),
        ] {
            assert_eq!(Browser::from_user_agent(&agent), browser, "{agent}");
        }
    }

    #[test]
    fn exceptions_name_the_problem() {
        assert_eq!(
            MicrophoneProblem::from_exception("NotAllowedError"),
            MicrophoneProblem::Denied
        );
        assert_eq!(
            MicrophoneProblem::from_exception("NotFoundError"),
            MicrophoneProblem::Missing
        );
        assert_eq!(
            MicrophoneProblem::from_exception("NotReadableError"),
            MicrophoneProblem::Busy
        );
    }
}
