//! What the ears say, and what that means for the user's turn.

use std::sync::Arc;
use std::time::Instant;

use tracing::debug;
use viva_domain::ports::{ProviderError, SpeechToTextEvent, SpeechToTextEventKind};
use viva_domain::turns::{Generation, ModeInput, TurnTaking};

use super::{Asked, Next, Over, Pipeline, Wanted};
use crate::modes::cascade::answer::now;
use crate::modes::cascade::context::joined;
use crate::modes::{ModeSaid, failure};

impl Pipeline {
    pub(super) fn hear(&mut self, heard: Option<SpeechToTextEvent>) {
        let Some(SpeechToTextEvent { at, answers, kind }) = heard else {
            return self.ears_failed(now(), &self.stt_failure("it closed the connection"));
        };
        match kind {
            SpeechToTextEventKind::SpeechStarted => {
                self.state.listens = true;
                self.state.waits_for_session = true;
                self.say(at, ModeSaid::SpeechStarted);
            }
            SpeechToTextEventKind::Partial(text) => self.says_so_far(at, &text),
            SpeechToTextEventKind::EagerFinal(text) => self.may_be_done(at, &text),
            SpeechToTextEventKind::SpeechResumed => {
                if !self.speaks() {
                    self.state.answer = None;
                }
            }
            SpeechToTextEventKind::Final(text) => match self.turn_taking {
                TurnTaking::Session => self.written_down(at, answers, &text),
                TurnTaking::Provider => self.turn_ended(at, &text),
            },
            SpeechToTextEventKind::FinalFailed(err) => match self.turn_taking {
                TurnTaking::Session => self.not_written_down(at, answers, &err),
                TurnTaking::Provider => self.turn_was_lost(at, &err),
            },
            SpeechToTextEventKind::Failed(err) => self.ears_failed(at, &err),
        }
    }

    fn says_so_far(&mut self, at: Instant, text: &str) {
        if self.state.listens {
            let text = joined(&self.state.words, text);
            self.told(
                at,
                ModeInput::UserTranscript {
                    text,
                    is_final: false,
                },
            );
        }
    }

    /// The ears wrote down what they were asked for.
    fn written_down(&mut self, at: Instant, answers: Option<u64>, text: &str) {
        let Some(asked) = self.answered(at, answers) else {
            return;
        };
        if let Some(over) = asked.over {
            return self.written_late(at, text, over);
        }
        self.state.words = joined(&self.state.words, text);
        self.state.written = Some(at);
        if !self.state.asked.is_empty() {
            return; // The user went on; there is more.
        }
        match self.state.wanted {
            Wanted::Nothing => self.says_so_far(at, ""),
            Wanted::Ready => {
                self.says_so_far(at, "");
                self.make_ready();
            }
            Wanted::Answer { .. } => self.take_turn(),
        }
    }

    /// What the ears answer. They answer in order: what they passed over is never written down.
    fn answered(&mut self, at: Instant, answers: Option<u64>) -> Option<Asked> {
        let Some(number) = answers.filter(|number| self.state.is_asked(*number)) else {
            debug!(event = "stt.unasked", provider.name = %self.stt_provider, "The ears answer what they were not asked");
            return None;
        };
        loop {
            let asked = self.state.asked.pop_front()?;
            if asked.number == number {
                return Some(asked);
            }
            let err = self.stt_failure("speech-to-text did not write down what it was asked for");
            self.stays_unwritten(at, asked, &Arc::new(err));
        }
    }

    /// The ears wrote down what belongs to a turn that is over. The session is told when that is all of it.
    fn written_late(&mut self, at: Instant, text: &str, Over { taken_in, words }: Over) {
        self.context.add_user(text);
        let text = joined(&words, text);
        if let Some(rest) = self.rest_of(taken_in) {
            rest.words = text;
        } else if let Some(taken_in) = taken_in.filter(|_| !text.is_empty()) {
            let is_final = true;
            let words = ModeInput::UserTranscript { text, is_final };
            self.say_in(taken_in, at, ModeSaid::Said(words));
        }
    }

