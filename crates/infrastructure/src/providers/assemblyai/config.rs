//! What a session can configure.
//!
//! | Option | Value | Default | Meaning |
//! |---|---|---|---|
//! | `keyterms` | 1 to 100 texts | none | Words that are likely to be said. |
//! | `format_turns` | `true`, `false` | the vendor's | A `universal-streaming` model writes with capitals and full stops, up to half a second after the turn is over, which counts as time until it is; the answer is prepared meanwhile. Other models always do. |
//! | `end_of_turn_confidence_threshold` | 0 to 1 | the vendor's | How sure it must be that the turn is over. |
//! | `min_turn_silence` | 0 to 60000 ms | the vendor's | A turn ends after so much silence, if it is sure. |
//! | `max_turn_silence` | 0 to 60000 ms | the vendor's | A turn ends after so much silence, however sure it is. |
//! | `vad_threshold` | 0 to 1 | the vendor's, 0.4 | How loud speech is; more for noisy rooms. |
//! | `mode` | `"min_latency"`, `"balanced"`, `"max_accuracy"` | the vendor's | Whether to be fast or right. |
//! | `filter_profanity` | `true`, `false` | `false` | Swear words are left out. |

use viva_domain::sessions::{ProviderConfig, ProviderOptions};

use super::RATE;
use crate::providers::language::{iso_639_1, primary};
use crate::providers::{Defaults, options};

const NAMES: [&str; 8] = [
    "end_of_turn_confidence_threshold",
    "filter_profanity",
    "format_turns",
    "keyterms",
    "max_turn_silence",
    "min_turn_silence",
    "mode",
    "vad_threshold",
];
const MODES: [(&str, &str); 3] = [
    ("min_latency", "min_latency"),
    ("balanced", "balanced"),
    ("max_accuracy", "max_accuracy"),
];

const MAX_KEYTERMS: usize = 100;
const MAX_KEYTERM_CHARS: usize = 50;
const MAX_SILENCE_MS: u32 = 60_000;

/// Hears English only, and is not told so.
const ENGLISH: &str = "-english";
/// Models of this family write plainly first, and again as people do if they are asked to.
const PLAIN_FIRST: &str = "universal-streaming";

/// A session's configuration, checked.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Settings {
    pub(super) model: String,
    /// As the vendor calls it.
    language: Option<String>,
    formats: bool,
    /// Options that are parameters of the address as they are.
    parameters: Vec<(&'static str, String)>,
}

impl Settings {
    /// Reads and checks a configuration. The error says what is wrong, and what is right.
    pub(super) fn of(config: &ProviderConfig, defaults: &Defaults) -> Result<Self, String> {
        options::voiceless(config)?;
        let model = defaults.model_of(config)?;
        let language = config.language.as_deref();
        let mut settings = Self {
            language: language
                .map(|tag| language_of(tag, &model))
                .transpose()?
                .flatten(),
            model,
            formats: false,
            parameters: Vec::new(),
        };
        settings.read(&config.options)?;
        Ok(settings)
    }

    fn read(&mut self, raw: &ProviderOptions) -> Result<(), String> {
        for (name, json) in raw {
            let Some(name) = NAMES.iter().find(|known| *known == name) else {
                return Err(options::unknown(name, &NAMES));
            };
            let value = match *name {
                "keyterms" => {
                    let terms = options::texts(name, json, MAX_KEYTERMS, MAX_KEYTERM_CHARS)?;
                    self.parameters.push(("keyterms_prompt", list(&terms)));
                    continue;
                }
                "format_turns" => {
                    self.formats = options::flag(name, json)?;
                    self.formats.to_string()
                }
                "filter_profanity" => options::flag(name, json)?.to_string(),
                "mode" => options::choice(name, json, &MODES)?.to_owned(),
                "min_turn_silence" | "max_turn_silence" => {
                    options::number(name, json, 0, MAX_SILENCE_MS)?.to_string()
                }
                _ => options::decimal(name, json, 0.0, 1.0)?.to_string(),
            };
            self.parameters.push((name, value));
        }
        Ok(())
    }

    /// Whether each turn is told to be over twice, the second time with a text that is better to read.
    pub(super) fn ends_twice(&self) -> bool {
        self.formats && self.model.starts_with(PLAIN_FIRST)
    }

    /// The parameters of the address.
    pub(super) fn query(&self) -> Vec<(&'static str, String)> {
        let mut query = vec![
            ("sample_rate", RATE.to_string()),
            ("encoding", "pcm_s16le".to_owned()),
            ("speech_model", self.model.clone()),
        ];
        let languages = self.language.as_ref().map(|language| list(&[language]));
        query.extend(languages.map(|languages| ("language_codes", languages)));
        query.extend(self.parameters.iter().cloned());
        query
    }
}

