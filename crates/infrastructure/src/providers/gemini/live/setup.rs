//! The first message of a connection.

use viva_domain::ports::{Message, RealtimeRequest};
use viva_domain::sessions::ProviderConfig;

use super::options::{LanguageIn, Options};
use super::talk::ClientContentUse;
use super::wire::{
    Content, ContextWindowCompression, Empty, GenerationConfig, HistoryConfig, PrebuiltVoiceConfig,
    RealtimeInputConfig, SessionResumption, Setup, SpeechConfig, TextPart, ThinkingConfig, VoiceConfig,
};
use crate::providers::Defaults;

/// Language tags are shorter (RFC 5646 recommends that 35 characters suffice).
const MAX_LANGUAGE: usize = 35;
const MAX_NAME: usize = 100;

/// A session's configuration, checked.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Settings {
    pub(super) model: String,
    pub(super) voice: Option<String>,
    pub(super) language: Option<String>,
    pub(super) options: Options,
}

impl Settings {
    /// Fills in the defaults. The error says what is wrong.
    pub(super) fn of(config: &ProviderConfig, defaults: &Defaults) -> Result<Self, String> {
        let model = defaults.model_of(config)?;
        if !is_name(&model, MAX_NAME) {
            return Err(format!("model {model:?} is no model id"));
        }
        let voice = defaults.optional_voice_of(config)?;
        if let Some(voice) = voice.as_ref().filter(|voice| !is_name(voice, MAX_NAME)) {
            return Err(format!("voice {voice:?} is no voice id"));
        }
        let language = config.language.clone();
        if let Some(language) = language.as_ref().filter(|tag| !is_name(tag, MAX_LANGUAGE)) {
            return Err(format!("language {language:?} is no language tag"));
        }
        Ok(Self {
            model,
            voice,
            language,
            options: Options::parse(&config.options)?,
        })
    }

    pub(super) fn client_content(&self) -> ClientContentUse {
        self.options.client_content(&self.model)
    }

    /// The setup of a new conversation.
    pub(super) fn setup(&self, request: &RealtimeRequest) -> Setup {
        Setup {
            model: self.resource(),
            generation_config: GenerationConfig {
                response_modalities: ["AUDIO"],
                temperature: self.options.temperature,
                speech_config: self.speech_config(),
                thinking_config: self
                    .options
                    .thinking_level
                    .map(|thinking_level| ThinkingConfig { thinking_level }),
            },
            system_instruction: self.system_instruction(&request.instructions),
            realtime_input_config: RealtimeInputConfig {
                automatic_activity_detection: self.options.detection.clone(),
            },
            input_audio_transcription: Empty {},
            output_audio_transcription: Empty {},
            session_resumption: SessionResumption::default(),
            context_window_compression: ContextWindowCompression::default(),
            history_config: self.history_config(&request.history),
        }
    }

    fn resource(&self) -> String {
        if self.model.contains('/') {
            return self.model.clone();
        }
        format!("models/{}", self.model)
    }

    fn speech_config(&self) -> Option<SpeechConfig> {
        let config = SpeechConfig {
            voice_config: self.voice.clone().map(|voice_name| VoiceConfig {
                prebuilt_voice_config: PrebuiltVoiceConfig { voice_name },
            }),
            language_code: self
                .language
                .clone()
                .filter(|_| self.options.language_in == LanguageIn::Setup),
        };
        (config.voice_config.is_some() || config.language_code.is_some()).then_some(config)
    }

    fn system_instruction(&self, instructions: &str) -> Option<Content> {
        let language = self
            .language
            .as_ref()
            .filter(|_| self.options.language_in == LanguageIn::Instruction)
            .map(|tag| format!("Speak the language with the tag {tag}, unless the user wants another one."));
        let instructions = Some(instructions.to_owned()).filter(|text| !text.trim().is_empty());
        let text: Vec<String> = instructions.into_iter().chain(language).collect();
        (!text.is_empty()).then(|| Content {
            role: None,
            parts: [TextPart {
                text: text.join("\n\n"),
            }],
        })
    }

    fn history_config(&self, history: &[Message]) -> Option<HistoryConfig> {
        let is_announced = !history.is_empty() && self.client_content() == ClientContentUse::HistoryOnly;
        is_announced.then_some(HistoryConfig {
            initial_history_in_client_content: true,
        })
    }
}

impl Setup {
    /// The setup of a connection that goes on from a handle: what was said before is known there.
    pub(super) fn resuming(&self, handle: &str) -> Self {
        Self {
            session_resumption: SessionResumption {
                handle: Some(handle.to_owned()),
            },
            history_config: None,
            ..self.clone()
        }
    }
}

