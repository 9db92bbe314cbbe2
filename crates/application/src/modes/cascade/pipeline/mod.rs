//! A cascade's conversation, in one task: it waits for orders, for what the ears understood and for the answer that is on
//! its way, and decides what is said. Nothing is taken from a provider while what it said before was not taken.

mod hearing;
mod speaking;

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_channel::mpsc;
use futures_util::StreamExt;
use viva_domain::ports::{Heard, ProviderError, ProviderErrorKind, SpeechToTextEvent};
use viva_domain::turns::{Generation, ModeInput, ModeOrder, TurnTaking};

use super::answer::{Answer, Said, Stages, now};
use super::context::{Context, joined};
use crate::alarm::alarm;
use crate::modes::uplink::Lossless;
use crate::modes::{ModeEvent, ModeSaid};

pub(super) struct Pipeline {
    pub(super) stages: Arc<Stages>,
    pub(super) turn_taking: TurnTaking,
    pub(super) stt_provider: String,
    /// How long the ears may take to write down what was said.
    pub(super) patience: Duration,
    pub(super) told: mpsc::Receiver<Told>,
    pub(super) ears: mpsc::Receiver<SpeechToTextEvent>,
    pub(super) events: Lossless<ModeEvent>,
    pub(super) context: Context,
    pub(super) state: State,
}

/// What the session tells.
#[derive(Debug)]
pub(super) enum Told {
    Order {
        order: ModeOrder,
        /// How many events the session had taken by then: of what was said later it did not know.
        taken: u64,
    },
    /// The ears are asked to write down what they heard, for the order that follows. Their answer has this number.
    Asked { number: u64 },
    /// It knows that the user began to speak, and has ordered what follows from that.
    SpeechStartedTaken,
}

/// Where the conversation stands.
#[derive(Default)]
pub(super) struct State {
    generation: Generation,
    /// Whether the user's turn runs: what the ears hear at other times is nobody's.
    listens: bool,
    /// The session was told that the user began to speak and did not say yet what follows from that; what the ears heard
    /// next may belong to a turn that it opens, or to none.
    waits_for_session: bool,
    next: Next,
    /// What was written down of the user's turn so far.
    words: String,
    /// When the last of it arrived.
    written: Option<Instant>,
    /// Why part of the user's turn is not written down.
    unwritten: Option<Arc<ProviderError>>,
    /// What the ears were asked to write down and did not yet, oldest first.
    asked: VecDeque<Asked>,
    wanted: Wanted,
    answer: Option<Speaking>,
    /// Why the last turn that ears found is not answered, if nothing of it is written down.
    failed: Option<Arc<ProviderError>>,
    /// How many events were said.
    said: u64,
    /// The session knows of the last turn that ears found when it has taken so many.
    known_from: u64,
    /// The ears are gone, and the session was told.
    is_deaf: bool,
}

/// What ears that find turns heard while the AI spoke, which may finish.
#[derive(Debug, Default)]
enum Next {
    #[default]
    Nothing,
    /// The end of a turn: it is answered when the AI is done.
    Turn,
    /// The end of a turn of which nothing is written down: it fails when the AI is done.
    Lost(Arc<ProviderError>),
}

/// What the ears were asked to write down.
#[derive(Debug, Clone)]
struct Asked {
    number: u64,
    /// The turn that it belongs to is over, and is not answered.
    over: Option<Over>,
}

/// A turn that is over and not written down yet.
#[derive(Debug, Clone)]
struct Over {
    /// The generation in which it was taken: its words find it by that. `None` when part of them is not written down:
    /// the session is not told half of what was said.
    taken_in: Option<Generation>,
    /// What was written down of it before.
    words: String,
}

/// What becomes of the user's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Wanted {
    /// The user is not done.
    #[default]
    Nothing,
    /// An answer is made ready, in case that the user is done.
    Ready,
    /// They are answered, if they are written down in time.
    Answer { until: tokio::time::Instant },
}

/// An answer, and what was said of it.
struct Speaking {
    answer: Answer,
    /// What of the user's it answers.
    to: String,
    /// Nothing of it is said before the user is done; `None` from then on.
    held: Option<Vec<Said>>,
    has_begun: bool,
    /// Characters of its text that were spoken to their end.
    spoken: usize,
}

impl State {
    /// Whether the ears were asked this and did not answer yet.
    fn is_asked(&self, number: u64) -> bool {
        self.asked.iter().any(|asked| asked.number == number)
    }
}

impl Pipeline {
    pub(super) async fn run(mut self) {
        while !self.state.is_deaf {
            let is_free = !self.events.are_waiting();
            let may_hear = is_free && !self.state.waits_for_session;
            let overdue = self.deadline();
            tokio::select! {
                biased;
                told = self.told.next() => match told {
                    Some(Told::Order { order, taken }) => self.obey(order, taken),
                    Some(Told::Asked { number }) => {
                        self.state.asked.push_back(Asked { number, over: None });
                    }
                    Some(Told::SpeechStartedTaken) => self.state.waits_for_session = false,
                    None => return,
                },
                () = poll_fn(|cx| self.events.poll_waiting(cx)), if self.events.are_waiting() => {}
                heard = self.ears.next(), if may_hear => self.hear(heard),
                said = next_said(&mut self.state.answer), if is_free => self.answers(said),
                // What was heard in time and not taken yet is not late.
                () = alarm(overdue), if is_free => self.is_overdue(),
            }
        }
        poll_fn(|cx| self.events.poll_waiting(cx)).await;
    }

