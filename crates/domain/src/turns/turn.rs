use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};

use crate::ids::{SessionId, TurnId};
use crate::latency::{LatencyMetrics, TurnMarks};
use crate::ports::BlobKey;
use crate::turns::{Basis, HeardText, Placement};

/// A turn's place in its session, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TurnNumber(u16);

impl TurnNumber {
    /// The first turn of a session.
    pub const FIRST: Self = Self(1);

    /// The turn of this number; `None` for 0.
    pub const fn new(number: u16) -> Option<Self> {
        if number == 0 { None } else { Some(Self(number)) }
    }

    /// The number.
    pub const fn get(self) -> u16 {
        self.0
    }

    /// The turn after this one; `None` after the 65,535th.
    pub const fn next(self) -> Option<Self> {
        match self.0.checked_add(1) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }
}

impl fmt::Display for TurnNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Counts what the AI was told to do (answer, greet, stop). What it says carries the generation that it was said in, so
/// that whatever was said before it was told to stop can be recognised and dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Generation(u32);

impl Generation {
    /// Before the AI was told anything.
    pub const FIRST: Self = Self(0);

    /// The one after this.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }
}

/// What a provider counted for one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Tokens read.
    pub input_tokens: Option<u64>,
    /// Tokens written.
    pub output_tokens: Option<u64>,
}

/// What stopped an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InterruptReason {
    /// The user spoke.
    Speech,
    /// The client asked for it, or ended the session meanwhile.
    Client,
}

impl InterruptReason {
    /// The name that is stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Speech => "speech",
            Self::Client => "client",
        }
    }
}

/// What came of a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TurnOutcome {
    /// The answer was heard to its end.
    Answered,
    /// It was cut.
    Interrupted,
    /// There is no answer, or only part of one, because something failed.
    Failed,
    /// Nothing of an answer was heard, and nothing failed.
    Unanswered,
}

impl TurnOutcome {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Answered, Self::Interrupted, Self::Failed, Self::Unanswered];

    /// The name that is shown to whoever watches.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Interrupted => "interrupted",
            Self::Failed => "failed",
            Self::Unanswered => "unanswered",
        }
    }
}

/// A stored recording: WAV, PCM16 mono.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    /// Where it is stored.
    pub key: BlobKey,
    /// Its length in samples.
    pub samples: u64,
    /// Its sample rate in Hz.
    pub sample_rate: u32,
    /// Where it lies in time; `None` of one that is older than this record.
    pub placement: Option<Placement>,
    /// The loudest sample of every 20 ms, one byte each: 255 times the square root of the amplitude. `None` while nobody
    /// has measured it.
    pub peaks: Option<Bytes>,
}

impl Recording {
    /// Its length in time.
    pub fn duration(&self) -> Duration {
        Duration::from_secs_f64(self.samples as f64 / f64::from(self.sample_rate.max(1)))
    }

    /// Whether it can only be estimated where it lies in time.
    pub fn is_estimated(&self) -> bool {
        let placement = self.placement.as_ref();
        placement.is_none_or(|placement| placement.basis == Basis::Estimated)
    }

    /// The file alone, without where it lies and its peaks.
    #[must_use]
    pub fn bare(&self) -> Self {
        Self {
            key: self.key.clone(),
            samples: self.samples,
            sample_rate: self.sample_rate,
            placement: None,
            peaks: None,
        }
    }
}

/// A finished exchange: what the user said and what the AI answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    /// Its id.
    pub id: TurnId,
    /// Its session.
    pub session_id: SessionId,
    /// Its place in the session.
    pub number: TurnNumber,
    /// When it began, UTC, to the microsecond.
    pub started_at: DateTime<Utc>,
    /// When it ended, UTC, to the microsecond.
    pub ended_at: DateTime<Utc>,
    /// What the user said; `None` when nobody wrote it down.
    pub user_transcript: Option<String>,
    /// What the AI said; empty when it said nothing.
    pub answer: HeardText,
    /// What the user said, as audio.
    pub user_audio: Option<Recording>,
    /// What the AI said, as audio, also the part that was not heard.
    pub ai_audio: Option<Recording>,
    /// How much of the answer was heard; `None` when there was no audio, or the server was killed meanwhile.
    pub played: Option<Duration>,
    /// What cut the answer; `None` when it was heard to its end.
    pub interruption: Option<InterruptReason>,
    /// How often playback paused for what was no speech, and went on.
    pub false_interruptions: u32,
    /// Why there is no answer, or only part of one.
    pub failure: Option<String>,
    /// What the provider counted.
    pub usage: Option<Usage>,
    /// Moments on the session's clock.
    pub marks: TurnMarks,
    /// Latencies.
    pub latency: LatencyMetrics,
}

impl Turn {
    /// What came of it.
    pub const fn outcome(&self) -> TurnOutcome {
        match (&self.failure, self.interruption, self.played) {
            (Some(_), _, _) => TurnOutcome::Failed,
            (None, Some(_), _) => TurnOutcome::Interrupted,
            (None, None, Some(_)) => TurnOutcome::Answered,
            (None, None, None) => TurnOutcome::Unanswered,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_are_numbered_from_one_to_the_last() {
        assert_eq!(TurnNumber::new(0), None);
        assert_eq!(TurnNumber::new(1), Some(TurnNumber::FIRST));
        assert_eq!(TurnNumber::FIRST.next(), TurnNumber::new(2));
        let last = TurnNumber::new(u16::MAX).unwrap();
        assert_eq!(
            (last.get(), last.next(), last.to_string().as_str()),
            (65_535, None, "65535")
        );
    }

    #[test]
    fn generations_are_never_used_up() {
        let last = Generation(u32::MAX);
        assert_eq!(last.next(), Generation::FIRST);
        assert_ne!(Generation::FIRST.next(), Generation::FIRST);
    }

    #[test]
    fn interruptions_have_the_names_of_the_protocol() {
        let names = [InterruptReason::Speech, InterruptReason::Client].map(InterruptReason::as_str);
        assert_eq!(names, ["speech", "client"]);
    }

    #[test]
    fn a_recording_lasts_as_long_as_its_samples() {
        let recording = |samples, sample_rate| Recording {
            key: BlobKey::parse("a/turn_001_user.wav").unwrap(),
            samples,
            sample_rate,
            placement: None,
            peaks: None,
        };
        assert_eq!(recording(36_000, 24_000).duration(), Duration::from_millis(1_500));
        assert_eq!(recording(0, 24_000).duration(), Duration::ZERO);
        assert_eq!(
            recording(3, 0).duration(),
            Duration::from_secs(3),
            "a rate of 0 divides nothing"
        );
    }
}
