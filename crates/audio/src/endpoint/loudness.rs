//! Which blocks of 4 ms stand out from the noise.
//!
//! The neural score says whether there is speech nearby, tens of milliseconds late; the level says where exactly.
//! Noise that would hide speech in the whole spectrum rarely hides it in a part of it, so the level is taken in
//! two bands, each against its own noise floor. All levels are mean squares, all margins power ratios.

/// Samples per block: 4 ms at 16 kHz, a quarter of a neural frame.
pub(super) const BLOCK_LEN: usize = 64;

/// Mean square below which nothing is speech: −84 dBFS, about two steps of a 16-bit sample.
const INAUDIBLE: f32 = 4e-9;

/// How far levels must exceed the noise floor.
struct Margins {
    /// For a single block.
    block: f32,
    /// For 16 ms, which vary less than one block when they are noise.
    window: f32,
    /// For the newest block of 16 ms that exceed theirs, else every end would come out 12 ms late.
    part: f32,
}

/// 7, 4 and 2.5 dB: noise passes now and then, which is harmless where the score is high anyway.
const FAINT: Margins = Margins {
    block: 5.2,
    window: 2.6,
    part: 1.8,
};

/// 9, 6 and 3 dB: steady noise does not pass in seconds.
const CLEAR: Margins = Margins {
    block: 8.0,
    window: 4.0,
    part: 2.0,
};

/// How a block stands out from the noise floor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    /// Not at all.
    None,
    /// By so little that noise might do it.
    Faint,
    /// By more than noise varies.
    Clear,
}

/// How far below the loudest recent speech a block may lie and still be speech: 38 dB. Below is reverberation.
const SPEECH_RANGE: f32 = 6_300.0;

/// How much the memory of the loudest speech keeps per block; it fades by 6 dB/s.
const PEAK_KEEP: f32 = 0.9945;

/// Measures blocks against a noise floor that adapts.
#[derive(Debug, Clone)]
pub(super) struct Loudness {
    filters: Filters,
    low: Band,
    high: Band,
    steadiness: Steadiness,
    speech_peak: f32,
}

impl Loudness {
    pub(super) fn new() -> Self {
        Self {
            filters: Filters::default(),
            low: Band::new(),
            high: Band::new(),
            steadiness: Steadiness::default(),
            speech_peak: 0.0,
        }
    }

    /// Says how the next block of the stream stands out.
    ///
    /// `speech` tells that the neural score is high.
    pub(super) fn standing(&mut self, block: &[i16], speech: bool) -> Standing {
        let (low, high) = self.filters.split(block);
        let standing = self
            .low
            .standing(low, speech)
            .max(self.high.standing(high, speech));
        let total = low + high;
        if self.steadiness.is_steady(self.low.window() + self.high.window()) {
            self.low.adopt_floor();
            self.high.adopt_floor();
        }
        self.speech_peak *= PEAK_KEEP;
        if speech {
            self.speech_peak = self.speech_peak.max(total);
        }
        if total > INAUDIBLE.max(self.speech_peak / SPEECH_RANGE) {
            standing
        } else {
            Standing::None
        }
    }
}

/// Blocks over which a band is averaged for its floor: 64 ms.
const FLOOR_SMOOTHING: f32 = 16.0;

/// The floor is the least average of the last four stretches of 400 ms.
///
/// Speech counts an eighth of its time, or a long vowel would become the floor; not nothing, or noise that the
/// detector takes for speech would never become the floor.
const STRETCH: u32 = 800;
const SPEECH_TIME: u32 = 1;
const OTHER_TIME: u32 = 8;

/// One band with its noise floor.
#[derive(Debug, Clone)]
struct Band {
    last: [f32; 4],
    average: Option<f32>,
    minima: [f32; 4],
    in_stretch: u32,
}

impl Band {
    fn new() -> Self {
        Self {
            last: [0.0; 4],
            average: None,
            minima: [f32::INFINITY; 4],
            in_stretch: 0,
        }
    }

    fn standing(&mut self, level: f32, speech: bool) -> Standing {
        self.last.rotate_right(1);
        self.last[0] = level;
        let floor = self.floor(level, speech);
        let window = self.window();
        let exceeds = |margins: &Margins| {
            level > floor * margins.block || (window > floor * margins.window && level > floor * margins.part)
        };
        if exceeds(&CLEAR) {
            Standing::Clear
        } else if exceeds(&FAINT) {
            Standing::Faint
        } else {
            Standing::None
        }
    }

    /// The level of the last 16 ms.
    fn window(&self) -> f32 {
        self.last.iter().sum::<f32>() / 4.0
    }

    /// Takes what sounds now for the noise.
    fn adopt_floor(&mut self) {
        self.minima = [self.average.unwrap_or(f32::INFINITY); 4];
    }

    fn floor(&mut self, level: f32, speech: bool) -> f32 {
        let average = self
            .average
            .map_or(level, |average| average + (level - average) / FLOOR_SMOOTHING);
        self.average = Some(average);
        self.minima[0] = self.minima[0].min(average);
        self.in_stretch += if speech { SPEECH_TIME } else { OTHER_TIME };
        if self.in_stretch >= STRETCH {
            self.minima.rotate_right(1);
            self.minima[0] = average;
            self.in_stretch = 0;
        }
        self.minima.iter().copied().fold(f32::INFINITY, f32::min)
    }
}

