//! The connection under the conversation: when to leave it for another, and what that one must be told.

use std::sync::Arc;
use std::time::{Duration, Instant};

use viva_domain::ports::{ProviderError, RealtimeEventKind};

use super::answer::{Answer, Prompt};
use super::user::Activity;
use super::{Act, Talk, TurnTaking};
use crate::providers::gemini::live::wire::{Empty, RealtimeInput, SessionResumptionUpdate};

/// Another connection is opened so long before the old one is cut, even while the user speaks.
const MARGIN: Duration = Duration::from_secs(1);
/// How often a connection may break one after the other without having brought anything.
const MOST_BREAKS: u32 = 3;
/// What is believed when the server does not say when it hangs up.
const UNKNOWN_TIME_LEFT: Duration = Duration::from_secs(5);
/// Connections live shorter, so that is the longest that is believed.
const MOST_TIME_LEFT: Duration = Duration::from_hours(24);

/// How the connection stands.
#[derive(Debug, Default)]
pub(super) struct Link {
    is_down: bool,
    /// The newest point that another connection can go on from.
    handle: Option<String>,
    /// Something was said since then.
    is_old: bool,
    /// The server will hang up: when that must have been done by ourselves.
    leave_by: Option<Instant>,
    breaks: u32,
}

impl Link {
    pub(super) fn is_up(&self) -> bool {
        !self.is_down
    }

    pub(super) fn handle_is_old(&mut self) {
        self.is_old = true;
    }

    /// The connection is good for something.
    pub(super) fn is_used(&mut self) {
        self.breaks = 0;
    }

    pub(super) fn on_update(&mut self, update: SessionResumptionUpdate) {
        let handle = update.new_handle.filter(|handle| !handle.is_empty());
        match handle {
            Some(handle) if update.resumable == Some(true) => {
                self.handle = Some(handle);
                self.is_old = false;
            }
            _ => self.is_old = true,
        }
    }

    pub(super) fn on_go_away(&mut self, at: Instant, time_left: Option<&str>) {
        let left = time_left.and_then(duration).unwrap_or(UNKNOWN_TIME_LEFT);
        let left = left.min(MOST_TIME_LEFT);
        self.leave_by = Some(at + left.saturating_sub(MARGIN).max(left / 2));
    }
}

impl Talk {
    /// What another connection goes on from.
    pub(in super::super) fn handle(&self) -> Option<&str> {
        self.link.handle.as_deref()
    }

    /// Whether the server said that it will hang up.
    pub(in super::super) fn is_sent_away(&self) -> bool {
        self.link.leave_by.is_some()
    }

    /// When the connection must be left, unless an answer runs on it.
    pub(super) fn relink_at(&self) -> Option<Instant> {
        let can_leave = self.link.is_up() && self.link.handle.is_some() && self.answer.is_none();
        self.link.leave_by.filter(|_| can_leave)
    }

    pub(super) fn relink_if_due(&mut self, now: Instant, acts: &mut Vec<Act>) {
        let Some(by) = self.relink_at() else { return };
        let is_good_moment = self.is_quiet() && !self.link.is_old;
        if is_good_moment || by <= now {
            self.leave();
            acts.push(Act::Relink);
        }
    }

    fn leave(&mut self) {
        self.link.is_down = true;
        self.link.leave_by = None;
        // Another connection owes nothing.
        self.stale = super::Stale::default();
        if self.answer.as_ref().is_some_and(Answer::has_begun) {
            self.answer = None;
        }
    }

    /// The connection broke. Where it can go on, only the answer that was being given is lost; else the conversation is.
    pub(in super::super) fn broke(
        &mut self,
        at: Instant,
        err: ProviderError,
        can_go_on: bool,
        acts: &mut Vec<Act>,
    ) {
        self.link.breaks += 1;
        let err = Arc::new(err);
        if !can_go_on || self.link.handle.is_none() || self.link.breaks > MOST_BREAKS {
            return self.tell(at, RealtimeEventKind::Failed(err), acts);
        }
        if self.answer.as_ref().is_some_and(Answer::is_growing) {
            self.answer_fails(at, err, acts);
        }
        self.leave();
        acts.push(Act::Relink);
    }

    /// Another connection goes on from the handle: tells it what the server does not know yet.
    pub(in super::super) fn relinked(&mut self, now: Instant, acts: &mut Vec<Act>) {
        self.link.is_down = false;
        self.stale = super::Stale::default();
        match self.prompt() {
            Some(Prompt::Speech(samples)) => {
                self.send_input(RealtimeInput::ActivityStart(Empty {}), acts);
                self.send_audio(samples, acts);
                self.send_input(RealtimeInput::ActivityEnd(Empty {}), acts);
            }
            Some(Prompt::Greeting) => self.ask_for_greeting(acts),
            Some(Prompt::Unknown) | None => {}
        }
        if self.user.activity != Activity::Closed {
            self.send_input(RealtimeInput::ActivityStart(Empty {}), acts);
        }
        if self.user.activity == Activity::Open || self.turn_taking == TurnTaking::Server {
            self.send_audio(&self.user.kept(), acts);
        }
        self.tick(now, acts);
    }
}

/// Seconds, as `"9.5s"`.
fn duration(text: &str) -> Option<Duration> {
    let seconds = text.strip_suffix('s')?.parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("9.5s", Some(9_500))]
    #[case("10s", Some(10_000))]
    #[case("-1s", None)]
    #[case("NaNs", None)]
    #[case("10", None)]
    #[case("", None)]
    fn durations_are_seconds(#[case] text: &str, #[case] ms: Option<u64>) {
        assert_eq!(duration(text), ms.map(Duration::from_millis));
    }
}
