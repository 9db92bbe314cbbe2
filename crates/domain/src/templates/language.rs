use std::fmt;

use thiserror::Error;

/// Longest tag that programs have to take (RFC 5646, 4.4.1).
const MAX_CHARS: usize = 35;
/// Longest subtag.
const MAX_SUBTAG_CHARS: usize = 8;

/// A well-formed BCP 47 tag such as `zh-TW`, in the letter case that RFC 5646 recommends. Whether there is such a language
/// is not checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LanguageTag(String);

/// The text is no language tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("language must be a BCP 47 tag, such as en or zh-TW")]
pub struct InvalidLanguage;

impl LanguageTag {
    /// Checks a tag and brings its letters into the recommended case.
    ///
    /// # Errors
    /// [`InvalidLanguage`] when it is not well formed.
    pub fn parse(raw: &str) -> Result<Self, InvalidLanguage> {
        let raw = raw.trim();
        if raw.len() > MAX_CHARS || !raw.split('-').enumerate().all(is_well_formed) {
            return Err(InvalidLanguage);
        }
        let mut tag = String::with_capacity(raw.len());
        let mut follows_singleton = false;
        for (place, subtag) in raw.split('-').enumerate() {
            if place > 0 {
                tag.push('-');
            }
            let mut cased = subtag.to_ascii_lowercase();
            match cased.len() {
                2 if place > 0 && !follows_singleton => cased.make_ascii_uppercase(),
                4 if place > 0 && !follows_singleton => cased[..1].make_ascii_uppercase(),
                _ => {}
            }
            tag.push_str(&cased);
            follows_singleton = subtag.len() == 1;
        }
        Ok(Self(tag))
    }

    /// The tag.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LanguageTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The first subtag is the language, which has letters only.
fn is_well_formed((place, subtag): (usize, &str)) -> bool {
    let is_in_range = (1..=MAX_SUBTAG_CHARS).contains(&subtag.len());
    if place == 0 {
        is_in_range && subtag.len() > 1 && subtag.bytes().all(|byte| byte.is_ascii_alphabetic())
    } else {
        is_in_range && subtag.bytes().all(|byte| byte.is_ascii_alphanumeric())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("en", "en")]
    #[case(" ZH-tw ", "zh-TW")]
    #[case("ZH-hANT-tw", "zh-Hant-TW")]
    #[case("es-419", "es-419")]
    #[case("DE-ch-1996", "de-CH-1996")]
    #[case("en-CA-x-CA", "en-CA-x-ca")]
    fn tags_get_their_case(#[case] raw: &str, #[case] tag: &str) {
        assert_eq!(LanguageTag::parse(raw).unwrap().to_string(), tag);
    }

    #[rstest]
    #[case("")]
    #[case("e")]
    #[case("en_GB")]
    #[case("en-")]
    #[case("-en")]
    #[case("en--GB")]
    #[case("4n")]
    #[case("english--")]
    #[case("languages-x")]
    #[case("中文")]
    #[case("en-G\u{0}")]
    #[case("en-%")]
    #[case("en-abcdefgh-abcdefgh-abcdefgh-abcdefgh")]
    fn what_is_no_tag_is_refused(#[case] raw: &str) {
        assert_eq!(LanguageTag::parse(raw), Err(InvalidLanguage));
    }

    proptest! {
        #[test]
        fn any_text_is_refused_or_stays_as_it_was_read(raw: String) {
            if let Ok(tag) = LanguageTag::parse(&raw) {
                prop_assert_eq!(LanguageTag::parse(tag.as_str()), Ok(tag));
            }
        }

        #[test]
        fn any_tag_stays_as_it_was_read(raw in "[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,2}") {
            let tag = LanguageTag::parse(&raw).unwrap();
            prop_assert!(tag.as_str().eq_ignore_ascii_case(&raw));
            prop_assert_eq!(LanguageTag::parse(tag.as_str()), Ok(tag));
        }
    }
}
