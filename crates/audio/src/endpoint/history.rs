//! One bit for each of the last 128 blocks, about half a second.

/// Gaps of up to this many blocks inside a stretch are closed: 8 ms, the pause between two pitch periods.
const PITCH_GAP: u32 = 2;

/// What is shorter than this many blocks is no stretch: 16 ms. Noise stands out in single blocks, speech does not.
const STRETCH: u32 = 4;

/// A shift register; the newest block is bit 0.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct History(u128);

impl History {
    pub(super) fn push(&mut self, set: bool) {
        self.0 = self.0 << 1 | u128::from(set);
    }

    /// Sets further bits.
    pub(super) fn mark(&mut self, bits: u128) {
        self.0 |= bits;
    }

    pub(super) fn bits(self) -> u128 {
        self.0
    }

    /// The bits with short gaps closed and short runs removed (a morphological closing, then an opening).
    pub(super) fn stretches(self) -> u128 {
        let closed = erode(dilate(self.0, PITCH_GAP), PITCH_GAP);
        dilate(erode(closed, STRETCH - 1), STRETCH - 1)
    }
}

/// The newest `blocks` bits.
pub(super) fn newest(blocks: u32) -> u128 {
    1_u128.checked_shl(blocks).map_or(u128::MAX, |bit| bit - 1)
}

/// Sets what is at most `by` blocks older than a set bit.
fn dilate(bits: u128, by: u32) -> u128 {
    (1..=by).fold(bits, |sum, shift| sum | bits << shift)
}

/// Keeps what has `by` set bits right before it in time.
fn erode(bits: u128, by: u32) -> u128 {
    (1..=by).fold(bits, |kept, shift| kept & bits >> shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The stretches of a sequence written in the order of time, `#` for a set bit.
    fn stretches(blocks: &str) -> String {
        let mut history = History::default();
        blocks.chars().for_each(|block| history.push(block == '#'));
        let bits = history.stretches();
        (0..blocks.len())
            .rev()
            .map(|age| if bits >> age & 1 == 1 { '#' } else { '.' })
            .collect()
    }

    #[test]
    fn short_runs_are_noise() {
        assert_eq!(stretches("...#....##....###..."), "....................");
    }

    #[test]
    fn four_blocks_are_a_stretch_even_when_they_are_the_newest() {
        assert_eq!(stretches("...####..."), "...####...");
        assert_eq!(stretches("......####"), "......####");
        assert_eq!(stretches("......###"), ".........");
    }

    #[test]
    fn gaps_between_pitch_periods_are_closed_but_not_longer_ones() {
        assert_eq!(stretches("..#..#..#.."), "..#######..");
        assert_eq!(stretches("..####...####.."), "..####...####..");
    }

    #[test]
    fn a_full_history_stays_full_but_for_its_oldest_blocks() {
        assert_eq!(History(u128::MAX).stretches() & newest(120), newest(120));
        assert_eq!(newest(128), u128::MAX);
        assert_eq!(newest(0), 0);
    }
}
