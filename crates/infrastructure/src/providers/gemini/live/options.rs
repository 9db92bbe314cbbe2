//! What a session can configure.
//!
//! | Option | Value | Default | Meaning |
//! |---|---|---|---|
//! | `turn_detection` | `"none"`, `"server"` | `"none"` | Who finds the user's turns: the session's own detector, or the server. |
//! | `start_sensitivity` | `"high"`, `"low"` | the server's | How easily the server takes sound for speech. |
//! | `end_sensitivity` | `"high"`, `"low"` | the server's | How easily the server takes a pause for the end. |
//! | `prefix_ms` | 0 to 2000 | the server's | Speech that it takes before the server counts it as a beginning. |
//! | `silence_ms` | 100 to 10000 | the server's | Silence that it takes before the server counts it as an end. |
//! | `temperature` | 0 to 2 | the model's | How freely it chooses words. |
//! | `thinking` | `"minimal"`, `"low"`, `"medium"`, `"high"`, `"xhigh"` | the model's | How long it thinks; not every model takes it. |
//! | `language` | `"instruction"`, `"setup"` | `"instruction"` | How the session's language is told: models with native audio refuse it in the setup. |
//! | `client_content` | `"any_time"`, `"history_only"` | by the model's generation | What the model takes as `clientContent`: those of generation 2 anything, later ones only the history. |
//!
//! `start_sensitivity`, `end_sensitivity`, `prefix_ms` and `silence_ms` need `turn_detection` `"server"`.
//!
//! `"none"` is the default because the Live API does not say when the user began and stopped: with `"server"` that is
//! known only afterwards, so the silence that the server waits for cannot be told from the time that the model takes, and
//! playback goes on until `interrupted` has travelled. With `"none"` both are measured, the same way as for every provider.

use viva_domain::sessions::ProviderOptions;

use super::talk::{ClientContentUse, TurnTaking};
use super::wire::AutomaticActivityDetection;
use crate::providers::options::{choice, decimal, number, unknown};

/// Every option, for the message that refuses another one.
const NAMES: [&str; 9] = [
    "client_content",
    "end_sensitivity",
    "language",
    "prefix_ms",
    "silence_ms",
    "start_sensitivity",
    "temperature",
    "thinking",
    "turn_detection",
];

const TURN_DETECTIONS: [(&str, TurnTaking); 2] =
    [("none", TurnTaking::Session), ("server", TurnTaking::Server)];
const START_SENSITIVITIES: [(&str, &str); 2] = [
    ("high", "START_SENSITIVITY_HIGH"),
    ("low", "START_SENSITIVITY_LOW"),
];
const END_SENSITIVITIES: [(&str, &str); 2] =
    [("high", "END_SENSITIVITY_HIGH"), ("low", "END_SENSITIVITY_LOW")];
const THINKING_LEVELS: [(&str, &str); 5] = [
    ("minimal", "MINIMAL"),
    ("low", "LOW"),
    ("medium", "MEDIUM"),
    ("high", "HIGH"),
    ("xhigh", "XHIGH"),
];
const LANGUAGES: [(&str, LanguageIn); 2] = [
    ("instruction", LanguageIn::Instruction),
    ("setup", LanguageIn::Setup),
];
const CLIENT_CONTENT_USES: [(&str, ClientContentUse); 2] = [
    ("any_time", ClientContentUse::AnyTime),
    ("history_only", ClientContentUse::HistoryOnly),
];

/// The options of a session, checked.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Options {
    pub(super) turn_taking: TurnTaking,
    pub(super) detection: AutomaticActivityDetection,
    pub(super) temperature: Option<f64>,
    pub(super) thinking_level: Option<&'static str>,
    pub(super) language_in: LanguageIn,
    client_content: Option<ClientContentUse>,
}

/// Where the session's language is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LanguageIn {
    /// Among the instructions.
    Instruction,
    /// As `languageCode`.
    Setup,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            turn_taking: TurnTaking::Session,
            detection: AutomaticActivityDetection {
                disabled: true,
                ..AutomaticActivityDetection::default()
            },
            temperature: None,
            thinking_level: None,
            language_in: LanguageIn::Instruction,
            client_content: None,
        }
    }
}

impl Options {
    /// Reads and checks a session's options. The error says which one is wrong, and what is right.
    pub(super) fn parse(raw: &ProviderOptions) -> Result<Self, String> {
        let mut options = Self::default();
        let mut needs_server = None;
        for (name, json) in raw {
            options.set(name, json)?;
            let is_of_server = matches!(
                name.as_str(),
                "start_sensitivity" | "end_sensitivity" | "prefix_ms" | "silence_ms"
            );
            needs_server = needs_server.or(is_of_server.then_some(name));
        }
        options.detection.disabled = options.turn_taking == TurnTaking::Session;
        match needs_server.filter(|_| options.detection.disabled) {
            Some(name) => Err(format!("options.{name} needs options.turn_detection \"server\"")),
            None => Ok(options),
        }
    }

