//! What a session can configure. A session that names no language is heard in `en-US`.
//!
//! | Option | Value | Default | Meaning |
//! |---|---|---|---|
//! | `keyterms` | 1 to 100 texts | none | Words that are likely to be said. |
//! | `alternative_languages` | 1 to 3 texts, BCP 47 | none | Other languages that may be spoken. |

use viva_domain::sessions::{ProviderConfig, ProviderOptions};

use super::language;
use crate::providers::{Defaults, options};

const NAMES: [&str; 2] = ["alternative_languages", "keyterms"];

const MAX_KEYTERMS: usize = 100;
const MAX_KEYTERM_CHARS: usize = 100;
const MAX_LANGUAGES: usize = 3;
const MAX_LANGUAGE_CHARS: usize = 35;

/// A session's configuration, checked.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Settings {
    pub(super) model: String,
    /// As the vendor calls it.
    pub(super) language: String,
    pub(super) alternatives: Vec<String>,
    pub(super) keyterms: Vec<String>,
}

impl Settings {
    /// Reads and checks a configuration. The error says what is wrong, and what is right.
    pub(super) fn of(config: &ProviderConfig, defaults: &Defaults) -> Result<Self, String> {
        options::voiceless(config)?;
        let mut settings = Self {
            model: defaults.model_of(config)?,
            language: language::of(config.language.as_deref().unwrap_or("en")),
            alternatives: Vec::new(),
            keyterms: Vec::new(),
        };
        settings.read(&config.options)?;
        Ok(settings)
    }

    fn read(&mut self, raw: &ProviderOptions) -> Result<(), String> {
        for (name, json) in raw {
            match name.as_str() {
                "keyterms" => self.keyterms = options::texts(name, json, MAX_KEYTERMS, MAX_KEYTERM_CHARS)?,
                "alternative_languages" => {
                    let tags = options::texts(name, json, MAX_LANGUAGES, MAX_LANGUAGE_CHARS)?;
                    self.alternatives = tags.iter().map(|tag| language::of(tag)).collect();
                }
                _ => return Err(options::unknown(name, &NAMES)),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::providers::ears::talk::config;

    fn settings(options: &[(&str, &str)]) -> Result<Settings, String> {
        Settings::of(
            &config("google-cloud", "latest_short", options),
            &Defaults::default(),
        )
    }

    #[test]
    fn every_option_is_taken() {
        let options = [
            ("keyterms", r#"["Viva"]"#),
            ("alternative_languages", r#"["zh-TW","de"]"#),
        ];
        let read = settings(&options).unwrap();
        assert_eq!(read.language, "en-US");
        assert_eq!(read.keyterms, ["Viva"]);
        assert_eq!(read.alternatives, ["cmn-Hant-TW", "de-DE"]);
    }

    #[rstest]
    #[case(("mood", "1"), "options.mood is unknown; there are alternative_languages, keyterms")]
    #[case(("keyterms", "[]"), "options.keyterms must be a list of 1 to 100 texts of 1 to 100 characters")]
    #[case(("alternative_languages", r#"["a","b","c","d"]"#), "options.alternative_languages must be a list of 1 to 3 texts of 1 to 35 characters")]
    fn what_is_wrong_is_refused_by_name(#[case] option: (&str, &str), #[case] message: &str) {
        assert_eq!(settings(&[option]), Err(message.to_owned()));
    }
}
