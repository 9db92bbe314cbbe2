/// The languages of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Traditional Chinese as written in Taiwan.
    TraditionalChinese,
}

impl Language {
    /// The BCP 47 tag, as in `<html lang>`.
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::TraditionalChinese => "zh-TW",
        }
    }

    /// The language of a BCP 47 tag; any Chinese is answered in the Chinese that there is.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split('-').next().unwrap_or_default().trim();
        match primary.to_ascii_lowercase().as_str() {
            "en" => Some(Self::English),
            "zh" => Some(Self::TraditionalChinese),
            _ => None,
        }
    }

    /// The best language for an `Accept-Language` header (RFC 9110, 12.5.4); English when it names none of ours.
    pub fn from_accept_language(header: &str) -> Self {
        let mut best = (0.0, Self::default());
        for item in header.split(',') {
            let (tag, parameters) = item.split_once(';').unwrap_or((item, ""));
            let weight = parameters
                .trim()
                .strip_prefix("q=")
                .map_or(Some(1.0), |weight| weight.parse().ok());
            if let (Some(language), Some(weight)) = (Self::from_tag(tag), weight)
                && weight > best.0
            {
                best = (weight, language);
            }
        }
        best.1
    }

    /// The language that the browser asked the server for.
    #[cfg(feature = "ssr")]
    pub(crate) fn of_request() -> Self {
        leptos::prelude::use_context::<http::request::Parts>()
            .and_then(|parts| {
                let header = parts.headers.get(http::header::ACCEPT_LANGUAGE)?.to_str().ok()?;
                Some(Self::from_accept_language(header))
            })
            .unwrap_or_default()
    }

    /// The language in which the server wrote the document.
    #[cfg(not(feature = "ssr"))]
    pub(crate) fn of_request() -> Self {
        #[cfg(feature = "hydrate")]
        let tag = crate::browser::document_language();
        #[cfg(not(feature = "hydrate"))]
        let tag = None::<String>;
        tag.and_then(|tag| Self::from_tag(&tag)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heaviest_known_language_wins() {
        for (header, expected) in [
            ("en", Language::English),
            ("zh-TW,zh;q=0.9,en-US;q=0.8", Language::TraditionalChinese),
            ("fr-FR, en;q=0.5, zh-Hant;q=0.7", Language::TraditionalChinese),
            ("zh;q=0, en;q=0.1", Language::English),
            ("de", Language::English),
            ("", Language::English),
            ("zh;q=many", Language::English),
        ] {
            assert_eq!(Language::from_accept_language(header), expected, "{header}");
        }
    }

    #[test]
    fn tags_survive_the_round_trip() {
        for language in [Language::English, Language::TraditionalChinese] {
            assert_eq!(Language::from_tag(language.tag()), Some(language));
        }
    }
}