    fn set(&mut self, name: &str, json: &str) -> Result<(), String> {
        let detection = &mut self.detection;
        match name {
            "turn_detection" => self.turn_taking = choice(name, json, &TURN_DETECTIONS)?,
            "start_sensitivity" => {
                detection.start_of_speech_sensitivity = Some(choice(name, json, &START_SENSITIVITIES)?);
            }
            "end_sensitivity" => {
                detection.end_of_speech_sensitivity = Some(choice(name, json, &END_SENSITIVITIES)?);
            }
            "prefix_ms" => detection.prefix_padding_ms = Some(number(name, json, 0, 2_000)?),
            "silence_ms" => detection.silence_duration_ms = Some(number(name, json, 100, 10_000)?),
            "temperature" => self.temperature = Some(decimal(name, json, 0.0, 2.0)?),
            "thinking" => self.thinking_level = Some(choice(name, json, &THINKING_LEVELS)?),
            "language" => self.language_in = choice(name, json, &LANGUAGES)?,
            "client_content" => self.client_content = Some(choice(name, json, &CLIENT_CONTENT_USES)?),
            _ => return Err(unknown(name, &NAMES)),
        }
        Ok(())
    }

    /// What a model takes as `clientContent`, as configured, else by its generation.
    pub(super) fn client_content(&self, model: &str) -> ClientContentUse {
        self.client_content.unwrap_or(if model.contains("-2.") {
            ClientContentUse::AnyTime
        } else {
            ClientContentUse::HistoryOnly
        })
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::providers::testing;

    fn parse(options: &[(&str, &str)]) -> Result<Options, String> {
        Options::parse(&testing::options(options))
    }

    #[test]
    fn every_option_is_taken() {
        let options = parse(&[
            ("turn_detection", "\"server\""),
            ("start_sensitivity", "\"low\""),
            ("end_sensitivity", "\"high\""),
            ("prefix_ms", "40"),
            ("silence_ms", "700"),
            ("temperature", "0.5"),
            ("thinking", "\"xhigh\""),
            ("language", "\"setup\""),
            ("client_content", "\"any_time\""),
        ]);
        let expected = Options {
            turn_taking: TurnTaking::Server,
            detection: AutomaticActivityDetection {
                disabled: false,
                start_of_speech_sensitivity: Some("START_SENSITIVITY_LOW"),
                end_of_speech_sensitivity: Some("END_SENSITIVITY_HIGH"),
                prefix_padding_ms: Some(40),
                silence_duration_ms: Some(700),
            },
            temperature: Some(0.5),
            thinking_level: Some("XHIGH"),
            language_in: LanguageIn::Setup,
            client_content: Some(ClientContentUse::AnyTime),
        };
        assert_eq!(options, Ok(expected));
        assert_eq!(parse(&[]), Ok(Options::default()));
    }

    #[rstest]
    #[case(
        "turn_detection",
        "\"semantic\"",
        r#"options.turn_detection must be one of "none", "server""#
    )]
    #[case(
        "start_sensitivity",
        "1",
        r#"options.start_sensitivity must be one of "high", "low""#
    )]
    #[case(
        "end_sensitivity",
        "null",
        r#"options.end_sensitivity must be one of "high", "low""#
    )]
    #[case(
        "prefix_ms",
        "2001",
        "options.prefix_ms must be a whole number from 0 to 2000"
    )]
    #[case(
        "silence_ms",
        "99",
        "options.silence_ms must be a whole number from 100 to 10000"
    )]
    #[case("temperature", "2.1", "options.temperature must be a number from 0 to 2")]
    #[case(
        "thinking",
        "\"much\"",
        r#"options.thinking must be one of "minimal", "low", "medium", "high", "xhigh""#
    )]
    #[case(
        "language",
        "\"en\"",
        r#"options.language must be one of "instruction", "setup""#
    )]
    #[case(
        "client_content",
        "true",
        r#"options.client_content must be one of "any_time", "history_only""#
    )]
    #[case(
        "silence_ms",
        "700",
        "options.silence_ms needs options.turn_detection \"server\""
    )]
    #[case(
        "voice",
        "1",
        "options.voice is unknown; there are client_content, end_sensitivity, language, prefix_ms, silence_ms, start_sensitivity, temperature, thinking, turn_detection"
    )]
    fn a_wrong_option_is_refused_by_name(#[case] name: &str, #[case] json: &str, #[case] message: &str) {
        assert_eq!(parse(&[(name, json)]), Err(message.to_owned()));
    }

    #[rstest]
    #[case("gemini-2.5-flash-native-audio-preview-12-2025", ClientContentUse::AnyTime)]
    #[case("gemini-live-2.5-flash-native-audio", ClientContentUse::AnyTime)]
    #[case("gemini-3.1-flash-live-preview", ClientContentUse::HistoryOnly)]
    #[case("gemini-3.8-live", ClientContentUse::HistoryOnly)]
    fn a_models_generation_says_what_it_takes(#[case] model: &str, #[case] taken: ClientContentUse) {
        assert_eq!(Options::default().client_content(model), taken);
    }
}