    /// What else the ears will write down of a turn that is over.
    fn rest_of(&mut self, taken_in: Option<Generation>) -> Option<&mut Over> {
        let next = self.state.asked.front_mut()?.over.as_mut()?;
        (next.taken_in == taken_in).then_some(next)
    }

    /// Ears that find turns think that this may be one.
    fn may_be_done(&mut self, at: Instant, text: &str) {
        self.says_so_far(at, text);
        let words = joined(&self.state.words, text);
        if !words.is_empty() && !self.speaks() {
            self.begin_answer(words);
        }
    }

    /// Ears that find turns found the end of one.
    fn turn_ended(&mut self, at: Instant, text: &str) {
        let is_turn = std::mem::take(&mut self.state.listens);
        if !is_turn && text.is_empty() {
            return; // They were asked to end a turn, and there was none.
        }
        self.say_end(at);
        self.state.words = joined(&self.state.words, text);
        self.state.written = Some(at);
        if self.speaks() {
            // The AI may finish. Until then more may be said.
            self.state.next = Next::Turn;
            let text = self.state.words.clone();
            let is_final = false;
            return self.told(at, ModeInput::UserTranscript { text, is_final });
        }
        self.take_turn();
    }

    /// The AI is done: answers what was said meanwhile, unless the user speaks on.
    pub(super) fn take_next(&mut self) {
        if self.state.listens {
            return;
        }
        match std::mem::take(&mut self.state.next) {
            Next::Nothing => {}
            Next::Turn => self.take_turn(),
            Next::Lost(err) => self.lose_turn(now(), err),
        }
    }

    /// Ears that find turns found the end of one, and do not know what was said.
    fn turn_was_lost(&mut self, at: Instant, err: &Arc<ProviderError>) {
        let is_turn = std::mem::take(&mut self.state.listens);
        if is_turn {
            self.say_end(at);
        }
        match (&self.state.next, self.speaks()) {
            // What was said before is answered all the same, as soon as the AI is done.
            (Next::Turn, true) => {}
            (Next::Turn, false) => self.take_next(),
            (_, true) if is_turn => self.state.next = Next::Lost(Arc::clone(err)),
            (_, false) if is_turn => self.lose_turn(at, Arc::clone(err)),
            _ => {
                debug!(event = "stt.unwanted_failed", provider.name = %err.provider, error = err.as_ref() as &dyn std::error::Error,
                    "What nobody would answer was not written down");
            }
        }
    }

    fn lose_turn(&mut self, at: Instant, err: Arc<ProviderError>) {
        self.context.lose_turn();
        self.give_up(at, &err);
        self.state.failed = Some(err);
    }

    /// The user's turn is over, as ears found that find turns.
    fn say_end(&mut self, at: Instant) {
        self.say(at, ModeSaid::SpeechEnded);
        self.state.known_from = self.state.said;
    }

    fn not_written_down(&mut self, at: Instant, answers: Option<u64>, err: &Arc<ProviderError>) {
        if let Some(asked) = self.answered(at, answers) {
            self.stays_unwritten(at, asked, err);
        }
    }

    fn stays_unwritten(&mut self, at: Instant, asked: Asked, err: &Arc<ProviderError>) {
        if let Some(over) = asked.over {
            debug!(event = "stt.unwanted_failed", provider.name = %err.provider, error = err.as_ref() as &dyn std::error::Error,
                "A turn that is over was not written down");
            if let Some(rest) = self.rest_of(over.taken_in) {
                rest.taken_in = None;
            }
            return;
        }
        self.state.unwritten = Some(Arc::clone(err));
        if let Wanted::Answer { .. } = self.state.wanted {
            self.give_up(at, err);
        }
    }

    /// What the user said cannot be answered.
    pub(super) fn give_up(&mut self, at: Instant, err: &ProviderError) {
        self.state.listens = false;
        self.state.next = Next::Nothing;
        self.drop_turn(self.state.generation);
        self.told(at, ModeInput::ResponseFailed(failure(err)));
    }

    fn ears_failed(&mut self, at: Instant, err: &ProviderError) {
        self.state.is_deaf = true;
        self.state.answer = None;
        self.told(at, ModeInput::Failed(failure(err)));
    }
}
