//! What a session can configure. A session that names no language is heard in English, by `melia-1` in any.
//!
//! | Option | Value | Default | Meaning |
//! |---|---|---|---|
//! | `keyterms` | 1 to 100 texts | none | Words that are likely to be said. |
//! | `max_delay` | 0.7 to 4 s | the vendor's | How much may be heard before what was said is final; the end of an utterance does not wait for it. |
//! | `max_delay_mode` | `"fixed"`, `"flexible"` | the vendor's | Whether numbers and the like may take longer, to be written as people do. |

use viva_domain::sessions::{ProviderConfig, ProviderOptions};

use super::RATE;
use super::language::Language;
use super::wire::{AudioFormat, Start, Transcription, Word};
use crate::providers::{Defaults, options};

const NAMES: [&str; 3] = ["keyterms", "max_delay", "max_delay_mode"];
const MODES: [(&str, &str); 2] = [("fixed", "fixed"), ("flexible", "flexible")];

const MAX_KEYTERMS: usize = 100;
const MAX_KEYTERM_CHARS: usize = 100;

/// Hears any language, and takes one as a hint.
const MULTILINGUAL: &str = "melia-";

/// A session's configuration, checked.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Settings {
    pub(super) model: String,
    language: Option<Language>,
    keyterms: Vec<String>,
    max_delay: Option<f64>,
    max_delay_mode: Option<&'static str>,
}

impl Settings {
    /// Reads and checks a configuration. The error says what is wrong, and what is right.
    pub(super) fn of(config: &ProviderConfig, defaults: &Defaults) -> Result<Self, String> {
        options::voiceless(config)?;
        let mut settings = Self {
            model: defaults.model_of(config)?,
            language: config.language.as_deref().map(Language::of),
            keyterms: Vec::new(),
            max_delay: None,
            max_delay_mode: None,
        };
        settings.read(&config.options)?;
        Ok(settings)
    }

    fn read(&mut self, raw: &ProviderOptions) -> Result<(), String> {
        for (name, json) in raw {
            match name.as_str() {
                "keyterms" => self.keyterms = options::texts(name, json, MAX_KEYTERMS, MAX_KEYTERM_CHARS)?,
                "max_delay" => self.max_delay = Some(options::decimal(name, json, 0.7, 4.0)?),
                "max_delay_mode" => self.max_delay_mode = Some(options::choice(name, json, &MODES)?),
                _ => return Err(options::unknown(name, &NAMES)),
            }
        }
        Ok(())
    }

    /// The first message.
    pub(super) fn start(&self) -> Start<'_> {
        let is_multilingual = self.model.starts_with(MULTILINGUAL);
        let code = self.language.as_ref().map(|language| language.code.as_str());
        let written = self.language.as_ref().and_then(|language| language.written);
        Start {
            audio_format: AudioFormat {
                kind: "raw",
                encoding: "pcm_s16le",
                sample_rate: RATE,
            },
            transcription_config: Transcription {
                language: if is_multilingual {
                    "multi"
                } else {
                    code.unwrap_or("en")
                },
                language_hints: code.into_iter().filter(|_| is_multilingual).collect(),
                output_locale: written.filter(|_| !is_multilingual),
                model: &self.model,
                enable_partials: true,
                max_delay: self.max_delay,
                max_delay_mode: self.max_delay_mode,
                additional_vocab: self.keyterms.iter().map(|content| Word { content }).collect(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::{Value, json};

    use super::*;
    use crate::providers::ears::talk::config;

    fn settings(model: &str, language: Option<&str>, options: &[(&str, &str)]) -> Result<Settings, String> {
        let config = ProviderConfig {
            language: language.map(str::to_owned),
            ..config("speechmatics", model, options)
        };
        Settings::of(&config, &Defaults::default())
    }

    fn told(model: &str, language: Option<&str>, options: &[(&str, &str)]) -> Value {
        let settings = settings(model, language, options).unwrap();
        let start: Value = serde_json::from_str(&settings.start().json()).unwrap();
        assert_eq!(start["message"], "StartRecognition");
        start["transcription_config"].clone()
    }

    #[test]
    fn every_option_is_told() {
        let options = [
            ("keyterms", r#"["Viva"]"#),
            ("max_delay", "0.7"),
            ("max_delay_mode", "\"fixed\""),
        ];
        assert_eq!(
            told("enhanced", Some("zh-TW"), &options),
            json!({
                "language": "cmn", "output_locale": "cmn-Hant", "model": "enhanced", "enable_partials": true,
                "max_delay": 0.7, "max_delay_mode": "fixed", "additional_vocab": [{"content": "Viva"}],
            })
        );
        let plain = json!({"language": "en", "model": "standard", "enable_partials": true});
        assert_eq!(told("standard", None, &[]), plain);
    }

    #[test]
    fn a_model_of_all_languages_takes_one_as_a_hint() {
        let any = json!({"language": "multi", "model": "melia-1", "enable_partials": true});
        assert_eq!(told("melia-1", None, &[]), any);
        let hinted = told("melia-1", Some("en-GB"), &[]);
        assert_eq!(hinted["language_hints"], json!(["en"]));
        assert_eq!(
            (&hinted["language"], &hinted["output_locale"]),
            (&json!("multi"), &Value::Null)
        );
    }

    #[rstest]
    #[case(("mood", "1"), "options.mood is unknown; there are keyterms, max_delay, max_delay_mode")]
    #[case(("max_delay", "0.6"), "options.max_delay must be a number from 0.7 to 4")]
    #[case(("max_delay_mode", "\"x\""), "options.max_delay_mode must be one of \"fixed\", \"flexible\"")]
    #[case(("keyterms", "[]"), "options.keyterms must be a list of 1 to 100 texts of 1 to 100 characters")]
    fn what_is_wrong_is_refused_by_name(#[case] option: (&str, &str), #[case] message: &str) {
        assert_eq!(settings("enhanced", None, &[option]), Err(message.to_owned()));
    }
}
