//! What a session can configure.
//!
//! | Option | API | Value | Default | Meaning |
//! |---|---|---|---|---|
//! | `api` | – | `"files"`, `"realtime"` | by the model's name | How utterances are sent. |
//! | `prompt` | both | a text of 1 to 1000 characters | none | Guides the model. |
//! | `keywords` | both | 1 to 100 texts | none | Words that are likely to be said. |
//! | `stream` | files | `true`, `false` | `true` | Asks for the transcript in pieces; who cannot sends it whole. |
//! | `temperature` | files | 0 to 1 | the server's | How much is guessed. |
//! | `delay` | realtime | `"minimal"`, `"low"`, `"medium"`, `"high"`, `"xhigh"` | the vendor's | Time spent on being right. |
//! | `noise_reduction` | realtime | `"near_field"`, `"far_field"` | none | For headsets, or for the microphones of rooms. |

use viva_audio::SampleRate;
use viva_domain::sessions::{ProviderConfig, ProviderOptions};

use crate::providers::ears::FILE_RATE;
use crate::providers::language::iso_639_1;
use crate::providers::{Defaults, options};

const BOTH: [&str; 3] = ["api", "keywords", "prompt"];
const FILES: [&str; 2] = ["stream", "temperature"];
const REALTIME: [&str; 2] = ["delay", "noise_reduction"];

const APIS: [(&str, Api); 2] = [("files", Api::Files), ("realtime", Api::Realtime)];
const DELAYS: [(&str, &str); 5] = [
    ("minimal", "minimal"),
    ("low", "low"),
    ("medium", "medium"),
    ("high", "high"),
    ("xhigh", "xhigh"),
];
const NOISES: [(&str, &str); 2] = [("near_field", "near_field"), ("far_field", "far_field")];

const MAX_KEYWORDS: usize = 100;
const MAX_KEYWORD_CHARS: usize = 100;
const MAX_PROMPT_CHARS: usize = 1_000;

/// How utterances are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Api {
    Files,
    Realtime,
}

/// A session's configuration, checked.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Settings {
    pub(super) api: Api,
    pub(super) model: String,
    /// ISO 639-1.
    pub(super) language: Option<String>,
    pub(super) prompt: Option<String>,
    pub(super) keywords: Vec<String>,
    pub(super) streams: bool,
    pub(super) temperature: Option<f64>,
    pub(super) delay: Option<&'static str>,
    pub(super) noise_reduction: Option<&'static str>,
}

impl Api {
    fn of(model: &str) -> Self {
        if model.contains("live") || model.contains("realtime") {
            Self::Realtime
        } else {
            Self::Files
        }
    }

    /// Sample rate of the audio that is sent.
    pub(super) const fn rate(self) -> SampleRate {
        match self {
            Self::Files => FILE_RATE,
            Self::Realtime => SampleRate::HZ_24K,
        }
    }

    fn options(self) -> Vec<&'static str> {
        let own = match self {
            Self::Files => FILES,
            Self::Realtime => REALTIME,
        };
        let mut names = [&BOTH[..], &own].concat();
        names.sort_unstable();
        names
    }
}

impl Settings {
    /// Reads and checks a configuration. The error says what is wrong, and what is right.
    pub(super) fn of(config: &ProviderConfig, defaults: &Defaults) -> Result<Self, String> {
        options::voiceless(config)?;
        let model = defaults.model_of(config)?;
        let api = match config.options.get("api") {
            Some(json) => options::choice("api", json, &APIS)?,
            None => Api::of(&model),
        };
        let mut settings = Self {
            api,
            model,
            language: config.language.as_deref().and_then(iso_639_1),
            prompt: None,
            keywords: Vec::new(),
            streams: true,
            temperature: None,
            delay: None,
            noise_reduction: None,
        };
        settings.read(&config.options)?;
        Ok(settings)
    }

    fn read(&mut self, raw: &ProviderOptions) -> Result<(), String> {
        let names = self.api.options();
        for (name, json) in raw {
            if !names.contains(&name.as_str()) {
                return Err(options::unknown(name, &names));
            }
            match name.as_str() {
                "prompt" => self.prompt = Some(options::text(name, json, MAX_PROMPT_CHARS)?),
                "keywords" => self.keywords = options::texts(name, json, MAX_KEYWORDS, MAX_KEYWORD_CHARS)?,
                "stream" => self.streams = options::flag(name, json)?,
                "temperature" => self.temperature = Some(options::decimal(name, json, 0.0, 1.0)?),
                "delay" => self.delay = Some(options::choice(name, json, &DELAYS)?),
                "noise_reduction" => self.noise_reduction = Some(options::choice(name, json, &NOISES)?),
                // `api` is read already.
                _ => {}
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

    fn settings(model: &str, options: &[(&str, &str)]) -> Result<Settings, String> {
        Settings::of(&config("openai", model, options), &Defaults::default())
    }

    #[rstest]
    #[case("gpt-transcribe", &[], Api::Files)]
    #[case("whisper-1", &[], Api::Files)]
    #[case("gpt-live-transcribe", &[], Api::Realtime)]
    #[case("gpt-realtime-whisper", &[], Api::Realtime)]
    #[case("gpt-transcribe", &[("api", "\"realtime\"")], Api::Realtime)]
    #[case("my-live-model", &[("api", "\"files\"")], Api::Files)]
    fn the_model_or_the_option_says_how(
        #[case] model: &str,
        #[case] options: &[(&str, &str)],
        #[case] api: Api,
    ) {
        assert_eq!(settings(model, options).unwrap().api, api);
    }

    #[test]
    fn every_option_is_taken() {
        let files = [
            ("prompt", "\"Talk.\""),
            ("keywords", "[\"Viva\"]"),
            ("stream", "false"),
            ("temperature", "0.5"),
        ];
        let read = settings("m", &files).unwrap();
        assert_eq!(
            (read.prompt.as_deref(), read.streams, read.temperature),
            (Some("Talk."), false, Some(0.5))
        );
        assert_eq!(read.keywords, ["Viva"]);
        let realtime = [("delay", "\"low\""), ("noise_reduction", "\"near_field\"")];
        let read = settings("live", &realtime).unwrap();
        assert_eq!(
            (read.delay, read.noise_reduction),
            (Some("low"), Some("near_field"))
        );
    }

    #[rstest]
    #[case("m", ("api", "\"x\""), "options.api must be one of \"files\", \"realtime\"")]
    #[case("m", ("delay", "\"low\""), "options.delay is unknown; there are api, keywords, prompt, stream, temperature")]
    #[case("live", ("stream", "true"), "options.stream is unknown; there are api, delay, keywords, noise_reduction, prompt")]
    #[case("m", ("temperature", "1.1"), "options.temperature must be a number from 0 to 1")]
    #[case("m", ("prompt", "\" \""), "options.prompt must be a text of 1 to 1000 characters")]
    #[case("m", ("keywords", "[]"), "options.keywords must be a list of 1 to 100 texts of 1 to 100 characters")]
    #[case("", ("stream", "true"), "model \"\" is no name")]
    fn what_is_wrong_is_refused_by_name(
        #[case] model: &str,
        #[case] option: (&str, &str),
        #[case] message: &str,
    ) {
        assert_eq!(settings(model, &[option]), Err(message.to_owned()));
    }
}
