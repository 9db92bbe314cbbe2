//! What the options of every role have in common.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use viva_domain::ports::ProviderErrorKind;

use crate::providers::options::{self, number};

const MAX_TEXTS: usize = 50;
const MAX_TEXT_CHARS: usize = 1_000;

/// A delay that differs from turn to turn, the same way every time: whoever knows the options knows the truth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delay {
    /// What every turn waits.
    pub least: Duration,
    /// Up to so many ms are added.
    pub jitter_ms: u64,
    /// What the added part is drawn from.
    pub seed: u64,
}

/// What goes wrong, in which turn.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Faults {
    fault: Option<Fault>,
    pub(super) turn: Option<u16>,
}

/// What goes wrong, after how many pieces or words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) after: u32,
    pub(super) kind: FaultKind,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FaultKind {
    /// The answer fails.
    Fail,
    /// Nothing follows.
    Hang,
    /// The connection is lost.
    Drop,
}

/// How fast audio is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    Fast,
    Realtime,
}

impl Delay {
    /// The same in every turn.
    pub(super) const fn of_ms(ms: u64) -> Self {
        Self {
            least: Duration::from_millis(ms),
            jitter_ms: 0,
            seed: 0,
        }
    }

    /// The delay in this turn, the first of which is 1.
    pub fn of(&self, turn: u16) -> Duration {
        if self.jitter_ms == 0 {
            return self.least;
        }
        // A generator per turn, so that the delay of a turn does not depend on those before.
        let mut rng = StdRng::seed_from_u64(self.seed ^ (u64::from(turn) << 48));
        self.least + Duration::from_micros(rng.random_range(0..=self.jitter_ms * 1_000))
    }
}

impl Faults {
    /// Reads one of the options `<kind>_after_<unit>`, which exclude each other.
    pub(super) fn set(&mut self, name: &str, json: &str, kind: FaultKind) -> Result<(), String> {
        let after = number(name, json, 0, 100_000_u32)?;
        if self.fault.replace(Fault { after, kind }).is_none() {
            return Ok(());
        }
        let unit = name.rsplit('_').next().unwrap_or_default();
        Err(format!(
            "options.{name} excludes the other faults; use one of fail_after_{unit}, hang_after_{unit} and \
             drop_after_{unit}"
        ))
    }

    /// What goes wrong where no turns are counted.
    pub(super) fn of_any(&self) -> Option<Fault> {
        self.fault
    }

    /// What goes wrong in this turn; 0 is the greeting, which is spared unless it is meant.
    pub(super) fn of(&self, turn: u16) -> Option<Fault> {
        let befalls = self.turn.map_or(turn > 0, |fault_turn| fault_turn == turn);
        self.fault.filter(|_| befalls)
    }
}

/// How long something takes to begin.
pub(super) fn delay_ms(name: &str, json: &str) -> Result<Duration, String> {
    number(name, json, 0, 60_000).map(Duration::from_millis)
}

pub(super) const PACES: [(&str, Pace); 2] = [("fast", Pace::Fast), ("realtime", Pace::Realtime)];

pub(super) const CONNECT_FAILURES: [(&str, ProviderErrorKind); 4] = [
    ("unavailable", ProviderErrorKind::Unavailable),
    ("credential_invalid", ProviderErrorKind::CredentialInvalid),
    ("rate_limited", ProviderErrorKind::RateLimited),
    ("quota_exceeded", ProviderErrorKind::QuotaExceeded),
];

/// What is to be said or understood, in turns.
pub(super) fn texts(name: &str, json: &str) -> Result<Vec<String>, String> {
    options::texts(name, json, MAX_TEXTS, MAX_TEXT_CHARS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_depends_on_seed_and_turn_and_stays_in_its_range() {
        let jittery = |seed| Delay {
            jitter_ms: 50,
            seed,
            ..Delay::of_ms(100)
        };
        let delays = |delay: &Delay| (0..200).map(|turn| delay.of(turn)).collect::<Vec<_>>();
        let first = delays(&jittery(1));
        assert_eq!(first, delays(&jittery(1)));
        assert_ne!(first, delays(&jittery(2)));
        let (least, most) = (first.iter().min().unwrap(), first.iter().max().unwrap());
        assert!(*least >= Duration::from_millis(100) && *least < Duration::from_millis(105));
        assert!(*most <= Duration::from_millis(150) && *most > Duration::from_millis(145));
    }

    #[test]
    fn faults_spare_the_greeting_unless_it_is_meant() {
        let faults = |turn| Faults {
            fault: Some(Fault {
                after: 0,
                kind: FaultKind::Fail,
            }),
            turn,
        };
        let every = faults(None);
        assert!(every.of(0).is_none() && every.of(1).is_some() && every.of(9).is_some());
        let second = faults(Some(2));
        assert!(second.of(1).is_none() && second.of(2).is_some());
        let greeting = faults(Some(0));
        assert!(greeting.of(0).is_some() && greeting.of(1).is_none());
    }
}
