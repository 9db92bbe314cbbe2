//! An answer, from the question to its end.

use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use viva_domain::ports::RealtimeEventKind;
use viva_domain::turns::Usage;

use super::{Act, OUTPUT_RATE, Talk};
use crate::providers::transport::{errors, pcm};

/// Audio may follow the word that all was generated.
const TRAIL: Duration = Duration::from_millis(100);

/// What was asked for, until the server's turn is complete.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) prompt: Prompt,
    stage: Stage,
    pub(super) usage: Option<Usage>,
}

/// What makes the server answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Prompt {
    /// What the user said: a new connection must hear it again.
    Speech(Vec<i16>),
    Greeting,
    /// The server decided by itself.
    Unknown,
}

#[derive(Debug)]
enum Stage {
    /// Nothing was said yet.
    Asked,
    Speaking(Speaking),
    /// The session was told that it is complete; the server's turn is not.
    Told,
}

#[derive(Debug, Default)]
struct Speaking {
    decoder: pcm::Decoder,
    first_audio: Option<Instant>,
    samples: usize,
    has_text: bool,
    generated: Option<Instant>,
}

impl Answer {
    pub(super) fn to(prompt: Prompt) -> Self {
        Self {
            prompt,
            stage: Stage::Asked,
            usage: None,
        }
    }

    pub(super) fn has_begun(&self) -> bool {
        !matches!(self.stage, Stage::Asked)
    }

    /// Whether the session waits for more of it.
    pub(super) fn is_growing(&self) -> bool {
        matches!(self.stage, Stage::Speaking(_))
    }

    /// When it is complete if the server does not say so before.
    ///
    /// The server ends its turn when it believes that the answer was played, and only then tells the usage. The session
    /// must know before the client runs out of audio, so it waits no longer than playing takes that began at once.
    pub(super) fn done_at(&self) -> Option<Instant> {
        let Stage::Speaking(speaking) = &self.stage else {
            return None;
        };
        let generated = speaking.generated?;
        let played = speaking.first_audio.map(|first| {
            let length = speaking.samples as f64 / f64::from(OUTPUT_RATE);
            first + Duration::from_secs_f64(length)
        });
        Some(played.map_or(generated, |played| played.max(generated)) + TRAIL)
    }

    pub(super) fn generated(&mut self, at: Instant) {
        if let Stage::Speaking(speaking) = &mut self.stage {
            speaking.generated.get_or_insert(at);
        }
    }

    fn begin(&mut self) {
        self.stage = Stage::Speaking(Speaking::default());
        // It is in the server's context now.
        if let Prompt::Speech(samples) = &mut self.prompt {
            *samples = Vec::new();
        }
    }

    fn speaking(&mut self) -> Option<&mut Speaking> {
        match &mut self.stage {
            Stage::Speaking(speaking) => Some(speaking),
            Stage::Asked | Stage::Told => None,
        }
    }

    /// The samples in base64, when they are wanted.
    fn decode(&mut self, at: Instant, data: &str) -> Option<Vec<i16>> {
        let speaking = self.speaking()?;
        let samples = speaking.decoder.push(&STANDARD.decode(data).ok()?);
        if !samples.is_empty() {
            speaking.first_audio.get_or_insert(at);
            speaking.samples += samples.len();
        }
        Some(samples).filter(|samples| !samples.is_empty())
    }

    /// The text when it is wanted; the first one without the space before it.
    fn read(&mut self, text: &str) -> Option<String> {
        let speaking = self.speaking()?;
        let text = if speaking.has_text {
            text
        } else {
            text.trim_start()
        };
        speaking.has_text |= !text.is_empty();
        (!text.is_empty()).then(|| text.to_owned())
    }
}

impl Talk {
    pub(super) fn answer_audio(&mut self, at: Instant, rate: u32, data: &str, acts: &mut Vec<Act>) {
        if !self.takes_answer(at, acts) {
            return;
        }
        if rate != OUTPUT_RATE {
            return self.answer_is_noise(at, rate, acts);
        }
        if let Some(samples) = self.answer.as_mut().and_then(|answer| answer.decode(at, data)) {
            self.tell(at, RealtimeEventKind::Audio(samples), acts);
        }
    }

    /// The documents know no other rate; at another speed nobody would understand it.
    fn answer_is_noise(&mut self, at: Instant, rate: u32, acts: &mut Vec<Act>) {
        if self.answer.as_ref().is_some_and(Answer::is_growing) {
            self.stale.begun += 1;
            let message = format!("it sent audio at {rate} Hz instead of {OUTPUT_RATE}");
            let err = errors::failed(&self.provider, message);
            self.answer_fails(at, Arc::new(err), acts);
        }
    }

    pub(super) fn answer_text(&mut self, at: Instant, text: &str, acts: &mut Vec<Act>) {
        if self.takes_answer(at, acts)
            && let Some(delta) = self.answer.as_mut().and_then(|answer| answer.read(text))
        {
            self.tell(at, RealtimeEventKind::TextDelta(delta), acts);
        }
    }

    /// Whether what is said now belongs to an answer that is wanted; the first word begins it.
    fn takes_answer(&mut self, at: Instant, acts: &mut Vec<Act>) -> bool {
        if self.stale.begun > 0 || !self.finds_answer() {
            return false;
        }
        if self.answer.as_ref().is_some_and(|answer| !answer.has_begun()) {
            self.answer_begins(at, acts);
        }
        true
    }

    fn finds_answer(&mut self) -> bool {
        if self.answer.is_some() {
            return true;
        }
        if self.stale.may_come {
            self.stale.may_come = false;
            self.stale.begun = 1;
            return false;
        }
        // Where the session finds the turns, nothing is said that was not asked for.
        if self.turn_taking == super::TurnTaking::Session {
            return false;
        }
        self.answer = Some(Answer::to(Prompt::Unknown));
        true
    }

    pub(super) fn answer_begins(&mut self, at: Instant, acts: &mut Vec<Act>) {
        let Some(answer) = &mut self.answer else { return };
        let is_answer_to_speech = answer.prompt == Prompt::Unknown;
        answer.begin();
        self.stale.may_come = false;
        self.link.handle_is_old();
        if is_answer_to_speech {
            self.speech_is_answered(at, acts);
        } else {
            self.tell(at, RealtimeEventKind::ResponseStarted, acts);
        }
        self.transcript.is_answered = true;
    }

    /// All was said, as far as the session is concerned.
    pub(super) fn answer_is_done(&mut self, at: Instant, acts: &mut Vec<Act>) {
        if !self.answer.as_ref().is_some_and(Answer::is_growing) {
            return;
        }
        self.finish_transcript(at, acts);
        if let Some(answer) = &mut self.answer {
            answer.stage = Stage::Told;
            let usage = answer.usage;
            self.tell(at, RealtimeEventKind::ResponseDone { usage }, acts);
        }
    }
}
