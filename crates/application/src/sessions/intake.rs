//! The user's audio: where speech starts and ends, when that was on which clock, and the last seconds for the recording.

use std::collections::VecDeque;
use std::time::Duration;

use viva_audio::{Endpointer, SampleRate, SpeechEvent, TurnDetection};
use viva_domain::latency::{ClientClock, ClientTime, SessionTime};

/// Positions that the endpointer reports lie at most the longest silence (10 s) and the shortest speech (2 s) back.
const STAMPS_KEPT: Duration = Duration::from_secs(13);
/// Beyond its prefix and twice the shortest speech (which may have gaps), how far back a recording may begin.
const TAPE_MARGIN: Duration = Duration::from_millis(500);

/// Something that the user's audio decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Voice {
    /// The user speaks.
    Started {
        /// The first voiced sample.
        first: Moment,
    },
    /// The user's turn is over.
    Ended {
        /// The last voiced sample.
        last: Moment,
    },
}

/// A sample of the user's audio in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    /// Its position in the stream.
    pub(super) position: u64,
    /// On the session's clock.
    pub(super) at: SessionTime,
    /// On the client's clock, when the client stamps its audio.
    pub(super) captured: Option<ClientTime>,
}

/// Listens to the user's audio.
#[derive(Debug)]
pub(super) struct Intake {
    rate: SampleRate,
    endpointer: Endpointer,
    decided: Vec<SpeechEvent>,
    clock: ClientClock,
    stamps: VecDeque<Stamp>,
    /// Whether the client's stamps advance; without them the stream's own sample count is its clock.
    is_stamped: bool,
    tape: VecDeque<i16>,
}

#[derive(Debug, Clone, Copy)]
struct Stamp {
    position: u64,
    captured: ClientTime,
}

impl Intake {
    pub(super) fn new(rate: SampleRate, turn_detection: TurnDetection) -> Self {
        Self {
            rate,
            endpointer: Endpointer::new(rate, turn_detection),
            decided: Vec::new(),
            clock: ClientClock::default(),
            stamps: VecDeque::new(),
            is_stamped: false,
            tape: VecDeque::new(),
        }
    }

    pub(super) fn turn_detection(&self) -> TurnDetection {
        self.endpointer.settings()
    }

    pub(super) fn set(&mut self, turn_detection: TurnDetection) {
        self.endpointer.set(turn_detection);
    }

    /// Takes the next samples and lists what they decided.
    pub(super) fn push(
        &mut self,
        samples: &[i16],
        captured: Option<ClientTime>,
        received: SessionTime,
        voices: &mut Vec<Voice>,
    ) {
        let length = self.rate.duration_of(samples.len() as u64);
        let captured = self.stamp(captured);
        self.clock.observe(captured.after(length), received);
        self.keep(samples);
        let mut decided = std::mem::take(&mut self.decided);
        self.endpointer.push(samples, &mut decided);
        voices.extend(decided.drain(..).filter_map(|event| self.voice(event)));
        self.decided = decided;
    }

    /// Ends speech that is going on.
    pub(super) fn end(&mut self) -> Option<Voice> {
        self.endpointer.end().and_then(|event| self.voice(event))
    }

    /// A moment of the client's clock on the session's.
    pub(super) fn to_session(&self, time: ClientTime) -> Option<SessionTime> {
        if self.is_stamped {
            self.clock.to_session(time)
        } else {
            None
        }
    }

    /// What was heard from the turn's prefix before `first` on, and when that began.
    pub(super) fn since(&self, first: Moment) -> (Vec<i16>, SessionTime) {
        let end = self.endpointer.position();
        let oldest = end - self.tape.len() as u64;
        let start = self
            .turn_detection()
            .turn_start(first.position, self.rate)
            .max(oldest);
        let skipped = usize::try_from(start - oldest).unwrap_or(self.tape.len());
        let began = first
            .at
            .before(self.rate.duration_of(first.position.saturating_sub(start)));
        (self.tape.iter().skip(skipped).copied().collect(), began)
    }

    /// When the next sample was captured: as stamped, else as many samples as came after the last stamp.
    fn stamp(&mut self, captured: Option<ClientTime>) -> ClientTime {
        let position = self.endpointer.position();
        let expected = self.stamps.back().map(|last| self.at(*last, position));
        self.is_stamped = match (captured, self.stamps.back()) {
            (Some(captured), Some(last)) => captured > last.captured,
            (Some(_), None) => true,
            (None, _) => false,
        };
        let captured = match captured.filter(|_| self.is_stamped) {
            Some(captured) => captured,
            None => expected.unwrap_or(ClientTime::from_micros(0)),
        };
        self.stamps.push_back(Stamp { position, captured });
        let kept = self.rate.samples_in(STAMPS_KEPT);
        while self
            .stamps
            .get(1)
            .is_some_and(|second| second.position + kept < position)
        {
            self.stamps.pop_front();
        }
        captured
    }

    fn keep(&mut self, samples: &[i16]) {
        self.tape.extend(samples);
        let TurnDetection {
            prefix_ms,
            min_speech_ms,
            ..
        } = self.turn_detection();
        let kept = Duration::from_millis(u64::from(prefix_ms) + 2 * u64::from(min_speech_ms)) + TAPE_MARGIN;
        let kept = usize::try_from(self.rate.samples_in(kept)).unwrap_or(usize::MAX);
        let surplus = self.tape.len().saturating_sub(kept);
        self.tape.drain(..surplus);
    }

    fn voice(&self, event: SpeechEvent) -> Option<Voice> {
        match event {
            SpeechEvent::Started { first_voiced_sample } => self
                .moment(first_voiced_sample)
                .map(|first| Voice::Started { first }),
            SpeechEvent::Ended { last_voiced_sample } => {
                self.moment(last_voiced_sample).map(|last| Voice::Ended { last })
            }
        }
    }

    fn moment(&self, position: u64) -> Option<Moment> {
        let after = self.stamps.partition_point(|stamp| stamp.position <= position);
        let stamp = self.stamps.get(after.saturating_sub(1))?;
        let captured = self.at(*stamp, position);
        let at = self.clock.to_session(captured)?;
        Some(Moment {
            position,
            at,
            captured: self.is_stamped.then_some(captured),
        })
    }

    fn at(&self, stamp: Stamp, position: u64) -> ClientTime {
        stamp
            .captured
            .after(self.rate.duration_of(position.saturating_sub(stamp.position)))
    }
}
