//! A cascade's conversation, in one task: it waits for orders, for what the ears understood and for the answer that is on
//! its way, and decides what is said. Nothing is taken from a provider while what it said before was not taken.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_channel::mpsc;
use futures_util::StreamExt;
use tokio::time::sleep_until;
use viva_domain::latency::Stage;
use viva_domain::ports::{
    Heard, MessageRole, ProviderError, ProviderErrorKind, SpeechToTextCommand, SpeechToTextEvent,
    SpeechToTextEventKind,
};
use viva_domain::turns::{Generation, ModeInput, ModeOrder, TurnTaking};

use super::answer::{Answer, Said, Saying, Stages};
use super::context::{Conversation, first_chars};
use crate::modes::uplink::Lossless;
use crate::modes::{ModeEvent, ModeSaid, failure};

/// How long the ears may take to write down what was said.
const TRANSCRIPT_WAIT: Duration = Duration::from_secs(10);
/// Nothing is due: look again then.
const FAR_AWAY: Duration = Duration::from_hours(1);

pub(super) struct Pipeline {
    pub(super) stages: Arc<Stages>,
    pub(super) turn_taking: TurnTaking,
    pub(super) stt_provider: String,
    pub(super) orders: mpsc::Receiver<ModeOrder>,
    pub(super) ears: mpsc::Receiver<SpeechToTextEvent>,
    pub(super) finalizer: Lossless<SpeechToTextCommand>,
    pub(super) events: Lossless<ModeEvent>,
    pub(super) context: Conversation,
    pub(super) state: State,
}

/// Where the conversation stands.
#[derive(Default)]
pub(super) struct State {
    generation: Generation,
    /// Whether the user's turn runs: what the ears hear at other times is nobody's.
    listens: bool,
    /// What was written down of the user's turn so far.
    words: String,
    /// When the last of it arrived.
    written: Option<Instant>,
    /// The user's turn that is being answered, until the answer begins: until then the user may go on.
    taken: String,
    /// What the ears were asked to write down and did not yet, oldest first.
    asked: VecDeque<Asked>,
    wanted: Wanted,
    answer: Option<Speaking>,
    /// The ears are gone, and the session was told.
    is_deaf: bool,
}

/// What the ears were asked to write down.
#[derive(Debug, Clone, Copy)]
struct Asked {
    /// Until when they must have.
    deadline: tokio::time::Instant,
    /// The turn that it belongs to is over: the model shall know what was said, and nobody else.
    is_over: bool,
}

/// What becomes of the user's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Wanted {
    /// The user is not done.
    #[default]
    Nothing,
    /// An answer is made ready, in case that the user is done.
    Ready,
    /// They are answered.
    Answer,
}

/// An answer, and what was said of it.
struct Speaking {
    answer: Answer,
    /// What of the user's it answers.
    to: String,
    /// Nothing of it is said before the user is done; `None` from then on.
    held: Option<Vec<Said>>,
    text: String,
}

impl Pipeline {
    pub(super) async fn run(mut self) {
        loop {
            let is_free = !self.events.are_waiting() && !self.state.is_deaf;
            let overdue = self.deadline();
            tokio::select! {
                biased;
                order = self.orders.next() => match order {
                    Some(order) => self.obey(order),
                    None => return,
                },
                () = poll_fn(|cx| self.events.poll_waiting(cx)), if self.events.are_waiting() => {}
                () = poll_fn(|cx| self.finalizer.poll_waiting(cx)), if self.finalizer.are_waiting() => {}
                heard = self.ears.next(), if is_free => self.hear(heard),
                said = next_said(&mut self.state.answer), if is_free => self.answers(said),
                () = sleep_until(overdue) => self.is_overdue(),
            }
        }
    }

    fn obey(&mut self, order: ModeOrder) {
        match order {
            ModeOrder::SpeechBegan { .. } => self.state.listens = true,
            ModeOrder::Prepare => {
                self.state.wanted = Wanted::Ready;
                self.ask_ears();
            }
            ModeOrder::Commit(generation) => self.commit(generation),
            ModeOrder::GoOn { generation } => {
                self.state.generation = generation;
                self.state.wanted = Wanted::Nothing;
                self.state.answer = None;
                let taken = std::mem::take(&mut self.state.taken);
                self.state.words = joined(&taken, &self.state.words);
            }
            ModeOrder::Greet(generation) => {
                self.state.generation = generation;
                self.begin_answer(String::new());
                self.release_answer();
            }
            ModeOrder::Interrupt { generation, heard } => self.stop(generation, heard),
            ModeOrder::EndTurn => self.finalizer.send(SpeechToTextCommand::Finalize),
            ModeOrder::Close => {}
        }
    }

