//! What a session can configure.
//!
//! A voice is called by its name alone (`Kore`), and speaks every language of its model; one with a full name
//! (`en-GB-Neural2-A`) is taken as it is.
//!
//! | Option | Models | Value | Default | Meaning |
//! |---|---|---|---|---|
//! | `speed` | all | 0.25 to 2 | the voice's | How fast to speak. |
//! | `pitch` | not Chirp | −20 to 20 | the voice's | How high, in semitones. |
//! | `volume_gain_db` | all | −96 to 16 | the voice's | How loud. |
//! | `prompt` | Gemini | a text of 1 to 1000 characters | none | How to speak, in words. |

use viva_domain::sessions::{ProviderConfig, ProviderOptions};

use crate::providers::Defaults;
use crate::providers::language::{Chinese, locale};
use crate::providers::options::{decimal, read, text, unknown};

/// Every option, for the message that refuses another one.
const NAMES: [&str; 4] = ["pitch", "prompt", "speed", "volume_gain_db"];
const MAX_PROMPT_CHARS: usize = 1_000;
/// Models of this family are named apart from the voice.
const NAMED_APART: &str = "gemini-";
/// Where neither the session nor the voice names a language.
const LANGUAGE: &str = "en-US";

/// A session's configuration, checked.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Settings {
    pub(super) model: String,
    pub(super) voice: String,
    /// As the vendor calls it.
    pub(super) language: String,
    pub(super) options: Options,
}

/// The options of a session, checked.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Options {
    pub(super) speed: Option<f64>,
    pub(super) pitch: Option<f64>,
    pub(super) volume_gain_db: Option<f64>,
    pub(super) prompt: Option<String>,
}

impl Settings {
    /// Reads and checks a configuration. The error says what is wrong, and what is right.
    pub(super) fn of(config: &ProviderConfig, defaults: &Defaults) -> Result<Self, String> {
        let settings = Self {
            model: defaults.model_of(config)?,
            voice: defaults.voice_of(config)?,
            language: config
                .language
                .as_deref()
                .map_or_else(|| LANGUAGE.to_owned(), language),
            options: Options::parse(&config.options)?,
        };
        if settings.options.prompt.is_some() && settings.model_name().is_none() {
            let Self { model, voice, .. } = &settings;
            let who = match settings.full_name() {
                Some(_) => format!("voice {voice:?}"),
                None => format!("model {model:?}"),
            };
            return Err(format!("options.prompt is not taken by {who}; Gemini's take it"));
        }
        Ok(settings)
    }

    /// The model, where it is named apart from the voice. A full name has its model in it, and takes no other beside it.
    pub(super) fn model_name(&self) -> Option<&str> {
        let is_apart = self.model.starts_with(NAMED_APART) && self.full_name().is_none();
        is_apart.then_some(self.model.as_str())
    }

    /// The voice and its language, where it is called by its full name.
    fn full_name(&self) -> Option<(&str, String)> {
        let mut parts = self.voice.splitn(4, '-');
        let (language, region) = (parts.next()?, parts.next()?);
        parts.next().and(parts.next())?;
        Some((&self.voice, format!("{language}-{region}")))
    }

    /// The voice's full name, and the language that goes with it.
    pub(super) fn voice_name(&self) -> (String, String) {
        if let Some((name, language)) = self.full_name() {
            return (name.to_owned(), language);
        }
        let Self {
            model,
            voice,
            language,
            ..
        } = self;
        let name = match self.model_name() {
            Some(_) => voice.clone(),
            None => format!("{language}-{model}-{voice}"),
        };
        (name, language.clone())
    }
}

impl Options {
    fn parse(raw: &ProviderOptions) -> Result<Self, String> {
        read(raw, Self::set)
    }

    fn set(&mut self, name: &str, json: &str) -> Result<(), String> {
        match name {
            "speed" => self.speed = Some(decimal(name, json, 0.25, 2.0)?),
            "pitch" => self.pitch = Some(decimal(name, json, -20.0, 20.0)?),
            "volume_gain_db" => self.volume_gain_db = Some(decimal(name, json, -96.0, 16.0)?),
            "prompt" => self.prompt = Some(text(name, json, MAX_PROMPT_CHARS)?),
            _ => return Err(unknown(name, &NAMES)),
        }
        Ok(())
    }
}

/// The vendor knows no language without a place, and calls Chinese by who speaks it.
fn language(tag: &str) -> String {
    match Chinese::of(tag) {
        Some(Chinese::Traditional) => "cmn-TW".to_owned(),
        Some(Chinese::Simplified) => "cmn-CN".to_owned(),
        Some(Chinese::Cantonese) => "yue-HK".to_owned(),
        None => locale(tag),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("en", "en-US")]
    #[case("en-GB", "en-GB")]
    #[case("zh-TW", "cmn-TW")]
    #[case("zh-Hant", "cmn-TW")]
    #[case("cmn-Hant-TW", "cmn-TW")]
    #[case("zh-CN", "cmn-CN")]
    #[case("zh", "cmn-CN")]
    #[case("zh-HK", "yue-HK")]
    #[case("yue", "yue-HK")]
    #[case("ja", "ja-JP")]
    #[case("ko", "ko-KR")]
    fn languages_are_called_as_the_vendor_does(#[case] tag: &str, #[case] name: &str) {
        assert_eq!(language(tag), name);
    }

    #[rstest]
    #[case("Chirp3-HD", "Kore", ("cmn-TW-Chirp3-HD-Kore", "cmn-TW"), None)]
    #[case("gemini-2.5-flash-tts", "Kore", ("Kore", "cmn-TW"), Some("gemini-2.5-flash-tts"))]
    #[case("Chirp3-HD", "en-GB-Neural2-A", ("en-GB-Neural2-A", "en-GB"), None)]
    #[case("gemini-2.5-flash-tts", "en-GB-Neural2-A", ("en-GB-Neural2-A", "en-GB"), None)]
    fn a_voice_has_its_model_in_its_name(
        #[case] model: &str,
        #[case] voice: &str,
        #[case] name: (&str, &str),
        #[case] apart: Option<&str>,
    ) {
        let config = ProviderConfig {
            model: Some(model.to_owned()),
            voice: Some(voice.to_owned()),
            language: Some("zh-TW".to_owned()),
            ..ProviderConfig::of("acme")
        };
        let settings = Settings::of(&config, &Defaults::default()).unwrap();
        assert_eq!(settings.voice_name(), (name.0.to_owned(), name.1.to_owned()));
        assert_eq!(settings.model_name(), apart);
    }
}
