//! A text that is spoken over the socket, in a context of its own.

use std::time::Duration;

use viva_domain::ports::{ProviderError, SpeechPart};

use super::RATE;
use super::wire::{Alignment, Order, ServerMessage, VoiceSettings};
use crate::providers::mouths::{Dialect, Progress, Words, add_base64, json, new_context};
use crate::providers::transport::errors::Complaint;
use crate::providers::transport::socket::{Frame, Oddities};
use crate::providers::transport::{Account, pcm};

/// A text that is being spoken.
pub(super) struct Speech {
    account: Account,
    voice_settings: Option<VoiceSettings>,
    text: String,
    context: String,
    words: Words,
    decoder: pcm::Decoder,
    /// Samples that came.
    samples: usize,
    oddities: Oddities,
}

impl Speech {
    pub(super) fn new(account: Account, voice_settings: Option<VoiceSettings>, text: String) -> Self {
        Self {
            account,
            voice_settings,
            context: new_context(),
            words: Words::of(&text),
            text,
            decoder: pcm::Decoder::default(),
            samples: 0,
            oddities: Oddities::default(),
        }
    }

    /// The characters of a piece that begins behind so many samples.
    fn align(&mut self, alignment: &Alignment, behind: usize, parts: &mut Vec<SpeechPart>) {
        let begin = behind as f64 / f64::from(RATE);
        let moment = |ms: f64| Duration::try_from_secs_f64(begin + ms / 1_000.0).ok();
        let times = alignment
            .char_start_times_ms
            .iter()
            .zip(&alignment.char_durations_ms);
        for (character, (start, duration)) in alignment.chars.iter().zip(times) {
            if let (Some(from), Some(to)) = (moment(*start), moment(start + duration)) {
                self.words.add_character(character, from, to, parts);
            }
        }
    }
}

impl Dialect for Speech {
    fn ask(&self) -> Vec<String> {
        let context_id = self.context.as_str();
        let orders = [
            Order::Begin {
                text: " ",
                context_id,
                voice_settings: self.voice_settings,
            },
            Order::Say {
                text: format!("{} ", self.text.trim_end()),
                context_id,
                flush: true,
            },
            Order::End {
                context_id,
                close_context: true,
            },
        ];
        orders.iter().map(json).collect()
    }

    fn hear(&mut self, frame: &Frame, parts: &mut Vec<SpeechPart>) -> Result<Progress, ProviderError> {
        let message = frame.json::<ServerMessage>(&self.account.provider, &self.oddities)?;
        let is_ours = |message: &ServerMessage| match message.context() {
            Some(context) => context == self.context,
            // What is wrong with the connection is wrong with every text.
            None => message.error.is_some(),
        };
        let Some(message) = message.filter(is_ours) else {
            return Ok(Progress::GoesOn);
        };
        if let Some(code) = message.error {
            return Err(Complaint::new(code, message.message).into_error(&self.account, None));
        }
        let behind = self.samples;
        let data = message.audio.as_deref().unwrap_or_default();
        self.samples += add_base64(&self.account.provider, &mut self.decoder, data, parts)?;
        if let Some(alignment) = &message.alignment {
            self.align(alignment, behind, parts);
        }
        if message.is_final {
            self.words.end_word(parts);
            return Ok(Progress::Over);
        }
        Ok(Progress::GoesOn)
    }
}
