//! Where the two halves of the service are: at the vendor each has a host, elsewhere both are in one place.

use reqwest::Url;

use crate::providers::transport::Account;

/// A half of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Half {
    /// Speech to text.
    Hearing,
    /// Text to speech.
    Speaking,
}

/// What the vendor's hosts end with; a location and `-` may stand before it.
const HEARING: &str = "speech.googleapis.com";
const SPEAKING: &str = "texttospeech.googleapis.com";

impl Half {
    const fn host(self) -> &'static str {
        match self {
            Self::Hearing => HEARING,
            Self::Speaking => SPEAKING,
        }
    }

    /// The address of an operation.
    pub(super) fn url(self, account: &Account, path: &str) -> Url {
        let mut url = account.url(path);
        let host = account.base_url.host_str().unwrap_or_default();
        // The one ends with the other.
        let location = host.strip_suffix(SPEAKING).or(host.strip_suffix(HEARING));
        if let Some(location) = location {
            // Fails for addresses without a host only, and this one has one.
            let _ = url.set_host(Some(&format!("{location}{}", self.host())));
        }
        url
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::providers::testing::account;

    #[rstest]
    #[case(
        "https://speech.googleapis.com",
        "https://speech.googleapis.com/v1/a",
        "https://texttospeech.googleapis.com/v1/a"
    )]
    #[case(
        "https://texttospeech.googleapis.com/",
        "https://speech.googleapis.com/v1/a",
        "https://texttospeech.googleapis.com/v1/a"
    )]
    #[case(
        "https://eu-speech.googleapis.com",
        "https://eu-speech.googleapis.com/v1/a",
        "https://eu-texttospeech.googleapis.com/v1/a"
    )]
    #[case("http://127.0.0.1:9", "http://127.0.0.1:9/v1/a", "http://127.0.0.1:9/v1/a")]
    fn each_half_has_its_host(#[case] base: &str, #[case] hearing: &str, #[case] speaking: &str) {
        let account = account(base, None);
        assert_eq!(Half::Hearing.url(&account, "v1/a").as_str(), hearing);
        assert_eq!(Half::Speaking.url(&account, "v1/a").as_str(), speaking);
    }
}