    /// The user is done.
    fn commit(&mut self, generation: Generation) {
        self.state.generation = generation;
        let was_ready = self.state.wanted == Wanted::Ready;
        self.state.wanted = Wanted::Answer;
        if !was_ready {
            self.ask_ears();
        } else if self.state.asked.is_empty() {
            self.take_turn();
        }
    }

    /// The AI shall say no more. What was heard of it is what it said.
    fn stop(&mut self, generation: Generation, heard: Option<Heard>) {
        self.user_said();
        let state = &mut self.state;
        state.generation = generation;
        match (state.answer.take(), heard) {
            (Some(speaking), heard) => {
                let chars = heard.map_or(0, |heard| heard.chars);
                self.context
                    .add(MessageRole::Assistant, first_chars(&speaking.text, chars));
            }
            (None, Some(heard)) => self.context.cut_answer(heard.chars),
            (None, None) => {}
        }
        // A turn that was not answered yet is over.
        for asked in &mut state.asked {
            asked.is_over = true;
        }
        state.wanted = Wanted::Nothing;
        state.listens = false;
        let words = std::mem::take(&mut state.words);
        self.context.add(MessageRole::User, &words);
    }

    fn ask_ears(&mut self) {
        self.finalizer.send(SpeechToTextCommand::Finalize);
        self.state.asked.push_back(Asked {
            deadline: tokio::time::Instant::now() + TRANSCRIPT_WAIT,
            is_over: false,
        });
    }

