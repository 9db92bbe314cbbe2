//! Decides what is sent and what is told. Pure: commands and messages in, [`Act`]s out; it never waits and reads no clock.
//!
//! The protocol names neither answers nor turns, so what a message belongs to follows from the order of things:
//! whatever makes the server answer (the end of the user's activity, a text) is followed by one `turnComplete`, also when
//! the answer is cut; only an answer that was cut before it began may end without a word. [`Stale`] counts those that
//! are still to come, and nothing is passed on until they came.

mod ahead;
mod answer;
mod hearing;
mod link;
#[cfg(test)]
mod tests;
mod user;

use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use viva_domain::ports::{Message, MessageRole, RealtimeCommand, RealtimeEvent, RealtimeEventKind};
use viva_domain::turns::Generation;

use self::ahead::{Ahead, Told};
use self::answer::{Answer, Prompt};
use self::hearing::{Speech, Transcript};
use self::link::Link;
pub(super) use self::user::INPUT_RATE;
use self::user::{Activity, UserAudio};
use super::wire::{Blob, ClientContent, ClientMessage, Content, Empty, RealtimeInput, TextPart};
use crate::providers::transport::pcm;

/// The rate of the answers' audio in Hz.
pub(super) const OUTPUT_RATE: u32 = 24_000;

/// What is sent at a time when much was kept: 100 ms.
const PORTION: usize = 1_600;

/// What makes the AI speak first.
const GREETING: &str = "The conversation begins. Greet the user briefly, then listen.";

/// Who finds the user's turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TurnTaking {
    /// The session.
    Session,
    /// The server.
    Server,
}

/// What a model takes as `clientContent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ClientContentUse {
    /// Anything at any time.
    AnyTime,
    /// The history, before anything else, when the setup announces it.
    HistoryOnly,
}

/// What the driver must do.
#[derive(Debug, PartialEq)]
pub(super) enum Act {
    /// Send a message.
    Send(ClientMessage),
    /// Tell the session.
    Tell(RealtimeEvent),
    /// Close the connection, if it is still there, and open one with the [`Talk::handle`].
    Relink,
}

/// The state of a conversation.
#[derive(Debug)]
pub(super) struct Talk {
    /// The provider's id.
    provider: String,
    turn_taking: TurnTaking,
    client_content: ClientContentUse,
    /// Of the newest command.
    generation: Generation,
    user: UserAudio,
    speech: Speech,
    transcript: Transcript,
    /// What was asked for, until the server's turn is complete.
    answer: Option<Answer>,
    stale: Stale,
    ahead: Ahead,
    link: Link,
}

/// Answers that were cut.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Stale {
    /// So many had begun: each ends with `turnComplete`.
    begun: u32,
    /// The server said `interrupted` for the oldest of them.
    is_interrupted: bool,
    /// One had not begun, and may begin, end or not be heard of.
    may_come: bool,
}

impl Talk {
    pub(super) fn new(
        provider: impl Into<String>,
        turn_taking: TurnTaking,
        client_content: ClientContentUse,
    ) -> Self {
        Self {
            provider: provider.into(),
            turn_taking,
            client_content,
            generation: Generation::FIRST,
            user: UserAudio::new(),
            speech: Speech::Unheard,
            transcript: Transcript::default(),
            answer: None,
            stale: Stale::default(),
            ahead: Ahead::default(),
            link: Link::default(),
        }
    }

    /// Tells the server what was said before; the connection is new.
    pub(super) fn begin(&self, history: &[Message], acts: &mut Vec<Act>) {
        if history.is_empty() {
            return;
        }
        let turns = history
            .iter()
            .map(|message| {
                let role = match message.role {
                    MessageRole::User => "user",
                    MessageRole::Assistant => "model",
                };
                content(role, &message.text)
            })
            .collect();
        // Announced history ends with a complete turn and is not answered; elsewhere a complete turn would be.
        let turn_complete = self.client_content == ClientContentUse::HistoryOnly;
        self.send(
            ClientMessage::ClientContent(ClientContent { turns, turn_complete }),
            acts,
        );
    }

    /// Takes a command at a moment.
    pub(super) fn command(&mut self, now: Instant, command: RealtimeCommand, acts: &mut Vec<Act>) {
        match command {
            RealtimeCommand::Audio(samples) => self.on_audio(&samples, acts),
            RealtimeCommand::SpeechBegan { ago } => self.on_speech_began(ago, acts),
            RealtimeCommand::EndTurn => self.on_end_turn(acts),
            RealtimeCommand::Commit(generation) => self.on_commit(generation, acts),
            RealtimeCommand::Greet(generation) => self.on_greet(generation, acts),
            // What the server remembers of an answer is its own affair, however much of it was heard.
            RealtimeCommand::Interrupt {
                generation, taken, ..
            } => self.on_interrupt(generation, taken, acts),
            // There is no message for it.
            RealtimeCommand::CutBefore(_) | RealtimeCommand::Heard(_) => {}
        }
        self.tick(now, acts);
    }

    fn on_audio(&mut self, samples: &[i16], acts: &mut Vec<Act>) {
        self.user.push(samples);
        if self.turn_taking == TurnTaking::Server || self.user.activity == Activity::Open {
            self.send_audio(samples, acts);
        } else if self.user.activity == Activity::Signalled {
            // The answer was stopped by a button: speech may come or not.
            self.user.began(INPUT_RATE.duration_of(samples.len() as u64));
            self.send_turn(acts);
        }
    }

    fn on_speech_began(&mut self, ago: Duration, acts: &mut Vec<Act>) {
        if self.turn_taking == TurnTaking::Server || self.user.activity == Activity::Open {
            return;
        }
        // What the server believes to be still playing was heard to its end.
        self.abandon();
        self.signal(acts);
        self.user.began(ago);
        self.send_turn(acts);
    }