/// Blocks over which the level is watched for steadiness: 400 ms, longer than a syllable.
const STEADY_BLOCKS: u32 = 100;

/// Steady levels stay within this ratio, 6 dB. Fans and hisses do; syllables rise and fall by more.
const STEADY_RANGE: f32 = 4.0;

/// Finds noise by its even level, because the neural score takes some steady noises for speech for seconds,
/// above all those that begin after digital silence.
#[derive(Debug, Clone, Default)]
struct Steadiness {
    blocks: u32,
    least: f32,
    most: f32,
    was_steady: bool,
}

impl Steadiness {
    /// Takes the next level and says, once in 400 ms, whether the last 800 ms were steady.
    fn is_steady(&mut self, level: f32) -> bool {
        if self.blocks == 0 {
            (self.least, self.most) = (level, level);
        }
        self.least = self.least.min(level);
        self.most = self.most.max(level);
        self.blocks += 1;
        if self.blocks < STEADY_BLOCKS {
            return false;
        }
        self.blocks = 0;
        let is_steady = self.most < self.least * STEADY_RANGE;
        let was_steady = std::mem::replace(&mut self.was_steady, is_steady);
        is_steady && was_steady
    }
}

/// Splits at 1 kHz what lies above the rumble.
#[derive(Debug, Clone, Default)]
struct Filters {
    input: f32,
    once: f32,
    twice: f32,
    low: f32,
}

impl Filters {
    /// Feedback of the two high-pass filters of first order: 300 Hz at 16 kHz, above hum and rumble,
    /// whose level swings by itself; a voice has its overtones above.
    const HIGH_PASS: f32 = 0.895;
    /// Share of the low-pass filter of first order: 1 kHz at 16 kHz, between vowels and hisses.
    const LOW_PASS: f32 = 0.325;

    /// The mean squares of the block below and above 1 kHz.
    fn split(&mut self, block: &[i16]) -> (f32, f32) {
        let (mut low, mut high) = (0.0, 0.0);
        for sample in block {
            let input = f32::from(*sample) / 32_768.0;
            let once = Self::HIGH_PASS * (self.once + input - self.input);
            let twice = Self::HIGH_PASS * (self.twice + once - self.once);
            self.low += Self::LOW_PASS * (twice - self.low);
            (self.input, self.once, self.twice) = (input, once, twice);
            low += self.low * self.low;
            high += (twice - self.low) * (twice - self.low);
        }
        #[expect(clippy::cast_precision_loss, reason = "a block is short")]
        let len = block.len().max(1) as f32;
        (low / len, high / len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A block of noise with the given peak, different for every `seed`.
    fn noise(peak: i32, seed: u32) -> [i16; BLOCK_LEN] {
        let mut state = seed.wrapping_mul(2_654_435_761).max(1);
        std::array::from_fn(|_| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            let unit = i32::from(u16::try_from(state >> 16).unwrap()) - 32_768;
            i16::try_from(unit * peak / 32_768).unwrap()
        })
    }

    /// The number of blocks of noise, out of `count`, that stand out clearly.
    fn clear(loudness: &mut Loudness, peak: i32, count: u32, speech: bool) -> u32 {
        let is_clear = |seed: &u32| loudness.standing(&noise(peak, *seed), speech) == Standing::Clear;
        u32::try_from((1..=count).filter(is_clear).count()).unwrap()
    }

    #[test]
    fn steady_noise_does_not_stand_out_whatever_its_level() {
        for peak in [3, 100, 3_000, 30_000] {
            assert_eq!(clear(&mut Loudness::new(), peak, 2_000, false), 0, "peak {peak}");
        }
    }

    #[test]
    fn what_is_10_db_louder_than_the_noise_stands_out() {
        let mut loudness = Loudness::new();
        clear(&mut loudness, 100, 500, false);
        assert!(clear(&mut loudness, 320, 50, true) >= 48);
    }

    #[test]
    fn silence_never_stands_out() {
        let mut loudness = Loudness::new();
        assert_eq!(loudness.standing(&[0; BLOCK_LEN], true), Standing::None);
        assert_eq!(loudness.standing(&[1; BLOCK_LEN], true), Standing::None);
    }

    #[test]
    fn louder_noise_becomes_the_floor_within_two_seconds_even_when_it_scores_as_speech() {
        for speech in [false, true] {
            let mut loudness = Loudness::new();
            clear(&mut loudness, 30, 250, false);
            assert!(clear(&mut loudness, 3_000, 25, speech) > 20);
            clear(&mut loudness, 3_000, 475, speech);
            assert_eq!(clear(&mut loudness, 3_000, 250, speech), 0, "speech: {speech}");
        }
    }

    #[test]
    fn reverberation_far_below_the_speech_does_not_count() {
        let mut loudness = Loudness::new();
        clear(&mut loudness, 2, 250, false);
        clear(&mut loudness, 20_000, 50, true);
        // 46 dB below the speech, 34 dB above the floor.
        let tail = clear(&mut loudness, 100, 25, true);
        assert!(tail <= 1, "{tail} blocks, of which one is the filters' own tail");
    }
}
