//! When the samples of a stream were captured.

use std::collections::VecDeque;
use std::time::Duration;

use viva_audio::SampleRate;
use viva_domain::latency::{ClientClock, ClientTime, SessionTime};

/// Positions that the endpointer reports lie at most the longest silence (10 s) and the shortest speech (2 s) back.
pub(super) const STAMPS_KEPT: Duration = Duration::from_secs(13);
/// Stamps that lie closer together than this are not looked at; usual frames last 10 or 20 ms.
const STAMP_SPACING: Duration = Duration::from_millis(5);
/// How far a stamp may lie from where the samples before it lead to and still tell nothing new.
const STAMP_TOLERANCE: Duration = Duration::from_micros(100);
/// A stamp that lies so far back is no jitter: the client's clock began anew, as when its page was loaded again.
const CLOCK_STEP: Duration = Duration::from_secs(1);
/// Audio without stamps that comes so much later than it should was captured after a pause.
const PAUSE: Duration = Duration::from_secs(1);

/// A stretch of the stream whose samples lie on one clock: the client's, or without stamps one that counts samples.
///
/// A client that stamps its audio may leave gaps. One that does not, and pauses, would seem to have captured what
/// follows before it paused: it gets a new time line, as does a client whose clock began anew.
#[derive(Debug)]
pub(super) struct Timeline {
    rate: SampleRate,
    begins: u64,
    is_stamped: bool,
    clock: ClientClock,
    /// Where the stamps did not go on as the samples did, oldest first; the first one is where the time line begins.
    stamps: VecDeque<Stamp>,
    looked_at: u64,
}

#[derive(Debug, Clone, Copy)]
struct Stamp {
    position: u64,
    captured: ClientTime,
}

impl Timeline {
    pub(super) fn new(rate: SampleRate, begins: u64, stamp: Option<ClientTime>) -> Self {
        let first = Stamp {
            position: begins,
            captured: stamp.unwrap_or(ClientTime::from_micros(0)),
        };
        Self {
            rate,
            begins,
            is_stamped: stamp.is_some(),
            clock: ClientClock::default(),
            stamps: VecDeque::from([first]),
            looked_at: begins,
        }
    }

    /// Its first sample.
    pub(super) fn begins(&self) -> u64 {
        self.begins
    }

    /// Whether the next audio, from `position` on, belongs to it.
    pub(super) fn goes_on(
        &self,
        position: u64,
        stamp: Option<ClientTime>,
        length: Duration,
        received: SessionTime,
    ) -> bool {
        let expected = self.at(position);
        match stamp {
            _ if self.is_recent(position) => true,
            Some(stamp) => self.is_stamped && stamp.after(CLOCK_STEP) >= expected,
            None => !self.is_stamped && !self.is_late(expected.after(length), received),
        }
    }

    /// Takes the stamp of the next audio, which belongs to it; answers whether the stamp was looked at.
    pub(super) fn note(&mut self, position: u64, stamp: Option<ClientTime>) -> bool {
        if self.is_recent(position) && position != self.begins {
            return false;
        }
        self.looked_at = position;
        if let Some(captured) = stamp
            && distance(captured, self.at(position)) > STAMP_TOLERANCE
        {
            self.stamps.push_back(Stamp { position, captured });
        }
        let kept = self.rate.samples_in(STAMPS_KEPT);
        while self
            .stamps
            .get(1)
            .is_some_and(|second| second.position + kept < position)
        {
            self.stamps.pop_front();
        }
        true
    }

    /// Takes note of when audio up to, not including, `end` was received.
    pub(super) fn observe(&mut self, end: u64, received: SessionTime) {
        self.clock.observe(self.at(end), received);
    }

    /// When a sample was captured, on the client's clock; `None` when that is not known.
    pub(super) fn captured(&self, position: u64) -> Option<ClientTime> {
        self.is_stamped.then(|| self.at(position))
    }

    /// When a sample was captured, on the session's clock.
    pub(super) fn session_time(&self, position: u64) -> Option<SessionTime> {
        self.clock.to_session(self.at(position))
    }

    /// A moment of the client's clock on the session's; `None` when the client's clock is not known.
    pub(super) fn to_session(&self, time: ClientTime) -> Option<SessionTime> {
        self.is_stamped.then(|| self.clock.to_session(time))?
    }

    #[cfg(test)]
    pub(super) fn stamps(&self) -> usize {
        self.stamps.len()
    }

    /// Whether a stamp here is so close to the last one that it tells nothing: tiny frames must not fill the memory.
    fn is_recent(&self, position: u64) -> bool {
        position < self.looked_at + self.rate.samples_in(STAMP_SPACING)
    }

    /// Whether audio that ends here was received so late that the client must have paused.
    fn is_late(&self, end: ClientTime, received: SessionTime) -> bool {
        self.clock
            .to_session(end)
            .is_some_and(|end| received.since(end) > PAUSE)
    }

    /// When a sample was captured, on this time line's clock.
    fn at(&self, position: u64) -> ClientTime {
        let after = self.stamps.partition_point(|stamp| stamp.position <= position);
        let stamp = self.stamps[after.saturating_sub(1)];
        let since = self.rate.duration_of(position.saturating_sub(stamp.position));
        stamp.captured.after(since)
    }
}

fn distance(a: ClientTime, b: ClientTime) -> Duration {
    Duration::from_micros(a.micros().abs_diff(b.micros()))
}