    /// Tells the server that the user's turn begins, which stops its own.
    fn signal(&mut self, acts: &mut Vec<Act>) {
        if self.user.activity == Activity::Closed {
            self.transcript.next_turn();
            self.user.activity = Activity::Signalled;
            self.send_input(RealtimeInput::ActivityStart(Empty {}), acts);
        }
    }

    /// Sends what was heard of the turn by now.
    fn send_turn(&mut self, acts: &mut Vec<Act>) {
        self.user.activity = Activity::Open;
        self.send_audio(&self.user.kept(), acts);
    }

    /// What the server has of the user is all that comes for now.
    fn on_end_turn(&mut self, acts: &mut Vec<Act>) {
        if self.turn_taking == TurnTaking::Server {
            self.send_input(RealtimeInput::AudioStreamEnd(true), acts);
        }
    }

    fn on_commit(&mut self, generation: Generation, acts: &mut Vec<Act>) {
        self.generation = generation;
        self.ahead.is_known();
        if self.turn_taking == TurnTaking::Server {
            return self.on_end_turn(acts);
        }
        self.abandon();
        self.stale.forget_interrupted();
        self.signal(acts);
        if self.user.activity == Activity::Signalled {
            self.send_turn(acts);
        }
        self.send_input(RealtimeInput::ActivityEnd(Empty {}), acts);
        self.answer = Some(Answer::to(Prompt::Speech(self.user.close())));
        self.link.handle_is_old();
    }

    fn on_greet(&mut self, generation: Generation, acts: &mut Vec<Act>) {
        self.generation = generation;
        self.ahead.is_known();
        self.abandon();
        self.stale.forget_interrupted();
        self.ask_for_greeting(acts);
        if self.client_content == ClientContentUse::HistoryOnly {
            self.user.close();
        }
        self.answer = Some(Answer::to(Prompt::Greeting));
        self.link.handle_is_old();
    }

    fn ask_for_greeting(&self, acts: &mut Vec<Act>) {
        if self.client_content == ClientContentUse::AnyTime {
            let content = ClientContent {
                turns: vec![content("user", GREETING)],
                turn_complete: true,
            };
            return self.send(ClientMessage::ClientContent(content), acts);
        }
        // Without detection of activity a text is not answered by itself.
        let is_signalled = self.turn_taking == TurnTaking::Session;
        if is_signalled && self.user.activity == Activity::Closed {
            self.send_input(RealtimeInput::ActivityStart(Empty {}), acts);
        }
        self.send_input(RealtimeInput::Text(GREETING.to_owned()), acts);
        if is_signalled {
            self.send_input(RealtimeInput::ActivityEnd(Empty {}), acts);
        }
    }

    fn on_interrupt(&mut self, generation: Generation, taken: u64, acts: &mut Vec<Act>) {
        self.generation = generation;
        let news = self.ahead.unknown_at(taken);
        if !news.is_empty() {
            // The answer before was meant. What was told of this one is told anew: what is of an older generation is dropped.
            for Told { at, kind } in news {
                self.tell(at, kind, acts);
            }
            return;
        }
        let cuts = self.answer.is_some();
        self.abandon();
        if cuts && self.turn_taking == TurnTaking::Session {
            self.signal(acts);
        }
    }

    /// Nothing more of the answer is wanted.
    fn abandon(&mut self) {
        match self.answer.take() {
            Some(answer) if answer.has_begun() => self.stale.begun += 1,
            Some(_) => self.stale.may_come = true,
            None => {}
        }
    }

    /// When [`Self::tick`] has something to do, if nothing comes before.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let done = self.answer.as_ref().and_then(Answer::done_at);
        done.into_iter().chain(self.relink_at()).min()
    }

    /// Does what is due.
    pub(super) fn tick(&mut self, now: Instant, acts: &mut Vec<Act>) {
        if self
            .answer
            .as_ref()
            .and_then(Answer::done_at)
            .is_some_and(|at| at <= now)
        {
            self.answer_is_done(now, acts);
        }
        self.relink_if_due(now, acts);
    }

    fn tell(&mut self, at: Instant, kind: RealtimeEventKind, acts: &mut Vec<Act>) {
        self.ahead.tell(at, &kind);
        acts.push(Act::Tell(RealtimeEvent {
            generation: self.generation,
            at,
            kind,
        }));
    }

    fn send_audio(&self, samples: &[i16], acts: &mut Vec<Act>) {
        for portion in samples.chunks(PORTION) {
            let blob = Blob {
                mime_type: format!("audio/pcm;rate={}", INPUT_RATE.hz()),
                data: STANDARD.encode(pcm::encode(portion)),
            };
            self.send_input(RealtimeInput::Audio(blob), acts);
        }
    }

    fn send_input(&self, input: RealtimeInput, acts: &mut Vec<Act>) {
        self.send(ClientMessage::RealtimeInput(input), acts);
    }

    /// Without a connection nothing is sent: the next one is told how things stand.
    fn send(&self, message: ClientMessage, acts: &mut Vec<Act>) {
        if self.link.is_up() {
            acts.push(Act::Send(message));
        }
    }
}

impl Stale {
    /// The server turned to something new: an answer that it interrupted and did not end will not be ended any more, or
    /// before anything new is said.
    fn forget_interrupted(&mut self) {
        if self.is_interrupted {
            *self = Self {
                may_come: true,
                ..Self::default()
            };
        }
    }
}

pub(super) fn content(role: &'static str, text: &str) -> Content {
    Content {
        role: Some(role),
        parts: [TextPart {
            text: text.to_owned(),
        }],
    }
}
