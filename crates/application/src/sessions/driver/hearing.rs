//! What the session hears: turns the user's audio, and what a provider says about it, into inputs of the machine.

use std::time::Duration;

use viva_audio::Level;
use viva_domain::latency::{ClientTime, SessionTime};
use viva_domain::turns::{Input, TurnTaking};

use crate::sessions::intake::{Intake, Moment, Voice};
use crate::sessions::start::TurnDetectionChange;

/// A client that sends nothing for so long while its user speaks has stopped sending.
const STALL: Duration = Duration::from_secs(1);
/// Speech whose loudest 20 ms stay below this is too quiet to be understood well (dBFS, RMS).
const QUIET_DBFS: f32 = -40.0;
/// How long before a provider's report the session's own detector may have heard the same.
const SAME_SPEECH: Duration = Duration::from_secs(3);

pub(super) struct Hearing {
    intake: Intake,
    turn_taking: TurnTaking,
    /// The first voiced sample of the speech that goes on, and after its end the last one.
    first: Option<Moment>,
    last: Option<Moment>,
    is_speaking: bool,
    heard_at: SessionTime,
    loudest: f32,
    quiet: Quiet,
}

/// Whether the user was told to speak up; once per session is enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quiet {
    Unknown,
    Noticed,
    Told,
}

impl Hearing {
    pub(super) fn new(intake: Intake, turn_taking: TurnTaking) -> Self {
        Self {
            intake,
            turn_taking,
            first: None,
            last: None,
            is_speaking: false,
            heard_at: SessionTime::ZERO,
            loudest: f32::NEG_INFINITY,
            quiet: Quiet::Unknown,
        }
    }

    /// Takes the next samples and answers what the machine must know, in order.
    pub(super) fn listen(
        &mut self,
        samples: &[i16],
        captured: Option<ClientTime>,
        received: SessionTime,
    ) -> Vec<Input> {
        self.heard_at = received;
        let mut voices = Vec::new();
        self.intake.push(samples, captured, received, &mut voices);
        if self.is_speaking {
            self.loudest = self.loudest.max(Level::of(samples).rms_dbfs);
        }
        voices
            .into_iter()
            .filter_map(|voice| self.hear(voice, received))
            .collect()
    }

    fn hear(&mut self, voice: Voice, received: SessionTime) -> Option<Input> {
        let input = match voice {
            Voice::Started { first } => {
                self.is_speaking = true;
                self.loudest = f32::NEG_INFINITY;
                self.first = Some(first);
                Input::SpeechStarted {
                    at: first.at,
                    captured: first.captured,
                }
            }
            Voice::Ended { last } => {
                self.speech_is_over(last);
                Input::SpeechEnded {
                    at: last.at,
                    captured: last.captured,
                    decided: received,
                }
            }
        };
        (self.turn_taking == TurnTaking::Session).then_some(input)
    }

    fn speech_is_over(&mut self, last: Moment) {
        self.is_speaking = false;
        self.last = Some(last);
        if self.quiet == Quiet::Unknown && self.loudest < QUIET_DBFS && self.loudest.is_finite() {
            self.quiet = Quiet::Noticed;
        }
    }

    /// The user's turn is over without silence: by a button, or because no more audio comes.
    pub(super) fn end_turn(&mut self, now: SessionTime) -> Option<Input> {
        self.is_speaking = false;
        match self.intake.end() {
            Some(voice) => self.hear(voice, now),
            None => None,
        }
    }

    /// The provider heard speech begin: the session's own detector knows the sample, if it heard it too.
    pub(super) fn provider_heard_start(&self, at: SessionTime) -> Input {
        let first = self
            .first
            .filter(|first| self.is_speaking || at.since(first.at) < SAME_SPEECH);
        match first {
            Some(first) => Input::SpeechStarted {
                at: first.at,
                captured: first.captured,
            },
            None => Input::SpeechStarted { at, captured: None },
        }
    }

    /// The provider decided that the turn is over: the last voiced sample is the one that the session's own detector
    /// found, so that latencies of all providers compare.
    pub(super) fn provider_heard_end(&mut self, at: SessionTime) -> Input {
        if let Some(Voice::Ended { last }) = self.intake.end() {
            self.speech_is_over(last);
        }
        match self
            .last
            .filter(|last| last.at <= at && at.since(last.at) < SAME_SPEECH)
        {
            Some(last) => Input::SpeechEnded {
                at: last.at,
                captured: last.captured,
                decided: at,
            },
            None => Input::SpeechEnded {
                at,
                captured: None,
                decided: at,
            },
        }
    }

    pub(super) fn change(&mut self, change: TurnDetectionChange) {
        // Checked at the edge: a change that does not fit was refused there.
        if let Ok(settings) = change.apply(self.intake.turn_detection()) {
            self.intake.set(settings);
        }
    }

    pub(super) fn to_session(&self, time: ClientTime) -> Option<SessionTime> {
        self.intake.to_session(time)
    }

    /// What the user said before the session knew that it was speech, with the prefix, and when that began.
    pub(super) fn beginning(&self) -> Option<(Vec<i16>, SessionTime)> {
        self.first.map(|first| self.intake.since(first))
    }

    pub(super) fn stalls_at(&self) -> Option<SessionTime> {
        self.is_speaking.then(|| self.heard_at.after(STALL))
    }

    pub(super) fn has_stalled(&self, now: SessionTime) -> bool {
        self.stalls_at().is_some_and(|at| at <= now)
    }

    pub(super) fn client_is_back(&mut self, now: SessionTime) {
        self.heard_at = now;
    }

    /// Whether the user must be told to speak up; says so once.
    pub(super) fn is_too_quiet(&mut self) -> bool {
        let must_tell = self.quiet == Quiet::Noticed;
        if must_tell {
            self.quiet = Quiet::Told;
        }
        must_tell
    }
}