    fn obey(&mut self, order: ModeOrder, taken: u64) {
        match order {
            ModeOrder::SpeechBegan { .. } => self.state.listens = true,
            ModeOrder::Prepare => {
                self.context.settle();
                self.state.wanted = Wanted::Ready;
            }
            ModeOrder::Commit(generation) => self.commit(generation),
            ModeOrder::GoOn { generation } => self.go_on(generation),
            ModeOrder::Greet(generation) => {
                self.state.generation = generation;
                self.begin_answer(String::new());
                self.release_answer();
            }
            ModeOrder::Interrupt { generation, heard } if self.is_unknown_at(taken) => {
                self.stop_before(generation, heard);
            }
            ModeOrder::Interrupt { generation, heard } => self.stop(generation, heard),
            ModeOrder::CutBefore(heard) => self.context.cut_before(heard.chars),
            ModeOrder::Heard(heard) => self.context.correct_heard(heard.chars),
            // The ears answer it with the end of the turn, if one runs.
            ModeOrder::EndTurn => {}
        }
    }

    /// The user is done.
    fn commit(&mut self, generation: Generation) {
        if self.turn_taking == TurnTaking::Provider {
            return self.answer_after_all(generation);
        }
        self.context.settle();
        self.state.generation = generation;
        let until = tokio::time::Instant::now() + self.patience;
        self.state.wanted = Wanted::Answer { until };
        if let Some(err) = self.state.unwritten.clone() {
            self.give_up(now(), &err);
        } else if self.state.asked.is_empty() {
            self.take_turn();
        }
    }

    /// The turn that was over when the AI was stopped is to be answered. What was answered since, or was stopped with the
    /// answer before it, nobody heard.
    fn answer_after_all(&mut self, generation: Generation) {
        self.state.known_from = 0;
        if let Next::Lost(err) = std::mem::take(&mut self.state.next) {
            self.state.failed = Some(err);
        }
        self.answer_anew(generation);
    }

    /// Answers the last turn that the ears found, whatever came of it in an older generation.
    fn answer_anew(&mut self, generation: Generation) {
        self.state.generation = generation;
        self.state.answer = None;
        if let Some(err) = self.state.failed.clone() {
            return self.give_up(now(), &err);
        }
        self.state.words = joined(&self.context.take_back(), &self.state.words);
        self.take_turn();
    }

    /// The user was not done. What was answered meanwhile, nobody heard.
    fn go_on(&mut self, generation: Generation) {
        let state = &mut self.state;
        state.generation = generation;
        state.wanted = Wanted::Nothing;
        state.listens = true;
        state.next = Next::Nothing;
        state.answer = None;
        state.failed = None;
        state.words = joined(&self.context.take_back(), &state.words);
    }

    /// The AI shall say no more. What was heard of it is what it said.
    fn stop(&mut self, generation: Generation, heard: Option<Heard>) {
        match heard {
            Some(heard) => self.context.cut(heard.chars),
            None => self.context.settle_unheard(),
        }
        let taken_in = std::mem::replace(&mut self.state.generation, generation);
        // Ears that find turns may have found that the user speaks.
        self.state.listens &= self.turn_taking == TurnTaking::Provider;
        if matches!(self.state.next, Next::Nothing) {
            self.drop_turn(taken_in);
        } else {
            self.state.answer = None;
            self.take_next();
        }
    }

    /// Whether a turn was taken of which the session did not know when it had taken so many events: that the user was done,
    /// or that the AI was.
    fn is_unknown_at(&self, taken: u64) -> bool {
        taken < self.state.known_from && matches!(self.state.next, Next::Nothing)
    }

    /// The answer before the last turn was cut, of which the session did not know. It will wait for the answer to that one.
    fn stop_before(&mut self, generation: Generation, heard: Option<Heard>) {
        if let Some(heard) = heard {
            self.context.cut_before(heard.chars);
        }
        if self.state.listens {
            // It is not over after all.
            self.go_on(generation);
        } else {
            self.answer_anew(generation);
        }
    }

    /// The user's turn is over, and not answered: the model shall know what was said.
    fn drop_turn(&mut self, taken_in: Generation) {
        let state = &mut self.state;
        let taken_in = state.unwritten.is_none().then_some(taken_in);
        let words = &state.words;
        for asked in state.asked.iter_mut().filter(|asked| asked.over.is_none()) {
            asked.over = Some(Over {
                taken_in,
                words: words.clone(),
            });
        }
        state.wanted = Wanted::Nothing;
        state.answer = None;
        state.unwritten = None;
        self.context.add_user(&std::mem::take(&mut state.words));
    }

    /// When the ears are late.
    fn deadline(&self) -> Option<tokio::time::Instant> {
        match self.state.wanted {
            Wanted::Answer { until } => Some(until),
            Wanted::Nothing | Wanted::Ready => None,
        }
    }

    fn is_overdue(&mut self) {
        let seconds = self.patience.as_secs();
        let message = format!("speech-to-text wrote nothing down within {seconds} s");
        self.give_up(now(), &self.stt_failure(&message));
    }

    fn stt_failure(&self, message: &str) -> ProviderError {
        ProviderError {
            kind: ProviderErrorKind::Failed(message.to_owned()),
            provider: self.stt_provider.clone(),
            retry_after: None,
            source: None,
        }
    }

    fn told(&mut self, at: Instant, what: ModeInput) {
        self.say(at, ModeSaid::Said(what));
    }

    fn say(&mut self, at: Instant, what: ModeSaid) {
        self.say_in(self.state.generation, at, what);
    }

    fn say_in(&mut self, generation: Generation, at: Instant, what: ModeSaid) {
        self.state.said += 1;
        self.events.send(ModeEvent { generation, at, what });
    }
}

/// The next thing that an answer says; waits for ever while there is none.
async fn next_said(speaking: &mut Option<Speaking>) -> Option<Said> {
    match speaking {
        Some(speaking) => speaking.answer.next().await,
        None => std::future::pending().await,
    }
}
