use std::time::Duration;

use thiserror::Error;
use tokio::time::Instant;
use viva_audio::SampleRate;
use viva_domain::latency::ClientTime;

/// How much more than twice real time a client may send at once, to catch up after a hiccup.
const BURST: Duration = Duration::from_secs(5);
/// How much faster than real time audio may come in the long run.
const SPEED: u32 = 2;

/// Audio from the client's microphone.
#[derive(Debug, Clone, PartialEq)]
pub struct UserAudio {
    /// PCM16 mono at the session's input rate.
    pub samples: Vec<i16>,
    /// When the first sample was captured, on the client's clock; `None` when the client does not stamp its audio.
    pub captured: Option<ClientTime>,
    /// When it was read from the socket.
    pub received: Instant,
}

/// Why audio was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ProcessAudioError {
    /// More than twice real time for more than the burst.
    #[error("audio comes faster than twice real time; send it as it is captured, in frames of 20 ms")]
    TooFast,
    /// Nobody listens any more.
    #[error("the session is over")]
    SessionOver,
}

/// A token bucket over audio time.
#[derive(Debug)]
pub(super) struct PaceLimit {
    rate: SampleRate,
    allowance: Duration,
    at: Instant,
}

impl PaceLimit {
    pub(super) fn new(rate: SampleRate, now: Instant) -> Self {
        Self {
            rate,
            allowance: BURST,
            at: now,
        }
    }

    pub(super) fn check(&mut self, samples: usize, now: Instant) -> Result<(), ProcessAudioError> {
        let elapsed = now.saturating_duration_since(self.at);
        self.at = now;
        self.allowance = self
            .allowance
            .saturating_add(elapsed.saturating_mul(SPEED))
            .min(BURST);
        let length = self.rate.duration_of(samples as u64);
        self.allowance = self
            .allowance
            .checked_sub(length)
            .ok_or(ProcessAudioError::TooFast)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: usize = 480;

    fn limit(now: Instant) -> PaceLimit {
        PaceLimit::new(SampleRate::HZ_24K, now)
    }

    #[test]
    fn a_burst_of_five_seconds_passes_and_no_more() {
        let now = Instant::now();
        let mut pace = limit(now);
        for _ in 0..250 {
            assert_eq!(pace.check(FRAME, now), Ok(()));
        }
        assert_eq!(pace.check(FRAME, now), Err(ProcessAudioError::TooFast));
    }

    #[test]
    fn twice_real_time_passes_for_ever() {
        let start = Instant::now();
        let mut pace = limit(start);
        for frame in 0..10_000 {
            assert_eq!(
                pace.check(FRAME, start + Duration::from_millis(10) * frame),
                Ok(())
            );
        }
    }

    #[test]
    fn three_times_real_time_is_refused_after_the_burst() {
        let start = Instant::now();
        let mut pace = limit(start);
        let refused = (0..3_000).find(|frame| {
            pace.check(FRAME, start + Duration::from_micros(6_667) * *frame)
                .is_err()
        });
        // 5 s of burst are used up at one second of audio per second: after 15 s of audio.
        assert!((700..800).contains(&refused.unwrap()), "{refused:?}");
    }
}
