//! Conversations for the fuzz targets, as `conversation.rs` leads them.

use std::time::{Duration, Instant};

use viva_domain::ports::RealtimeEventKind;
use viva_domain::turns::Generation;

use super::closing::Closing;
use super::talk::{Act, ClientContentUse, Talk, TurnTaking};
use super::wire::ServerMessage;
use crate::providers::fuzzing::{account, command, keeps_the_key, steps};

/// Follows a script with everybody who may find the turns.
pub(in crate::providers) fn fuzzed(script: &[u8]) {
    let steps = steps(script);
    for turn_taking in [TurnTaking::Server, TurnTaking::Session] {
        for client_content in [ClientContentUse::AnyTime, ClientContentUse::HistoryOnly] {
            let conversation = Conversation {
                talk: Talk::new("acme", turn_taking, client_content),
                generation: Generation::FIRST,
                told: 0,
                now: Instant::now(),
                is_up: true,
                is_over: false,
            };
            conversation.follow(&steps);
        }
    }
}

struct Conversation {
    talk: Talk,
    generation: Generation,
    /// Events that the session was told.
    told: u64,
    now: Instant,
    is_up: bool,
    is_over: bool,
}

impl Conversation {
    fn follow(mut self, steps: &[String]) {
        for line in steps {
            let mut acts = Vec::new();
            match line.strip_prefix('!') {
                Some(step) => self.act(step, &mut acts),
                None => {
                    if let Ok(message) = serde_json::from_str::<ServerMessage>(line)
                        && self.is_up
                    {
                        self.talk.message(self.now, message, &mut acts);
                    }
                }
            }
            self.carry_out(acts);
            if self.is_over {
                return;
            }
        }
    }

    fn act(&mut self, step: &str, acts: &mut Vec<Act>) {
        match step.split_once(' ').unwrap_or((step, "")) {
            ("wait", ms) => {
                let ms = ms.parse::<u32>().unwrap_or_default();
                self.now += Duration::from_millis(ms.into());
                if self.talk.deadline().is_some_and(|due| due <= self.now) {
                    self.talk.tick(self.now, acts);
                }
            }
            ("closed", why) => {
                let (code, reason) = why.split_once(' ').unwrap_or((why, ""));
                let closing = Closing::of(code.parse().ok(), reason, &account(), self.talk.is_sent_away());
                keeps_the_key(&closing.err);
                let can_go_on = closing.can_go_on && self.is_up;
                self.talk.broke(self.now, closing.err, can_go_on, acts);
            }
            ("open", _) if !self.is_up => {
                self.is_up = true;
                self.talk.relinked(self.now, acts);
            }
            _ => {
                if let Some(command) = command(step, &mut self.generation, self.told) {
                    self.talk.command(self.now, command, acts);
                }
            }
        }
    }

    fn carry_out(&mut self, acts: Vec<Act>) {
        for act in acts {
            match act {
                Act::Send(_) => assert!(self.is_up, "it is sent nowhere"),
                Act::Relink => self.is_up = false,
                Act::Tell(event) => {
                    self.told += 1;
                    match event.kind {
                        RealtimeEventKind::Failed(err) => {
                            keeps_the_key(&err);
                            self.is_over = true;
                        }
                        RealtimeEventKind::ResponseFailed(err) => keeps_the_key(&err),
                        _ => {}
                    }
                }
            }
        }
    }
}
