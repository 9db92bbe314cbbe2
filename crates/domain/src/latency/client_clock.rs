use std::time::Duration;

use super::time::{ClientTime, SessionTime};

/// How long one bucket of the minimum filter lasts. Two consumer crystals drift apart by up to 100 ppm: 3 ms in 30 s.
const BUCKET: Duration = Duration::from_secs(15);

/// Maps the client's clock onto the session's.
///
/// Of all audio that arrives, the piece that was under way for the shortest time tells most about the offset between the
/// clocks (the minimum filter of NTP, RFC 5905 §10). The filter keeps the last 15 to 30 s, so that drift is followed.
/// What remains in the offset is the shortest one-way delay; it shows up in the network part of a latency, never in the
/// provider's.
#[derive(Debug, Clone, Default)]
pub struct ClientClock {
    current: Option<Bucket>,
    previous: Option<i128>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    began: SessionTime,
    /// Session time minus client time, in µs: smallest seen.
    offset: i128,
}

impl ClientClock {
    /// Takes note of audio whose last sample was captured at `captured` and that was received at `received`.
    pub fn observe(&mut self, captured: ClientTime, received: SessionTime) {
        let offset = micros(received) - i128::from(captured.micros());
        match &mut self.current {
            Some(bucket) if received.since(bucket.began) < BUCKET => {
                bucket.offset = bucket.offset.min(offset);
            }
            full => {
                self.previous = full.map(|bucket| bucket.offset);
                self.current = Some(Bucket {
                    began: received,
                    offset,
                });
            }
        }
    }

    /// The session's time at a moment of the client's clock; `None` before the first observation.
    pub fn to_session(&self, time: ClientTime) -> Option<SessionTime> {
        let current = self.current?.offset;
        let offset = self.previous.map_or(current, |previous| previous.min(current));
        let session_micros = u64::try_from(i128::from(time.micros()) + offset).unwrap_or(0);
        Some(SessionTime::new(Duration::from_micros(session_micros)))
    }
}

fn micros(time: SessionTime) -> i128 {
    i128::try_from(time.elapsed().as_micros()).unwrap_or(i128::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLIENT_ORIGIN_MS: u64 = 5_000_000;

    fn client(ms: u64) -> ClientTime {
        ClientTime::from_micros((CLIENT_ORIGIN_MS + ms) * 1_000)
    }

    #[test]
    fn nothing_is_known_before_the_first_frame() {
        assert_eq!(ClientClock::default().to_session(client(1)), None);
    }

    #[test]
    fn the_fastest_frame_sets_the_offset() {
        let mut clock = ClientClock::default();
        for (captured, received) in [(0, 30), (20, 23), (40, 90)] {
            clock.observe(client(captured), SessionTime::from_millis(received));
        }
        assert_eq!(clock.to_session(client(40)), Some(SessionTime::from_millis(43)));
    }

    #[test]
    fn drift_is_followed_within_two_buckets() {
        let mut clock = ClientClock::default();
        // The client's clock is 1 % slow: captured times fall behind, so the smallest offset grows.
        for tick in 0..6_000_u64 {
            let session_ms = tick * 20;
            clock.observe(
                client(session_ms * 99 / 100),
                SessionTime::from_millis(session_ms),
            );
        }
        let mapped = clock.to_session(client(6_000 * 20 * 99 / 100)).unwrap();
        let error_ms = SessionTime::from_millis(120_000).since(mapped).as_millis();
        assert!(error_ms <= 300, "1 % of two buckets of 15 s, got {error_ms} ms");
    }

    #[test]
    fn what_was_captured_before_the_session_is_at_its_beginning() {
        let mut clock = ClientClock::default();
        clock.observe(client(1_000), SessionTime::from_millis(10));
        assert_eq!(clock.to_session(client(500)), Some(SessionTime::ZERO));
    }

    #[test]
    fn clocks_at_their_ends_do_no_harm() {
        let mut clock = ClientClock::default();
        clock.observe(ClientTime::from_micros(u64::MAX), SessionTime::ZERO);
        assert_eq!(
            clock.to_session(ClientTime::from_micros(0)),
            Some(SessionTime::ZERO)
        );
        clock.observe(ClientTime::from_micros(0), SessionTime::new(Duration::MAX));
        assert!(clock.to_session(ClientTime::from_micros(u64::MAX)).is_some());
    }
}
