//! Names of languages. Sessions name them with BCP 47 tags, vendors want less.

/// The language of a tag without region and script.
pub(super) fn primary(tag: &str) -> String {
    tag.split('-').next().unwrap_or_default().to_ascii_lowercase()
}

/// The ISO 639-1 code of a tag, which has two letters; languages that have only three are left to the vendor to find out.
pub(super) fn iso_639_1(tag: &str) -> Option<String> {
    let language = primary(tag);
    match language.as_str() {
        // Chinese has one there, whoever speaks it.
        "cmn" | "yue" => Some("zh".to_owned()),
        code => {
            let is_code = code.len() == 2 && code.chars().all(|letter| letter.is_ascii_alphabetic());
            is_code.then_some(language)
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("en-GB", Some("en"))]
    #[case("EN", Some("en"))]
    #[case("zh-Hant-TW", Some("zh"))]
    #[case("yue", Some("zh"))]
    #[case("cmn-Hans", Some("zh"))]
    #[case("tlh", None)]
    #[case("fil-PH", None)]
    #[case("é", None)]
    #[case("1a", None)]
    #[case("", None)]
    fn languages_have_two_letters(#[case] tag: &str, #[case] code: Option<&str>) {
        assert_eq!(iso_639_1(tag).as_deref(), code);
    }
}
