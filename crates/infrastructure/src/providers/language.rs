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

/// The region in which most people speak a language, for vendors that know none without a region; where it is not listed, it
/// is called as the language is.
const REGIONS: [(&str, &str); 22] = [
    ("ar", "EG"),
    ("bn", "IN"),
    ("cmn", "CN"),
    ("cs", "CZ"),
    ("da", "DK"),
    ("el", "GR"),
    ("en", "US"),
    ("et", "EE"),
    ("fil", "PH"),
    ("he", "IL"),
    ("hi", "IN"),
    ("ja", "JP"),
    ("ko", "KR"),
    ("ms", "MY"),
    ("nb", "NO"),
    ("pt", "BR"),
    ("sv", "SE"),
    ("ta", "IN"),
    ("uk", "UA"),
    ("vi", "VN"),
    ("yue", "HK"),
    ("zh", "CN"),
];

/// The language of a tag, and a region in any case: that of the tag, else where its script or else its language is at home.
pub(super) fn with_region(tag: &str) -> (String, String) {
    let language = primary(tag);
    let mut parts = tag.split('-').skip(1);
    let is_region = |part: &&str| part.len() == 2 && part.chars().all(|letter| letter.is_ascii_alphabetic());
    let region = parts.clone().find(is_region);
    let is_traditional = parts.any(|part| part.eq_ignore_ascii_case("hant"));
    let region = match (region, language.as_str()) {
        (Some(region), _) => region.to_owned(),
        (None, "zh" | "cmn") if is_traditional => "TW".to_owned(),
        (None, language) => {
            let listed = REGIONS.iter().find(|(known, _)| *known == language);
            listed.map_or(language, |&(_, region)| region).to_owned()
        }
    };
    (language, region.to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("en", "en", "US")]
    #[case("EN-gb", "en", "GB")]
    #[case("zh-TW", "zh", "TW")]
    #[case("zh-Hant", "zh", "TW")]
    #[case("zh-Hant-HK", "zh", "HK")]
    #[case("zh-CN", "zh", "CN")]
    #[case("zh", "zh", "CN")]
    #[case("cmn-Hant", "cmn", "TW")]
    #[case("ja", "ja", "JP")]
    #[case("ko", "ko", "KR")]
    #[case("de", "de", "DE")]
    #[case("", "", "")]
    fn languages_have_a_region(#[case] tag: &str, #[case] language: &str, #[case] region: &str) {
        assert_eq!(with_region(tag), (language.to_owned(), region.to_owned()));
    }

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
