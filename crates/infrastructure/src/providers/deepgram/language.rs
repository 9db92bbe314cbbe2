//! What Deepgram calls languages: most by their bare code, some with a region.

/// Tags that it tells from the bare language.
const REGIONS: [&str; 17] = [
    "de-CH", "en-AU", "en-GB", "en-IN", "en-NZ", "en-US", "es-419", "fr-CA", "ko-KR", "nl-BE", "pt-BR",
    "pt-PT", "th-TH", "zh-CN", "zh-HK", "zh-TW", "da-DK",
];

/// The value of `language` for a BCP 47 tag.
pub(super) fn of_nova(tag: &str) -> String {
    let known = |tag: &str| REGIONS.iter().find(|known| known.eq_ignore_ascii_case(tag));
    if let Some(known) = known(tag) {
        return (*known).to_owned();
    }
    let mut parts = tag.split('-');
    let language = parts.next().unwrap_or_default().to_ascii_lowercase();
    let rest: Vec<String> = parts.map(str::to_ascii_lowercase).collect();
    let has = |part: &str| rest.iter().any(|other| other == part);
    if matches!(language.as_str(), "zh" | "cmn" | "yue") {
        // Cantonese is a language of its own here, and is asked for by its place.
        let is_cantonese = language == "yue" || has("hk") || has("mo");
        return match (is_cantonese, has("tw") || has("hant")) {
            (true, _) => "zh-HK",
            (false, true) => "zh-TW",
            (false, false) => "zh-CN",
        }
        .to_owned();
    }
    let region = rest
        .iter()
        .find_map(|part| known(&format!("{language}-{part}")))
        .map(|known| (*known).to_owned());
    region.unwrap_or(language)
}

/// The value of `language_hint` for a BCP 47 tag; a model of one language takes none.
pub(super) fn of_flux(tag: &str, model: &str) -> Result<Option<String>, String> {
    let language = tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
    match model.rsplit('-').next() {
        Some(only) if only.len() == 2 && only != language => Err(format!(
            "language {tag:?} is not heard by {model:?}; it hears {only}"
        )),
        Some(only) if only.len() == 2 => Ok(None),
        _ => Ok(Some(language)),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("en", "en")]
    #[case("en-GB", "en-GB")]
    #[case("en-gb", "en-GB")]
    #[case("en-ZA", "en")]
    #[case("de-AT", "de")]
    #[case("de-CH", "de-CH")]
    #[case("es-MX", "es")]
    #[case("pt-Latn-BR", "pt-BR")]
    #[case("ja-JP", "ja")]
    #[case("zh", "zh-CN")]
    #[case("zh-TW", "zh-TW")]
    #[case("zh-Hant", "zh-TW")]
    #[case("zh-Hant-TW", "zh-TW")]
    #[case("zh-Hans-SG", "zh-CN")]
    #[case("cmn-Hant", "zh-TW")]
    #[case("zh-HK", "zh-HK")]
    #[case("zh-Hant-HK", "zh-HK")]
    #[case("yue", "zh-HK")]
    fn tags_are_called_as_the_vendor_does(#[case] tag: &str, #[case] language: &str) {
        assert_eq!(of_nova(tag), language);
    }

    #[test]
    fn a_model_of_one_language_takes_no_hint() {
        assert_eq!(of_flux("en-GB", "flux-general-en"), Ok(None));
        assert_eq!(of_flux("fr-CA", "flux-general-multi"), Ok(Some("fr".to_owned())));
        assert!(of_flux("fr", "flux-general-en").is_err());
    }
}