    fn hear(&mut self, heard: Option<SpeechToTextEvent>) {
        let Some(SpeechToTextEvent { at, kind }) = heard else {
            return self.ears_failed(now(), &self.stt_failure("it closed the connection"));
        };
        match kind {
            SpeechToTextEventKind::SpeechStarted => {
                self.state.listens = true;
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
                TurnTaking::Session => self.written_down(at, &text),
                TurnTaking::Provider => self.turn_ended(at, &text),
            },
            SpeechToTextEventKind::FinalFailed(err) => self.not_written_down(at, &err),
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
    fn written_down(&mut self, at: Instant, text: &str) {
        if self.state.asked.pop_front().is_some_and(|asked| asked.is_over) {
            return self.context.add(MessageRole::User, text);
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
            Wanted::Answer => self.take_turn(),
        }
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
        self.state.words = joined(&self.state.words, text);
        self.state.written = Some(at);
        self.say(at, ModeSaid::SpeechEnded);
        if self.speaks() {
            // Said while the AI may not be interrupted: the model shall know it, and nobody answers.
            let words = std::mem::take(&mut self.state.words);
            self.context.add(MessageRole::User, &words);
        } else {
            self.take_turn();
        }
    }

    fn not_written_down(&mut self, at: Instant, err: &ProviderError) {
        let is_over = self.state.asked.pop_front().is_some_and(|asked| asked.is_over);
        if !is_over && self.state.wanted == Wanted::Answer {
            self.give_up(at, err);
        }
    }

    /// What the user said cannot be answered.
    fn give_up(&mut self, at: Instant, err: &ProviderError) {
        for asked in &mut self.state.asked {
            asked.is_over = true;
        }
        self.state.wanted = Wanted::Nothing;
        self.state.answer = None;
        self.state.listens = false;
        self.user_said();
        let words = std::mem::take(&mut self.state.words);
        self.context.add(MessageRole::User, &words);
        self.told(at, ModeInput::ResponseFailed(failure(err)));
    }

    fn ears_failed(&mut self, at: Instant, err: &ProviderError) {
        self.state.is_deaf = true;
        self.state.answer = None;
        self.told(at, ModeInput::Failed(failure(err)));
    }

    /// When the ears are late; far away while nothing is due.
    fn deadline(&self) -> tokio::time::Instant {
        let first = self.state.asked.iter().find(|asked| !asked.is_over);
        first.map_or_else(|| tokio::time::Instant::now() + FAR_AWAY, |asked| asked.deadline)
    }

    fn is_overdue(&mut self) {
        if self.deadline() <= tokio::time::Instant::now() {
            let message = format!(
                "it did not write down what was said within {} s",
                TRANSCRIPT_WAIT.as_secs()
            );
            self.give_up(now(), &self.stt_failure(&message));
        }
    }

    fn stt_failure(&self, message: &str) -> ProviderError {
        ProviderError {
            kind: ProviderErrorKind::Failed(message.to_owned()),
            provider: self.stt_provider.clone(),
            retry_after: None,
            source: None,
        }
    }

    fn make_ready(&mut self) {
        if !self.state.words.is_empty() {
            self.begin_answer(self.state.words.clone());
        }
    }

    /// Answers the user's turn, with the answer that was made ready for it if there is one.
    fn take_turn(&mut self) {
        let written = self.state.written.take().unwrap_or_else(now);
        let is_ready = |speaking: &Speaking| speaking.to == self.state.words;
        if !self.state.answer.as_ref().is_some_and(is_ready) {
            self.state.answer = None;
            self.make_ready();
        }
        let words = std::mem::take(&mut self.state.words);
        self.state.wanted = Wanted::Nothing;
        self.state.listens = false;
        self.state.taken.clone_from(&words);
        let transcript = ModeInput::UserTranscript {
            text: words,
            is_final: true,
        };
        self.told(written, transcript);
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
    fn speaks(&self) -> bool {
        matches!(self.state.answer, Some(Speaking { held: None, .. }))
    }

    /// The turn that is answered is part of the conversation from now on.
    fn user_said(&mut self) {
        let taken = std::mem::take(&mut self.state.taken);
        self.context.add(MessageRole::User, &taken);
    }

    fn begin_answer(&mut self, to: String) {
        let messages = self.context.with_user(&to);
        self.state.answer = Some(Speaking {
            answer: Answer::begin(Arc::clone(&self.stages), messages),
            to,
            held: Some(Vec::new()),
            text: String::new(),
        });
    }

    /// The answer is wanted: says what was held back of it.
    fn release_answer(&mut self) {
        let Some(speaking) = &mut self.state.answer else {
            return;
        };
        speaking.answer.permit_speech();
        for said in speaking.held.take().unwrap_or_default() {
            self.pass_on(said);
        }
    }

    fn answers(&mut self, said: Option<Said>) {
        match (said, &mut self.state.answer) {
            (Some(said), Some(Speaking { held: Some(held), .. })) => held.push(said),
            (Some(said), _) => self.pass_on(said),
            // An answer says that it ends; one that does not was dropped by what it was made of.
            (None, _) => self.state.answer = None,
        }
    }

    fn pass_on(&mut self, Said { at, what }: Said) {
        let Some(speaking) = &mut self.state.answer else {
            return;
        };
        let input = match what {
            Saying::Reached(stage) => ModeInput::Reached(stage),
            Saying::Text(delta) => {
                let begins = speaking.text.is_empty();
                speaking.text.push_str(&delta);
                if begins {
                    self.user_said();
                    self.told(at, ModeInput::ResponseStarted);
                }
                ModeInput::TextDelta(delta)
            }
            Saying::Audio(samples) => ModeInput::Audio(samples),
            Saying::Done(usage) => {
                let is_silent = speaking.text.is_empty();
                self.end_answer();
                if is_silent {
                    self.told(at, ModeInput::ResponseStarted);
                }
                ModeInput::ResponseDone(usage)
            }
            Saying::Failed(err) => {
                self.end_answer();
                ModeInput::ResponseFailed(failure(&err))
            }
        };
        self.told(at, input);
    }

    /// Nothing more comes of the answer; an interruption may still tell that less of it was heard.
    fn end_answer(&mut self) {
        self.user_said();
        if let Some(speaking) = self.state.answer.take() {
            self.context.add(MessageRole::Assistant, &speaking.text);
        }
    }

    fn told(&mut self, at: Instant, what: ModeInput) {
        self.say(at, ModeSaid::Said(what));
    }

    fn say(&mut self, at: Instant, what: ModeSaid) {
        let generation = self.state.generation;
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

/// What was said before, and what was said after it.
fn joined(before: &str, after: &str) -> String {
    let after = after.trim();
    match (before.is_empty(), after.is_empty()) {
        (true, _) => after.to_owned(),
        (_, true) => before.to_owned(),
        _ => format!("{before} {after}"),
    }
}

fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}
