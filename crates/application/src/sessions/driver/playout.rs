//! How loud the AI is when it is heard, so that its echo is not taken for the user.

use std::time::Duration;

use viva_audio::SampleRate;
use viva_audio::level::{SILENCE_DBFS, loudest_dbfs};
use viva_domain::turns::TurnNumber;

/// The step of the levels, in ms.
const STEP_MS: u32 = 20;
/// How far the moment may be wrong at which something is heard: reports come late, and clocks are mapped.
const BEFORE: Duration = Duration::from_millis(100);
const AFTER: Duration = Duration::from_millis(200);

/// The levels of the answer that is played, or was played last.
pub(super) struct Playout {
    rate: SampleRate,
    turn: Option<TurnNumber>,
    /// The loudest 4 ms of each whole step, in dBFS.
    levels: Vec<f32>,
    /// What follows them.
    rest: Vec<i16>,
}

impl Playout {
    pub(super) fn new(rate: SampleRate) -> Self {
        Self {
            rate,
            turn: None,
            levels: Vec::new(),
            rest: Vec::new(),
        }
    }

    /// Takes the next samples of an answer.
    pub(super) fn push(&mut self, turn: TurnNumber, samples: &[i16]) {
        if self.turn != Some(turn) {
            self.turn = Some(turn);
            self.levels.clear();
            self.rest.clear();
        }
        self.rest.extend_from_slice(samples);
        let step = usize::try_from(self.rate.samples_in_ms(STEP_MS)).unwrap_or(usize::MAX);
        let whole = self.rest.len() - self.rest.len() % step;
        let levels = self.rest[..whole].chunks_exact(step);
        self.levels
            .extend(levels.map(|samples| loudest_dbfs(samples, self.rate)));
        self.rest.drain(..whole);
    }

    /// How loud it is, in dBFS, about where so much of an answer has been heard; `None` when nothing of it is known.
    pub(super) fn loudest(&self, turn: TurnNumber, heard: Duration) -> Option<f32> {
        if self.turn != Some(turn) {
            return None;
        }
        let step = |at: Duration| {
            let steps = at.as_millis() / u128::from(STEP_MS);
            usize::try_from(steps)
                .unwrap_or(usize::MAX)
                .min(self.levels.len())
        };
        let near = &self.levels[step(heard.saturating_sub(BEFORE))..step(heard + AFTER)];
        Some(near.iter().copied().fold(SILENCE_DBFS, f32::max))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(playout: &Playout, ms: u64) -> Option<f32> {
        playout.loudest(TurnNumber::FIRST, Duration::from_millis(ms))
    }

    #[test]
    fn what_is_loud_counts_where_it_is_heard() {
        let rate = SampleRate::HZ_24K;
        let mut playout = Playout::new(rate);
        assert_eq!(heard(&playout, 0), None);
        // A second of silence, 100 ms at −6 dBFS, a second of silence; cut as it may come.
        let mut answer = vec![0; 24_000];
        answer.extend([16_384; 2_400]);
        answer.resize(50_400, 0);
        for part in answer.chunks(777) {
            playout.push(TurnNumber::FIRST, part);
        }
        let is_loud = |ms| heard(&playout, ms).unwrap() > -6.1;
        assert!(!is_loud(0) && !is_loud(780));
        assert!(is_loud(820) && is_loud(1_050) && is_loud(1_190));
        assert!(!is_loud(1_220) && !is_loud(99_000));
    }

    #[test]
    fn of_another_answer_nothing_is_known() {
        let mut playout = Playout::new(SampleRate::HZ_24K);
        playout.push(TurnNumber::FIRST, &[16_384; 480]);
        let second = TurnNumber::FIRST.next().unwrap();
        assert_eq!(playout.loudest(second, Duration::ZERO), None);
        playout.push(second, &[0; 480]);
        assert_eq!(heard(&playout, 0), None);
        assert_eq!(playout.loudest(second, Duration::ZERO), Some(SILENCE_DBFS));
    }
}
