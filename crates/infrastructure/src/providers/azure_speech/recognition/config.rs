//! What a session can configure. Its model says what is spoken to: `conversation`, `dictation` or `interactive`. A session
//! that names no language is heard in `en-US`.
//!
//! | Option | Value | Default | Meaning |
//! |---|---|---|---|
//! | `keyterms` | 1 to 100 texts | none | Words that are likely to be said. |
//! | `profanity` | `"masked"`, `"removed"`, `"raw"` | the vendor's, masked | What becomes of swear words. |
//! | `segmentation_silence_ms` | 100 to 5000 | the vendor's | After so much silence a part is final; the end of an utterance does not wait for it. |
//! | `custom_model` | a text of 1 to 100 characters | none | The id of an endpoint with a model of one's own. |

use viva_domain::sessions::{ProviderConfig, ProviderOptions};

use super::wire::Context;
use crate::providers::language::locale;
use crate::providers::{Defaults, options};

const NAMES: [&str; 4] = ["custom_model", "keyterms", "profanity", "segmentation_silence_ms"];
const PROFANITIES: [(&str, &str); 3] = [("masked", "masked"), ("removed", "removed"), ("raw", "raw")];
const MODES: [&str; 3] = ["conversation", "dictation", "interactive"];

const MAX_KEYTERMS: usize = 100;
const MAX_KEYTERM_CHARS: usize = 100;
const MAX_ID_CHARS: usize = 100;

/// A session's configuration, checked.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Settings {
    pub(super) mode: &'static str,
    /// Language and place.
    language: String,
    keyterms: Vec<String>,
    /// Options that are parameters of the address as they are.
    parameters: Vec<(&'static str, String)>,
}

impl Settings {
    /// Reads and checks a configuration. The error says what is wrong, and what is right.
    pub(super) fn of(config: &ProviderConfig, defaults: &Defaults) -> Result<Self, String> {
        options::voiceless(config)?;
        let model = defaults.model_of(config)?;
        let mode = MODES.into_iter().find(|mode| *mode == model);
        let mut settings = Self {
            mode: mode.ok_or_else(|| format!("model {model:?} must be one of {}", MODES.join(", ")))?,
            language: locale(config.language.as_deref().unwrap_or("en")),
            keyterms: Vec::new(),
            parameters: Vec::new(),
        };
        settings.read(&config.options)?;
        Ok(settings)
    }

    fn read(&mut self, raw: &ProviderOptions) -> Result<(), String> {
        for (name, json) in raw {
            let parameter = match name.as_str() {
                "keyterms" => {
                    self.keyterms = options::texts(name, json, MAX_KEYTERMS, MAX_KEYTERM_CHARS)?;
                    continue;
                }
                "profanity" => ("profanity", options::choice(name, json, &PROFANITIES)?.to_owned()),
                "segmentation_silence_ms" => {
                    let ms = options::number(name, json, 100, 5_000)?.to_string();
                    ("segmentationSilenceTimeoutMs", ms)
                }
                "custom_model" => ("cid", options::text(name, json, MAX_ID_CHARS)?),
                _ => return Err(options::unknown(name, &NAMES)),
            };
            self.parameters.push(parameter);
        }
        Ok(())
    }

    /// The parameters of the address.
    pub(super) fn query(&self) -> Vec<(&'static str, String)> {
        let mut query = vec![
            ("language", self.language.clone()),
            ("format", "simple".to_owned()),
        ];
        query.extend(self.parameters.iter().cloned());
        query
    }

    /// What every turn begins with.
    pub(super) fn context(&self) -> String {
        Context::of(&self.keyterms).json()
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
            ..config("azure-speech", model, options)
        };
        Settings::of(&config, &Defaults::default())
    }

    #[test]
    fn every_option_is_told() {
        let options = [
            ("custom_model", "\"mine\""),
            ("keyterms", r#"["Viva"]"#),
            ("profanity", "\"raw\""),
            ("segmentation_silence_ms", "500"),
        ];
        let settings = settings("dictation", Some("de-AT"), &options).unwrap();
        let query = [
            ("language", "de-AT"),
            ("format", "simple"),
            ("cid", "mine"),
            ("profanity", "raw"),
            ("segmentationSilenceTimeoutMs", "500"),
        ];
        assert_eq!(
            settings.query(),
            query.map(|(name, value)| (name, value.to_owned()))
        );
        let context: Value = serde_json::from_str(&settings.context()).unwrap();
        let groups = json!([{"type": "Generic", "items": [{"text": "Viva"}]}]);
        assert_eq!(context, json!({"dgi": {"groups": groups}}));
    }

    #[rstest]
    #[case(None, "en-US")]
    #[case(Some("en"), "en-US")]
    #[case(Some("en-GB"), "en-GB")]
    #[case(Some("zh-TW"), "zh-TW")]
    #[case(Some("zh-Hant"), "zh-TW")]
    #[case(Some("zh-CN"), "zh-CN")]
    #[case(Some("zh"), "zh-CN")]
    #[case(Some("ja"), "ja-JP")]
    #[case(Some("ko"), "ko-KR")]
    fn languages_are_called_as_the_vendor_does(#[case] tag: Option<&str>, #[case] language: &str) {
        let settings = settings("conversation", tag, &[]).unwrap();
        assert_eq!(settings.query()[0], ("language", language.to_owned()));
        assert_eq!(settings.context(), "{}");
    }

    #[rstest]
    #[case("x", ("profanity", "\"raw\""), "model \"x\" must be one of conversation, dictation, interactive")]
    #[case("conversation", ("mood", "1"), "options.mood is unknown; there are custom_model, keyterms, profanity, segmentation_silence_ms")]
    #[case("conversation", ("profanity", "\"x\""), "options.profanity must be one of \"masked\", \"removed\", \"raw\"")]
    #[case("conversation", ("segmentation_silence_ms", "99"), "options.segmentation_silence_ms must be a whole number from 100 to 5000")]
    #[case("conversation", ("custom_model", "\" \""), "options.custom_model must be a text of 1 to 100 characters")]
    fn what_is_wrong_is_refused_by_name(
        #[case] model: &str,
        #[case] option: (&str, &str),
        #[case] message: &str,
    ) {
        assert_eq!(settings(model, None, &[option]), Err(message.to_owned()));
    }
}
