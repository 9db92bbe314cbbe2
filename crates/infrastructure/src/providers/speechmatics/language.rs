//! What Speechmatics calls languages: by their bare code, Mandarin and Cantonese by their own. How they are written is asked
//! for apart.

use crate::providers::language::{Chinese, iso_639_1, locale, primary};

/// How English is written, as far as it is told apart.
const ENGLISH: [&str; 3] = ["en-AU", "en-GB", "en-US"];

/// A language as the vendor is told it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Language {
    pub(super) code: String,
    /// How it is written; `None` leaves that to the vendor.
    pub(super) written: Option<&'static str>,
}

impl Language {
    /// That of a BCP 47 tag.
    pub(super) fn of(tag: &str) -> Self {
        if let Some(chinese) = Chinese::of(tag) {
            let (code, written) = match chinese {
                Chinese::Traditional => ("cmn", Some("cmn-Hant")),
                Chinese::Simplified => ("cmn", Some("cmn-Hans")),
                Chinese::Cantonese => ("yue", None),
            };
            return Self {
                code: code.to_owned(),
                written,
            };
        }
        // A bare language says nothing about how it is written.
        let named = tag.contains('-').then(|| locale(tag));
        Self {
            code: iso_639_1(tag).unwrap_or_else(|| primary(tag)),
            written: ENGLISH.into_iter().find(|known| named.as_deref() == Some(*known)),
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("en", "en", None)]
    #[case("en-gb", "en", Some("en-GB"))]
    #[case("en-ZA", "en", None)]
    #[case("zh-TW", "cmn", Some("cmn-Hant"))]
    #[case("zh-CN", "cmn", Some("cmn-Hans"))]
    #[case("cmn-Hant-TW", "cmn", Some("cmn-Hant"))]
    #[case("zh-HK", "yue", None)]
    #[case("ja", "ja", None)]
    #[case("ja-JP", "ja", None)]
    #[case("ko", "ko", None)]
    fn languages_are_called_as_the_vendor_does(
        #[case] tag: &str,
        #[case] code: &str,
        #[case] written: Option<&'static str>,
    ) {
        let code = code.to_owned();
        assert_eq!(Language::of(tag), Language { code, written });
    }
}
