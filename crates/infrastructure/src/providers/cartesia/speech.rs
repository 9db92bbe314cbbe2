//! One text, spoken in a context of its own.

use reqwest::StatusCode;
use viva_domain::ports::{ProviderError, SpeechPart};

use super::RATE;
use super::config::Settings;
use super::wire::{OutputFormat, ServerMessage, SpeakOrder, Voice};
use crate::providers::mouths::{Dialect, Progress, Words, add_base64, json, new_context};
use crate::providers::transport::errors::Complaint;
use crate::providers::transport::socket::{Frame, Oddities};
use crate::providers::transport::{Account, pcm};

/// A text that is being spoken.
pub(super) struct Speech {
    account: Account,
    settings: Settings,
    text: String,
    context: String,
    words: Words,
    decoder: pcm::Decoder,
    oddities: Oddities,
}

impl Speech {
    pub(super) fn new(account: Account, settings: Settings, text: String) -> Self {
        Self {
            account,
            settings,
            context: new_context(),
            words: Words::of(&text),
            text,
            decoder: pcm::Decoder::default(),
            oddities: Oddities::default(),
        }
    }

    fn refusal(&self, message: ServerMessage) -> ProviderError {
        let status = message.status_code.and_then(|code| u16::try_from(code).ok());
        let status = status.and_then(|code| StatusCode::from_u16(code).ok());
        let words = message.message.or(message.title).unwrap_or_default();
        Complaint::new(message.error_code.unwrap_or_default(), words).into_error(&self.account, status)
    }
}

impl Dialect for Speech {
    fn ask(&self) -> Vec<String> {
        let Settings {
            model,
            voice,
            language,
            options,
        } = &self.settings;
        let order = SpeakOrder {
            context_id: &self.context,
            model_id: model,
            transcript: &self.text,
            voice: Voice {
                mode: "id",
                id: voice,
            },
            language: language.as_deref(),
            goes_on: false,
            output_format: OutputFormat {
                container: "raw",
                encoding: "pcm_s16le",
                sample_rate: RATE,
            },
            add_timestamps: true,
            use_normalized_timestamps: false,
            max_buffer_delay_ms: 0,
            generation_config: options.generation(),
            pronunciation_dict_id: options.pronunciation_dict_id.as_deref(),
        };
        vec![json(&order)]
    }

    fn hear(&mut self, frame: &Frame, parts: &mut Vec<SpeechPart>) -> Result<Progress, ProviderError> {
        let message = frame.json::<ServerMessage>(&self.account.provider, &self.oddities)?;
        let is_ours = |message: &ServerMessage| match &message.context_id {
            Some(context) => *context == self.context,
            // What is wrong with the connection is wrong with every text.
            None => message.kind == "error",
        };
        let Some(message) = message.filter(is_ours) else {
            return Ok(Progress::GoesOn);
        };
        match message.kind.as_str() {
            "chunk" => {
                let data = message.data.as_deref().unwrap_or_default();
                add_base64(&self.account.provider, &mut self.decoder, data, parts)?;
            }
            "timestamps" => {
                let Some(times) = message.word_timestamps else {
                    return Ok(Progress::GoesOn);
                };
                for ((word, from), to) in times.words.iter().zip(times.start).zip(times.end) {
                    self.words.add_seconds(word, from, to, parts);
                }
            }
            "error" => return Err(self.refusal(message)),
            "done" => return Ok(Progress::Over),
            _ => {}
        }
        Ok(Progress::GoesOn)
    }
}
