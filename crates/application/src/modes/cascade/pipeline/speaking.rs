//! The answer: made ready, held back, said.

use std::sync::Arc;

use tracing::debug;
use viva_domain::latency::Stage;
use viva_domain::turns::ModeInput;

use super::{Next, Pipeline, Speaking, Wanted};
use crate::modes::cascade::answer::{Answer, Said, Saying, now};
use crate::modes::failure;

impl Pipeline {
    pub(super) fn make_ready(&mut self) {
        if !self.state.words.is_empty() {
            self.begin_answer(self.state.words.clone());
        }
    }

    /// Answers the user's turn, with the answer that was made ready for it if there is one.
    pub(super) fn take_turn(&mut self) {
        let written = self.state.written.take().unwrap_or_else(now);
        let is_ready = |speaking: &Speaking| speaking.to == self.state.words;
        if !self.state.answer.as_ref().is_some_and(is_ready) {
            self.state.answer = None;
            self.make_ready();
        }
        let text = std::mem::take(&mut self.state.words);
        self.state.wanted = Wanted::Nothing;
        self.state.listens = false;
        self.state.next = Next::Nothing;
        self.state.failed = None;
        self.context.ask(text.clone());
        let is_final = true;
        self.told(written, ModeInput::UserTranscript { text, is_final });
        self.told(written, ModeInput::Reached(Stage::Transcribed));
        if self.state.answer.is_some() {
            self.release_answer();
        } else {
            // Nothing was understood: there is nothing to answer.
            self.told(now(), ModeInput::ResponseStarted);
            self.told(now(), ModeInput::ResponseDone(None));
        }
    }

    /// Whether an answer is being said.
    pub(super) fn speaks(&self) -> bool {
        matches!(self.state.answer, Some(Speaking { held: None, .. }))
    }

    pub(super) fn begin_answer(&mut self, to: String) {
        let messages = self.context.with_user(&to);
        self.state.answer = Some(Speaking {
            answer: Answer::begin(Arc::clone(&self.stages), messages),
            to,
            held: Some(Vec::new()),
            has_begun: false,
            spoken: 0,
        });
    }

    /// The answer is wanted: says what was held back of it.
    pub(super) fn release_answer(&mut self) {
        let Some(speaking) = &mut self.state.answer else {
            return;
        };
        speaking.answer.permit_speech();
        for said in speaking.held.take().unwrap_or_default() {
            self.pass_on(said);
        }
    }

    pub(super) fn answers(&mut self, said: Option<Said>) {
        match (said, &mut self.state.answer) {
            (Some(said), Some(Speaking { held: Some(held), .. })) => {
                if let Saying::Failed(err) = said.what {
                    debug!(event = "llm.unwanted_failed", provider.name = %err.provider, error = &err as &dyn std::error::Error,
                        "An answer that nobody wanted yet failed");
                    self.state.answer = None; // When it is wanted, it is asked for again.
                } else {
                    held.push(said);
                }
            }
            (Some(said), _) => self.pass_on(said),
            // An answer says that it ends, and is dropped then.
            (None, _) => self.state.answer = None,
        }
        if !self.speaks() {
            if !matches!(self.state.next, Next::Nothing) {
                self.state.known_from = self.state.said;
            }
            self.take_next();
        }
    }

    fn pass_on(&mut self, Said { at, what }: Said) {
        let Some(speaking) = &mut self.state.answer else {
            return;
        };
        let input = match what {
            Saying::Reached(stage) => ModeInput::Reached(stage),
            Saying::Text(delta) => {
                self.context.answer(&delta);
                if !std::mem::replace(&mut speaking.has_begun, true) {
                    self.told(at, ModeInput::ResponseStarted);
                }
                ModeInput::TextDelta(delta)
            }
            Saying::Audio(samples) => ModeInput::Audio(samples),
            Saying::Mark(mark) => ModeInput::Mark(mark),
            Saying::Spoken(mark) => {
                speaking.spoken = mark.chars;
                ModeInput::Mark(mark)
            }
            Saying::Done(usage) => {
                let is_silent = !speaking.has_begun;
                self.state.answer = None;
                if is_silent {
                    self.told(at, ModeInput::ResponseStarted);
                }
                ModeInput::ResponseDone(usage)
            }
            Saying::Failed(err) => {
                self.context.break_off(speaking.spoken);
                self.state.answer = None;
                ModeInput::ResponseFailed(failure(&err))
            }
        };
        self.told(at, input);
    }
}