fn is_name(text: &str, most: usize) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    !text.is_empty() && text.len() <= most && text.chars().all(is_plain)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use viva_domain::ports::MessageRole;

    use super::*;
    use crate::providers::gemini::live::wire::ClientMessage;
    use crate::providers::testing;

    fn config(options: &[(&str, &str)]) -> ProviderConfig {
        ProviderConfig {
            options: testing::options(options),
            ..ProviderConfig::of("gemini")
        }
    }

    fn defaults() -> Defaults {
        Defaults {
            model: Some("live-3".to_owned()),
            voice: Some("Kore".to_owned()),
        }
    }

    fn setup(config: &ProviderConfig, instructions: &str, history: &[Message]) -> Setup {
        Settings::of(config, &defaults())
            .unwrap()
            .setup(&RealtimeRequest {
                config: config.clone(),
                instructions: instructions.to_owned(),
                ai_role: None,
                history: history.to_vec(),
            })
    }

    fn hello() -> Vec<Message> {
        vec![Message {
            role: MessageRole::User,
            text: "Hello".to_owned(),
        }]
    }

    #[test]
    fn only_what_was_chosen_is_sent() {
        let setup = setup(&config(&[]), "", &[]);
        assert_eq!(
            serde_json::to_value(ClientMessage::Setup(Box::new(setup))).unwrap(),
            json!({"setup": {
                "model": "models/live-3",
                "generationConfig": {
                    "responseModalities": ["AUDIO"],
                    "speechConfig": {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Kore"}}},
                },
                "realtimeInputConfig": {"automaticActivityDetection": {"disabled": true}},
                "inputAudioTranscription": {},
                "outputAudioTranscription": {},
                "sessionResumption": {},
                "contextWindowCompression": {"slidingWindow": {}},
            }})
        );
    }

    #[test]
    fn everything_that_was_chosen_is_sent() {
        let chosen = ProviderConfig {
            model: Some("models/other".to_owned()),
            voice: Some("Puck".to_owned()),
            language: Some("pt-BR".to_owned()),
            ..config(&[
                ("turn_detection", "\"server\""),
                ("silence_ms", "700"),
                ("temperature", "0.5"),
                ("thinking", "\"low\""),
                ("language", "\"setup\""),
            ])
        };
        let setup = setup(&chosen, "Be brief.", &hello());
        assert_eq!(
            serde_json::to_value(&setup).unwrap(),
            json!({
                "model": "models/other",
                "generationConfig": {
                    "responseModalities": ["AUDIO"],
                    "temperature": 0.5,
                    "speechConfig": {
                        "voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Puck"}},
                        "languageCode": "pt-BR",
                    },
                    "thinkingConfig": {"thinkingLevel": "LOW"},
                },
                "systemInstruction": {"parts": [{"text": "Be brief."}]},
                "realtimeInputConfig": {
                    "automaticActivityDetection": {"disabled": false, "silenceDurationMs": 700},
                },
                "inputAudioTranscription": {},
                "outputAudioTranscription": {},
                "sessionResumption": {},
                "contextWindowCompression": {"slidingWindow": {}},
                "historyConfig": {"initialHistoryInClientContent": true},
            })
        );
        let again = setup.resuming("point");
        assert_eq!(again.session_resumption.handle.as_deref(), Some("point"));
        assert_eq!(again.history_config, None);
    }

    #[test]
    fn a_language_is_an_instruction_unless_the_setup_shall_have_it() {
        let french = ProviderConfig {
            language: Some("fr".to_owned()),
            ..config(&[])
        };
        let setup = setup(&french, "Be brief.", &[]);
        let text = &setup.system_instruction.unwrap().parts[0].text;
        assert!(
            text.starts_with("Be brief.\n\nSpeak the language with the tag fr,"),
            "{text}"
        );
    }

    #[test]
    fn history_is_announced_where_nothing_else_is_taken() {
        let older = config(&[("client_content", "\"any_time\"")]);
        assert_eq!(setup(&older, "", &hello()).history_config, None);
        assert!(setup(&config(&[]), "", &hello()).history_config.is_some());
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_name() {
        let refused = |change: &dyn Fn(&mut ProviderConfig)| {
            let mut config = config(&[]);
            change(&mut config);
            Settings::of(&config, &Defaults::default()).unwrap_err()
        };
        assert_eq!(refused(&|_| {}), "model is missing; there is no default");
        assert_eq!(
            refused(&|config| config.model = Some("a b".to_owned())),
            "model \"a b\" is no model id"
        );
        let with_model = |config: &mut ProviderConfig| config.model = Some("live".to_owned());
        assert_eq!(
            refused(&|config| {
                with_model(config);
                config.voice = Some(String::new());
            }),
            "voice \"\" is no name"
        );
        assert_eq!(
            refused(&|config| {
                with_model(config);
                config.language = Some("en; ignore".to_owned());
            }),
            "language \"en; ignore\" is no language tag"
        );
    }
}
