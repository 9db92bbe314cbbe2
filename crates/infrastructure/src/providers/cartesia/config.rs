//! What a session can configure.
//!
//! | Option | Value | Default | Meaning |
//! |---|---|---|---|
//! | `speed` | 0.6 to 1.5 | the voice's | How fast to speak. |
//! | `volume` | 0.5 to 2 | the voice's | How loud. |
//! | `emotion` | a text of 1 to 64 characters | none | How to feel, in the vendor's words. |
//! | `pronunciation_dict_id` | a text of 1 to 64 characters | none | A dictionary of the account. |

use viva_domain::sessions::{ProviderConfig, ProviderOptions};

use super::wire::GenerationConfig;
use crate::providers::Defaults;
use crate::providers::language::{iso_639_1, primary};
use crate::providers::options::{decimal, read, text, unknown};

/// Every option, for the message that refuses another one.
const NAMES: [&str; 4] = ["emotion", "pronunciation_dict_id", "speed", "volume"];
const MAX_CHARS: usize = 64;

/// A session's configuration, checked.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Settings {
    pub(super) model: String,
    pub(super) voice: String,
    /// What the vendor calls the language; without one it is the voice's.
    pub(super) language: Option<String>,
    pub(super) options: Options,
}

/// The options of a session, checked.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Options {
    generation: GenerationConfig,
    pub(super) pronunciation_dict_id: Option<String>,
}

impl Settings {
    /// Reads and checks a configuration. The error says what is wrong, and what is right.
    pub(super) fn of(config: &ProviderConfig, defaults: &Defaults) -> Result<Self, String> {
        Ok(Self {
            model: defaults.model_of(config)?,
            voice: defaults.voice_of(config)?,
            language: config.language.as_deref().map(language),
            options: Options::parse(&config.options)?,
        })
    }
}

impl Options {
    fn parse(raw: &ProviderOptions) -> Result<Self, String> {
        read(raw, Self::set)
    }

    fn set(&mut self, name: &str, json: &str) -> Result<(), String> {
        match name {
            "speed" => self.generation.speed = Some(decimal(name, json, 0.6, 1.5)?),
            "volume" => self.generation.volume = Some(decimal(name, json, 0.5, 2.0)?),
            "emotion" => self.generation.emotion = Some(text(name, json, MAX_CHARS)?),
            "pronunciation_dict_id" => self.pronunciation_dict_id = Some(text(name, json, MAX_CHARS)?),
            _ => return Err(unknown(name, &NAMES)),
        }
        Ok(())
    }

    /// How to speak, if that is to be another way than the voice's.
    pub(super) fn generation(&self) -> Option<&GenerationConfig> {
        (self.generation != GenerationConfig::default()).then_some(&self.generation)
    }
}

/// ISO 639-1 where there is such a code; the vendor knows some languages that have none.
fn language(tag: &str) -> String {
    iso_639_1(tag).unwrap_or_else(|| primary(tag))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("en", "en")]
    #[case("en-GB", "en")]
    #[case("zh-TW", "zh")]
    #[case("zh-CN", "zh")]
    #[case("cmn-Hant-TW", "zh")]
    #[case("ja", "ja")]
    #[case("ja-JP", "ja")]
    #[case("ko", "ko")]
    #[case("fil-PH", "fil")]
    fn languages_are_called_as_the_vendor_does(#[case] tag: &str, #[case] code: &str) {
        assert_eq!(language(tag), code);
    }
}
