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

/// What Chinese somebody speaks and writes: vendors tell these apart, each by other names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Chinese {
    /// Mandarin in traditional letters, as in Taiwan.
    Traditional,
    /// Mandarin in simplified letters.
    Simplified,
    /// Cantonese, as in Hong Kong.
    Cantonese,
}

impl Chinese {
    /// The one of a tag; `None` for other languages.
    pub(super) fn of(tag: &str) -> Option<Self> {
        let language = primary(tag);
        if !matches!(language.as_str(), "zh" | "cmn" | "yue") {
            return None;
        }
        let has = |part: &str| {
            tag.split('-')
                .skip(1)
                .any(|other| other.eq_ignore_ascii_case(part))
        };
        // Who asks for Chinese of these places, and does not say Mandarin, means what is spoken there.
        let is_cantonese = language == "yue" || language == "zh" && (has("hk") || has("mo"));
        Some(match (is_cantonese, has("tw") || has("hant")) {
            (true, _) => Self::Cantonese,
            (false, true) => Self::Traditional,
            (false, false) => Self::Simplified,
        })
    }

    /// By language and place.
    pub(super) const fn locale(self) -> &'static str {
        match self {
            Self::Traditional => "zh-TW",
            Self::Simplified => "zh-CN",
            Self::Cantonese => "zh-HK",
        }
    }
}

/// Where a language is spoken whose tag names no place, for vendors that want one.
const PLACES: [(&str, &str); 34] = [
    ("ar", "SA"),
    ("bg", "BG"),
    ("ca", "ES"),
    ("cs", "CZ"),
    ("da", "DK"),
    ("de", "DE"),
    ("el", "GR"),
    ("en", "US"),
    ("es", "ES"),
    ("et", "EE"),
    ("fi", "FI"),
    ("fr", "FR"),
    ("he", "IL"),
    ("hi", "IN"),
    ("hr", "HR"),
    ("hu", "HU"),
    ("id", "ID"),
    ("it", "IT"),
    ("ja", "JP"),
    ("ko", "KR"),
    ("lt", "LT"),
    ("lv", "LV"),
    ("ms", "MY"),
    ("nb", "NO"),
    ("nl", "NL"),
    ("pl", "PL"),
    ("pt", "BR"),
    ("ro", "RO"),
    ("ru", "RU"),
    ("sv", "SE"),
    ("th", "TH"),
    ("tr", "TR"),
    ("uk", "UA"),
    ("vi", "VN"),
];

/// Language and place, as `en-US`, for vendors that want both; of a language whose place is not known the tag's language
/// alone.
pub(super) fn locale(tag: &str) -> String {
    if let Some(chinese) = Chinese::of(tag) {
        return chinese.locale().to_owned();
    }
    let language = primary(tag);
    let is_place = |part: &&str| {
        let is_of = |length: usize, is_right: fn(&char) -> bool| {
            part.len() == length && part.chars().all(|letter| is_right(&letter))
        };
        is_of(2, char::is_ascii_alphabetic) || is_of(3, char::is_ascii_digit)
    };
    let named = tag.split('-').skip(1).find(is_place).map(str::to_ascii_uppercase);
    let known = || PLACES.iter().find(|(known, _)| *known == language);
    match named.or_else(|| known().map(|(_, place)| (*place).to_owned())) {
        Some(place) => format!("{language}-{place}"),
        None => language,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("zh", "zh-CN")]
    #[case("zh-TW", "zh-TW")]
    #[case("zh-Hant", "zh-TW")]
    #[case("zh-Hans-SG", "zh-CN")]
    #[case("cmn-Hant-TW", "zh-TW")]
    #[case("cmn-Hant-HK", "zh-TW")]
    #[case("zh-hk", "zh-HK")]
    #[case("zh-Hant-MO", "zh-HK")]
    #[case("yue", "zh-HK")]
    #[case("en", "en-US")]
    #[case("EN-gb", "en-GB")]
    #[case("ja", "ja-JP")]
    #[case("ko-KR", "ko-KR")]
    #[case("pt-Latn-PT", "pt-PT")]
    #[case("es-419", "es-419")]
    #[case("tlh", "tlh")]
    fn every_language_has_a_place_that_is_known(#[case] tag: &str, #[case] name: &str) {
        assert_eq!(locale(tag), name);
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
