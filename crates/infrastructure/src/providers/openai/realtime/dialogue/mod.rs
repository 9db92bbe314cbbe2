//! One conversation, as messages: takes commands and what the provider says, and lists what to say to either. It never
//! waits and reads no clock, so every race is a test.
//!
//! Generations: an answer belongs to the turn that it answers, and a turn to the generation in which it was taken. Which
//! turn that is, is known from the `metadata` of an answer that was asked for, and otherwise (the provider answers what it
//! found by itself) from the last `committed` before it. An interruption gives up every answer before it: what is under
//! way is cancelled, also if it is only announced later, and nothing more of it is told. An interruption that was ordered
//! before the session knew of the last turn means the answer before it: that turn is answered in the new generation.
//!
//! What the user did not hear must not be remembered. The item that was being played is truncated to what was heard, never
//! beyond the audio that arrived. An item of which nothing was heard is deleted once its response is done, because the
//! provider refuses to truncate at 0 ms. Where it turns out later that less was heard, it is truncated again; what was cut
//! off cannot be given back. Another connection is told what is known by then, and told anew what turns out otherwise.

mod listening;
mod memory;
mod outgoing;
mod reminded;
mod responses;
#[cfg(test)]
mod tests;
mod user_audio;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use viva_domain::ports::{Heard, Message, ProviderError, RUN_UP, RealtimeCommand, RealtimeEventKind};
use viva_domain::turns::Generation;

use self::memory::Memory;
pub(super) use self::outgoing::Outgoing;
use self::reminded::Reminded;
use self::responses::{Fate, Response, Responses};
use self::user_audio::{Untaken, UserItems};
use super::config::{RATE, Turns};
use super::dialect::Dialect;
use super::failures::Failures;

/// The least audio that a turn may have, in samples; the provider refuses less than 100 ms.
const LEAST_TURN: usize = RATE as usize / 10;
/// Audio of a turn that is kept for another connection, in seconds.
const LONGEST_TURN_S: usize = 60;
/// Audio that is kept while the provider hears nobody speak: longer than it needs to find speech and what comes before it.
const LEAD_S: usize = 1;
/// Audio that is kept while the session finds nobody to speak. A turn that is ended without ever having begun is all of it.
const UNSENT_S: usize = 10;
/// Commands that are kept without a connection: a minute of user audio in frames of 20 ms. When it is full the oldest audio
/// is dropped.
const MOST_HELD: usize = 3_000;
/// How long words of the user are waited for before the conversation is moved without them.
const TRANSCRIPT_WAIT: Duration = Duration::from_secs(10);
/// How often a connection may break one after the other without having brought anything.
const MOST_BREAKS: u32 = 3;
/// How much later than expected an answer may be heard to its end: the way to the user and back.
const PLAYBACK_SLACK: Duration = Duration::from_secs(1);

/// What a conversation knows of itself.
pub(super) struct Dialogue {
    style: Style,
    failures: Failures,
    generation: Generation,
    link: Link,
    memory: Memory,
    reminded: Reminded,
    untaken: Untaken,
    user_items: UserItems,
    responses: Responses,
    /// Turns that were taken, and greetings.
    turn: u64,
    /// The generation in which the last turn was taken that the provider found.
    found_in: Generation,
    /// The provider found the end of a turn, and has not said yet that it took it.
    is_found: bool,
    /// The how many-eth event told the session of the end of a turn that was found last.
    found_at: u64,
    /// The session knows of the last turn that was taken when it has taken so many events.
    known_from: u64,
    /// The provider found a turn and has not begun to answer it.
    owes_answer: bool,
    user_speaks: bool,
    /// Turns that the provider was told to take and did not confirm.
    commits: VecDeque<Generation>,
    /// The answer that was asked for and is not announced.
    asked: Option<Asked>,
    /// The answer to ask for as soon as no other is under way.
    wanted: Option<Generation>,
    asks: u64,
    last_turn_at: Option<Instant>,
    /// When the last answer has been heard to its end, if it is played as it comes.
    plays_until: Option<Instant>,
    retry_after: Option<Duration>,
    /// Connections that broke since one brought something.
    breaks: u32,
    pub(super) out: Outgoing,
}

