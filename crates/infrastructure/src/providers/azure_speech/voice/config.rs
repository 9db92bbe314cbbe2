//! What a session can configure.
//!
//! | Option | Value | Default | Meaning |
//! |---|---|---|---|
//! | `speed` | 0.5 to 2 | the voice's | How fast to speak. |
//! | `style` | a text of 1 to 64 letters, digits and `-` | none | How to speak, such as `cheerful`; few voices have any. |

use viva_domain::sessions::{ProviderConfig, ProviderOptions};

use crate::providers::Defaults;
use crate::providers::language::locale;
use crate::providers::options::{decimal, read, text, unknown};

/// Every option, for the message that refuses another one.
const NAMES: [&str; 2] = ["speed", "style"];
const MAX_CHARS: usize = 64;
/// Longer voice ids do not exist.
const MAX_VOICE_CHARS: usize = 128;
/// Where neither the session nor the voice names a language.
const LANGUAGE: &str = "en-US";

/// A session's configuration, checked.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Settings {
    pub(super) voice: String,
    /// As the vendor calls it.
    pub(super) language: String,
    pub(super) options: Options,
}

/// The options of a session, checked.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Options {
    pub(super) speed: Option<f64>,
    pub(super) style: Option<String>,
}

impl Settings {
    /// Reads and checks a configuration. The error says what is wrong, and what is right.
    pub(super) fn of(config: &ProviderConfig, defaults: &Defaults) -> Result<Self, String> {
        if let Some(model) = &config.model {
            return Err(format!(
                "model {model:?} is not taken; a voice has one of its own"
            ));
        }
        let voice = defaults.voice_of(config)?;
        if voice.len() > MAX_VOICE_CHARS || !voice.chars().all(is_of_name) {
            return Err(format!(
                "voice {voice:?} is no voice id such as en-US-AvaMultilingualNeural"
            ));
        }
        Ok(Self {
            language: language(config.language.as_deref(), &voice),
            voice,
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
            "speed" => self.speed = Some(decimal(name, json, 0.5, 2.0)?),
            "style" => {
                let style = text(name, json, MAX_CHARS)?;
                if !style.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
                    return Err(format!(
                        "options.{name} must be a name of letters, digits and \"-\""
                    ));
                }
                self.style = Some(style);
            }
            _ => return Err(unknown(name, &NAMES)),
        }
        Ok(())
    }
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | ':' | '_' | '.')
}

/// The session's language, else the voice's, which stands in its name. The vendor knows none without a region.
fn language(tag: Option<&str>, voice: &str) -> String {
    if let Some(tag) = tag {
        return locale(tag);
    }
    let mut parts = voice.splitn(3, '-');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(language), Some(region), Some(_)) => format!("{language}-{region}"),
        _ => LANGUAGE.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("en", "en-US")]
    #[case("en-GB", "en-GB")]
    #[case("zh-TW", "zh-TW")]
    #[case("zh-Hant", "zh-TW")]
    #[case("cmn-Hant-TW", "zh-TW")]
    #[case("zh-CN", "zh-CN")]
    #[case("zh", "zh-CN")]
    #[case("yue", "zh-HK")]
    #[case("ja", "ja-JP")]
    #[case("ko", "ko-KR")]
    fn languages_are_called_as_the_vendor_does(#[case] tag: &str, #[case] name: &str) {
        assert_eq!(language(Some(tag), "en-US-AvaMultilingualNeural"), name);
    }

    #[rstest]
    #[case("ja-JP-NanamiNeural", "ja-JP")]
    #[case("Nanami", "en-US")]
    fn without_a_language_it_is_the_voices(#[case] voice: &str, #[case] name: &str) {
        assert_eq!(language(None, voice), name);
    }
}