/// What the vendor calls a language; a model of one language is told none.
fn language_of(tag: &str, model: &str) -> Result<Option<String>, String> {
    let language = iso_639_1(tag).unwrap_or_else(|| primary(tag));
    match (model.ends_with(ENGLISH), language.as_str()) {
        (true, "en") => Ok(None),
        (true, _) => Err(format!("language {tag:?} is not heard by {model:?}; it hears en")),
        (false, _) => Ok(Some(language)),
    }
}

/// Lists are JSON in the address.
fn list(texts: &[impl serde::Serialize]) -> String {
    serde_json::to_string(texts).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::providers::ears::talk::config;

    fn settings(model: &str, language: Option<&str>, options: &[(&str, &str)]) -> Result<Settings, String> {
        let config = ProviderConfig {
            language: language.map(str::to_owned),
            ..config("assemblyai", model, options)
        };
        Settings::of(&config, &Defaults::default())
    }

    #[test]
    fn every_option_is_told() {
        let options = [
            ("keyterms", r#"["Viva","故事"]"#),
            ("format_turns", "true"),
            ("end_of_turn_confidence_threshold", "0.7"),
            ("min_turn_silence", "160"),
            ("max_turn_silence", "2400"),
            ("vad_threshold", "0.5"),
            ("mode", "\"balanced\""),
            ("filter_profanity", "true"),
        ];
        let settings = settings("universal-streaming-multilingual", Some("de-AT"), &options).unwrap();
        assert!(settings.ends_twice());
        let mut query = settings.query();
        query.sort_unstable();
        assert_eq!(
            query,
            [
                ("encoding", "pcm_s16le"),
                ("end_of_turn_confidence_threshold", "0.7"),
                ("filter_profanity", "true"),
                ("format_turns", "true"),
                ("keyterms_prompt", r#"["Viva","故事"]"#),
                ("language_codes", r#"["de"]"#),
                ("max_turn_silence", "2400"),
                ("min_turn_silence", "160"),
                ("mode", "balanced"),
                ("sample_rate", "16000"),
                ("speech_model", "universal-streaming-multilingual"),
                ("vad_threshold", "0.5"),
            ]
            .map(|(name, value)| (name, value.to_owned()))
        );
    }

    #[rstest]
    #[case("en", "en")]
    #[case("en-GB", "en")]
    #[case("zh-TW", "zh")]
    #[case("zh-CN", "zh")]
    #[case("cmn-Hant", "zh")]
    #[case("ja", "ja")]
    #[case("ko", "ko")]
    #[case("fil-PH", "fil")]
    fn languages_are_called_as_the_vendor_does(#[case] tag: &str, #[case] language: &str) {
        let settings = settings("universal-3-6", Some(tag), &[]).unwrap();
        let told = ("language_codes", format!("[{language:?}]"));
        assert!(settings.query().contains(&told), "{settings:?}");
    }

    #[test]
    fn a_model_of_one_language_is_told_none() {
        let model = "universal-streaming-english";
        let query = settings(model, Some("en-GB"), &[]).unwrap().query();
        assert!(
            query.iter().all(|(name, _)| *name != "language_codes"),
            "{query:?}"
        );
        assert_eq!(
            settings(model, Some("fr"), &[]),
            Err("language \"fr\" is not heard by \"universal-streaming-english\"; it hears en".to_owned())
        );
    }

    #[test]
    fn only_models_that_write_plainly_first_end_a_turn_twice() {
        let formats = [("format_turns", "true")];
        assert!(!settings("universal-3-6", None, &formats).unwrap().ends_twice());
        assert!(
            !settings("universal-streaming-english", None, &[])
                .unwrap()
                .ends_twice()
        );
    }

    #[rstest]
    #[case(("mood", "1"), "options.mood is unknown; there are end_of_turn_confidence_threshold, filter_profanity, format_turns, keyterms, max_turn_silence, min_turn_silence, mode, vad_threshold")]
    #[case(("vad_threshold", "1.1"), "options.vad_threshold must be a number from 0 to 1")]
    #[case(("max_turn_silence", "60001"), "options.max_turn_silence must be a whole number from 0 to 60000")]
    #[case(("mode", "\"x\""), "options.mode must be one of \"min_latency\", \"balanced\", \"max_accuracy\"")]
    #[case(("format_turns", "1"), "options.format_turns must be true or false")]
    #[case(("keyterms", "[]"), "options.keyterms must be a list of 1 to 100 texts of 1 to 50 characters")]
    fn what_is_wrong_is_refused_by_name(#[case] option: (&str, &str), #[case] message: &str) {
        let refused = settings("universal-3-6", None, &[option]);
        assert_eq!(refused, Err(message.to_owned()));
    }
}
