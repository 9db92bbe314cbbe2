use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// The bad message that closes the connection.
const MOST: usize = 10;
const WINDOW: Duration = Duration::from_mins(1);
/// Audio comes 50 times a second. When something is wrong with it, once a second is often enough to say so, and counts
/// as one bad message.
const AUDIO_PAUSE: Duration = Duration::from_secs(1);

/// The bad messages of a connection.
#[derive(Debug, Default)]
pub(super) struct Offences {
    times: VecDeque<Instant>,
    audio: Option<Instant>,
}

/// What a bad message leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The client was just told the same.
    Silence,
    /// The client is told.
    Tell,
    /// The client is told, and the connection is closed.
    TellAndClose,
}

impl Offences {
    /// Counts a bad control message.
    pub(super) fn message(&mut self, now: Instant) -> Verdict {
        let is_old = |time: &Instant| now.duration_since(*time) >= WINDOW;
        while self.times.front().is_some_and(is_old) {
            self.times.pop_front();
        }
        self.times.push_back(now);
        if self.times.len() < MOST {
            Verdict::Tell
        } else {
            Verdict::TellAndClose
        }
    }

    /// A session begins: what was wrong with audio before it is not what may be wrong with it now.
    pub(super) fn begin_session(&mut self) {
        self.audio = None;
    }

    /// Counts bad audio.
    pub(super) fn audio(&mut self, now: Instant) -> Verdict {
        if self
            .audio
            .is_some_and(|last| now.duration_since(last) < AUDIO_PAUSE)
        {
            return Verdict::Silence;
        }
        self.audio = Some(now);
        self.message(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tenth_within_a_minute_closes() {
        let (mut offences, start) = (Offences::default(), Instant::now());
        let verdicts: Vec<Verdict> = (0..10)
            .map(|second| offences.message(start + Duration::from_secs(second * 6)))
            .collect();
        assert_eq!(verdicts[..9], [Verdict::Tell; 9]);
        assert_eq!(verdicts[9], Verdict::TellAndClose);
    }

    #[test]
    fn what_is_a_minute_old_is_forgotten() {
        let (mut offences, start) = (Offences::default(), Instant::now());
        for second in 0..1_000 {
            assert_eq!(
                offences.message(start + Duration::from_secs(second * 7)),
                Verdict::Tell
            );
        }
        assert!(offences.times.len() < MOST);
    }

    #[test]
    fn bad_audio_counts_once_a_second() {
        let (mut offences, start) = (Offences::default(), Instant::now());
        let verdicts: Vec<Verdict> = (0..500)
            .map(|frame| offences.audio(start + Duration::from_millis(frame * 20)))
            .collect();
        let told: Vec<usize> = (0..500)
            .filter(|frame| verdicts[*frame] != Verdict::Silence)
            .collect();
        assert_eq!(told, [0, 50, 100, 150, 200, 250, 300, 350, 400, 450]);
        assert_eq!(verdicts[450], Verdict::TellAndClose);
    }
}
