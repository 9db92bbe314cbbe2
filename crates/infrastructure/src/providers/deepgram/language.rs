//! What Deepgram calls languages: most by their bare code, some with a region.

use crate::providers::language::{Chinese, primary};

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
    if let Some(chinese) = Chinese::of(tag) {
        return chinese.locale().to_owned();
    }
    let language = primary(tag);
    let region = tag
        .split('-')
        .skip(1)
        .find_map(|part| known(&format!("{language}-{part}")))
        .map(|known| (*known).to_owned());
    region.unwrap_or(language)
}

/// The value of `language_hint` for a BCP 47 tag; a model of one language takes none.
pub(super) fn of_flux(tag: &str, model: &str) -> Result<Option<String>, String> {
    let language = primary(tag);
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
    #[case("ja", "ja")]
    #[case("ko", "ko")]
    #[case("zh-CN", "zh-CN")]
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