/// How the conversation is led.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Style {
    /// What the server has of the protocol.
    pub(super) dialect: Dialect,
    /// Who finds the user's turns.
    pub(super) turns: Turns,
    /// Silence that ends a turn, whatever the provider thinks of it.
    pub(super) final_silence: Duration,
    /// Whether what the user says is written down.
    pub(super) transcribes: bool,
}

/// Whether there is a connection.
enum Link {
    Up,
    /// What was ordered meanwhile.
    Down(VecDeque<RealtimeCommand>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Asked {
    number: u64,
    generation: Generation,
    turn: u64,
}

/// What became of the conversation.
#[derive(Debug, PartialEq)]
pub(super) enum Standing {
    GoesOn,
    /// Another connection is needed.
    Expired,
    /// It cannot go on.
    Over(ProviderError),
}

impl Dialogue {
    /// A conversation that goes on from what was said before; [`Self::opened`] is next.
    pub(super) fn new(style: Style, history: Vec<Message>, failures: Failures) -> Self {
        Self {
            style,
            failures,
            generation: Generation::FIRST,
            link: Link::Down(VecDeque::new()),
            memory: Memory::new(history),
            reminded: Reminded::default(),
            untaken: Untaken::default(),
            user_items: UserItems::default(),
            responses: Responses::new(),
            turn: 0,
            found_in: Generation::FIRST,
            is_found: false,
            found_at: 0,
            known_from: 0,
            owes_answer: false,
            user_speaks: false,
            commits: VecDeque::new(),
            asked: None,
            wanted: None,
            asks: 0,
            last_turn_at: None,
            plays_until: None,
            retry_after: None,
            breaks: 0,
            out: Outgoing::default(),
        }
    }

    /// There is a connection, and it is configured: it must know what was said, and hear what no turn took yet.
    pub(super) fn opened(&mut self, now: Instant) {
        let Link::Down(held) = std::mem::replace(&mut self.link, Link::Up) else {
            return;
        };
        self.reminded = Reminded::of_all(self.style.dialect, &self.memory, &mut self.out);
        if self.provider_finds_turns() || self.user_speaks {
            for samples in self.untaken.portions() {
                self.out.audio(samples);
            }
        }
        for command in held {
            self.order(command, now);
        }
        // What was wanted meanwhile.
        self.ask_if_wanted();
    }

    /// The connection is gone. What was to be answered will not be; the user can say it again. Answers whether another
    /// connection is worth while.
    #[must_use]
    pub(super) fn lost(&mut self, err: &Arc<ProviderError>, at: Instant) -> bool {
        self.breaks += 1;
        if self.breaks > MOST_BREAKS {
            return false;
        }
        if self.owes_anything() {
            self.answer_fails(self.generation, Arc::clone(err), at);
        }
        self.retire();
        true
    }

    /// The conversation cannot go on.
    pub(super) fn failed(&mut self, err: Arc<ProviderError>, at: Instant) {
        self.out
            .event(self.generation, at, RealtimeEventKind::Failed(err));
    }

    /// The connection is given up for another one.
    pub(super) fn retire(&mut self) {
        self.link = Link::Down(VecDeque::new());
        self.out.messages.clear();
        self.reminded = Reminded::default();
        self.responses.leave(self.turns_found());
        self.is_found = false;
        self.commits.clear();
        (self.asked, self.wanted, self.owes_answer) = (None, None, false);
        if self.provider_finds_turns() {
            // It finds the speech again, in the audio that it hears again.
            self.user_speaks = false;
        }
    }

    /// Does what the session orders, or keeps it until there is a connection.
    pub(super) fn order(&mut self, command: RealtimeCommand, now: Instant) {
        let Link::Down(held) = &mut self.link else {
            return self.carry_out(command, now);
        };
        let is_audio = |command: &RealtimeCommand| matches!(command, RealtimeCommand::Audio(_));
        match command {
            RealtimeCommand::Interrupt { .. } => {
                // Whatever was to be answered before is not any more; what was said stays said.
                held.retain(is_audio);
                return self.carry_out(command, now);
            }
            RealtimeCommand::CutBefore(_) | RealtimeCommand::Heard(_) => return self.carry_out(command, now),
            _ => {}
        }
        if is_audio(&command) && held.len() >= MOST_HELD {
            // The oldest audio goes first; orders stay.
            let oldest = held.iter().position(is_audio);
            oldest.and_then(|oldest| held.remove(oldest));
        }
        held.push_back(command);
    }

    fn carry_out(&mut self, command: RealtimeCommand, now: Instant) {
        match command {
            RealtimeCommand::Audio(samples) => self.hear_user(samples),
            RealtimeCommand::SpeechBegan { ago } => self.user_begins(ago),
            RealtimeCommand::EndTurn => self.end_turn(),
            RealtimeCommand::Commit(generation) => self.commit(generation, now),
            RealtimeCommand::Greet(generation) => {
                self.take_turn(generation, now);
                self.want(generation);
            }
            RealtimeCommand::Interrupt {
                generation,
                heard,
                taken,
            } => self.interrupt(generation, heard, taken),
            RealtimeCommand::CutBefore(heard) => self.cut_before(heard),
            RealtimeCommand::Heard(heard) => self.correct_heard(heard),
        }
    }

    fn hear_user(&mut self, samples: Arc<[i16]>) {
        let keeps_s = match (self.user_speaks, self.provider_finds_turns()) {
            (true, _) => LONGEST_TURN_S,
            (false, true) => LEAD_S,
            (false, false) => UNSENT_S,
        };
        if self.provider_finds_turns() || self.user_speaks {
            self.out.audio(&samples);
        }
        self.untaken.push(samples, keeps_s);
    }

    /// The session heard speech begin: what came before is no part of the turn, and the provider never hears it.
    fn user_begins(&mut self, ago: Duration) {
        if self.provider_finds_turns() || self.user_speaks {
            return;
        }
        self.user_speaks = true;
        self.untaken.keep_last(samples_in(ago.saturating_add(RUN_UP)));
        for samples in self.untaken.portions() {
            self.out.audio(samples);
        }
    }

    /// The user is done, and the provider finds that out by silence: it is told of some, since it refuses to be told to
    /// take a turn. It may not have told yet that it heard them.
    fn end_turn(&mut self) {
        let has_heard = self.user_speaks || self.untaken.samples() > 0;
        if self.provider_finds_turns() && has_heard {
            let silence = vec![0; samples_in(self.style.final_silence)];
            for portion in silence.chunks(RATE as usize) {
                self.out.audio(portion);
            }
        }
    }

    /// The user's turn is over. A provider that finds turns answers by itself what it found.
    fn commit(&mut self, generation: Generation, now: Instant) {
        if self.provider_finds_turns() {
            return self.answer_found(generation);
        }
        self.take_turn(generation, now);
        if !std::mem::take(&mut self.user_speaks) {
            for samples in self.untaken.portions() {
                self.out.audio(samples);
            }
        }
        let samples = self.untaken.samples();
        if samples > 0 {
            if let missing @ 1.. = LEAST_TURN.saturating_sub(samples) {
                self.out.audio(&vec![0; missing]);
            }
            self.out.commit();
            self.commits.push_back(generation);
            self.untaken.clear();
        }
        self.want(generation);
    }

    /// The last turn that was found shall be answered, although the answer before it was stopped when it was over already:
    /// what was told of its own answer by then was given up with that one.
    fn answer_found(&mut self, generation: Generation) {
        self.generation = generation;
        let turn = self.turn;
        let is_its = |response: &&mut Response| response.turn == turn && response.is_under_way();
        if self.owes_answer {
            self.found_in = generation;
        } else if let Some(response) = self.responses.iter_mut().find(is_its) {
            response.generation = generation;
        } else if turn > 0 {
            self.want(generation);
        }
    }

    fn take_turn(&mut self, generation: Generation, now: Instant) {
        self.generation = generation;
        self.turn += 1;
        self.last_turn_at = Some(now);
    }

    /// Asks for an answer, as soon as no other is under way: there can be only one.
    fn want(&mut self, generation: Generation) {
        self.wanted = Some(generation);
        self.ask_if_wanted();
    }

    fn ask_if_wanted(&mut self) {
        let is_down = matches!(self.link, Link::Down(_));
        if is_down || self.asked.is_some() || self.responses.is_any_active() {
            return;
        }
        if let Some(generation) = self.wanted.take() {
            self.asks += 1;
            self.asked = Some(Asked {
                number: self.asks,
                generation,
                turn: self.turn,
            });
            self.out.ask(self.asks);
        }
    }

    /// The AI shall say no more, as the session ordered when it had taken so many events.
    fn interrupt(&mut self, generation: Generation, heard: Option<Heard>, taken: u64) {
        let is_ahead = self.provider_finds_turns() && taken < self.known_from;
        // The last turn that the session knew of.
        let turn = self.turn - u64::from(is_ahead);
        self.generation = generation;
        self.wanted = None;
        self.plays_until = None;
        let audible = heard.and_then(|heard| Some((self.responses.audible_at(taken)?, heard)));
        let id = audible.as_ref().map(|(id, _)| id.as_str());
        for response in self.responses.stopping(id) {
            let heard = match &audible {
                Some((id, heard)) if *id == response.id => Some(*heard),
                // What was said to its end before this turn was heard.
                _ if response.is_known_at(taken) && response.turn != turn => continue,
                // Nothing was told yet of what answers a turn that is still news.
                _ if response.turn > turn && !response.has_begun() => continue,
                _ => None,
            };
            if response.fate == Fate::GivenUp {
                continue;
            }
            if response.is_under_way() {
                self.out.cancel(&response.id);
            }
            response.fate = Fate::GivenUp;
            self.memory
                .ai_was_cut(&response.id, heard.map_or(0, |heard| heard.chars));
            self.reminded.correct(&response.id, &self.memory, &mut self.out);
            let mut corrections = heard.map_or_else(Vec::new, |heard| response.cut(heard.audio));
            if !response.is_active {
                corrections.extend(response.forget_unheard());
            }
            self.reminded
                .amend(&response.id, corrections, &self.memory, &mut self.out);
        }
        if heard.is_some() {
            self.responses.cut = audible.map(|(id, _)| id);
        }
        if is_ahead {
            self.answer_found(generation);
        }
    }

    /// So much was heard of the answer to a turn before this one, of which the provider has said all.
    fn cut_before(&mut self, heard: Heard) {
        self.responses.cut = self.responses.heard_before(self.turns_found());
        self.correct_heard(heard);
    }

    /// The number of the last turn, also where the provider has not said yet that it took it.
    fn turns_found(&self) -> u64 {
        self.turn + u64::from(self.is_found)
    }

    /// So much was heard of the answer that was cut last, or that was given, as is known now.
    fn correct_heard(&mut self, heard: Heard) {
        let Some(id) = self.responses.cut.clone() else {
            return;
        };
        self.memory.ai_was_cut(&id, heard.chars);
        self.reminded.correct(&id, &self.memory, &mut self.out);
        if let Some(response) = self.responses.find(&id) {
            let mut corrections = response.cut(heard.audio);
            if !response.is_active {
                corrections.extend(response.forget_unheard());
            }
            self.reminded.amend(&id, corrections, &self.memory, &mut self.out);
        }
    }

    fn provider_finds_turns(&self) -> bool {
        self.style.turns.are_the_providers()
    }

    /// Whether an answer to the current generation is still to come, or to be completed.
    fn owes_anything(&mut self) -> bool {
        let current = self.generation;
        let is_asked = self.asked.is_some_and(|asked| asked.generation == current);
        let is_found = self.owes_answer && self.found_in == current;
        let is_under_way = self.responses.iter_mut().any(|response| response.is_under_way());
        self.wanted.is_some() || is_asked || is_found || is_under_way
    }

    /// When the conversation can be moved to another connection without anybody noticing: `None` until something happens.
    pub(super) fn quiet_at(&self, now: Instant) -> Option<Instant> {
        let is_busy = matches!(self.link, Link::Down(_))
            || self.asked.is_some()
            || self.wanted.is_some()
            || self.owes_answer
            || self.user_speaks
            || !self.commits.is_empty()
            || self.responses.is_any_active();
        if is_busy {
            return None;
        }
        let played = self.plays_until.map(|end| end + PLAYBACK_SLACK);
        let understood = self
            .last_turn_at
            .filter(|_| self.style.transcribes && !self.user_items.are_complete())
            .map(|at| at + TRANSCRIPT_WAIT);
        Some(played.max(understood).map_or(now, |moment| moment.max(now)))
    }
}

fn samples_in(duration: Duration) -> usize {
    let samples = duration.as_millis() * u128::from(RATE) / 1_000;
    usize::try_from(samples).unwrap_or(usize::MAX)
}
