//! What Google Cloud's speech-to-text calls languages: by language and place, Chinese with its letters too.

use crate::providers::language::{Chinese, locale};

/// The code of a BCP 47 tag.
pub(super) fn of(tag: &str) -> String {
    match Chinese::of(tag) {
        Some(Chinese::Traditional) => "cmn-Hant-TW".to_owned(),
        Some(Chinese::Simplified) => "cmn-Hans-CN".to_owned(),
        Some(Chinese::Cantonese) => "yue-Hant-HK".to_owned(),
        None => locale(tag),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("en", "en-US")]
    #[case("en-GB", "en-GB")]
    #[case("zh-TW", "cmn-Hant-TW")]
    #[case("zh-Hant", "cmn-Hant-TW")]
    #[case("zh-CN", "cmn-Hans-CN")]
    #[case("zh", "cmn-Hans-CN")]
    #[case("zh-HK", "yue-Hant-HK")]
    #[case("ja", "ja-JP")]
    #[case("ko", "ko-KR")]
    fn languages_are_called_as_the_vendor_does(#[case] tag: &str, #[case] code: &str) {
        assert_eq!(of(tag), code);
    }
}
