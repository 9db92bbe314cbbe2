//! Which blocks of 4 ms stand out from the noise.

/// Samples per block: 4 ms at 16 kHz, a quarter of a neural frame, about one pitch period of a high voice.
pub(super) const BLOCK_LEN: usize = 64;

/// Levels below this are never speech: about two steps of a 16-bit sample.
const INAUDIBLE_DB: f32 = -84.0;

/// How far a block must rise above the noise floor.
const ABOVE_FLOOR_DB: f32 = 7.0;

/// How far below the loudest recent speech a block may lie and still be speech.
const BELOW_SPEECH_DB: f32 = 38.0;

/// Blocks over which the level is smoothed before its minimum is taken: 32 ms.
const SMOOTHING: f32 = 8.0;

/// The floor is the minimum over this many buckets of this many blocks: 4 × 0.5 s.
const BUCKETS: usize = 4;
const BUCKET_BLOCKS: u32 = 125;

/// How fast the memory of the loudest speech fades, per block: 6 dB/s.
const PEAK_DECAY_DB: f32 = 0.024;

/// Measures blocks against a noise floor that adapts.
#[derive(Debug, Clone)]
pub(super) struct Loudness {
    previous: f32,
    smoothed: f32,
    minima: [f32; BUCKETS],
    blocks_in_bucket: u32,
    speech_peak_db: f32,
}

impl Loudness {
    pub(super) fn new() -> Self {
        Self {
            previous: 0.0,
            smoothed: -1.0,
            minima: [f32::INFINITY; BUCKETS],
            blocks_in_bucket: 0,
            speech_peak_db: f32::NEG_INFINITY,
        }
    }

    /// Says whether the next block of the stream stands out.
    ///
    /// `speech` tells that the neural score is high: then the floor may fall but not rise,
    /// or a long vowel would become the floor.
    pub(super) fn is_loud(&mut self, block: &[i16], speech: bool) -> bool {
        let energy = self.energy(block);
        self.smoothed = if self.smoothed < 0.0 {
            energy
        } else {
            self.smoothed + (energy - self.smoothed) / SMOOTHING
        };
        let (db, smoothed_db) = (decibels(energy), decibels(self.smoothed));
        self.minima[0] = self.minima[0].min(smoothed_db);
        if !speech {
            self.blocks_in_bucket += 1;
            if self.blocks_in_bucket == BUCKET_BLOCKS {
                self.minima.rotate_right(1);
                self.minima[0] = smoothed_db;
                self.blocks_in_bucket = 0;
            }
        }
        let floor = self.minima.iter().copied().fold(f32::INFINITY, f32::min);
        self.speech_peak_db -= PEAK_DECAY_DB;
        if speech {
            self.speech_peak_db = self.speech_peak_db.max(db);
        }
        db > (floor + ABOVE_FLOOR_DB)
            .max(INAUDIBLE_DB)
            .max(self.speech_peak_db - BELOW_SPEECH_DB)
    }

    /// Mean square of the block, low frequencies removed.
    fn energy(&mut self, block: &[i16]) -> f32 {
        let mut sum = 0.0;
        for sample in block {
            let sample = f32::from(*sample) / 32_768.0;
            let high = sample - 0.9 * self.previous;
            self.previous = sample;
            sum += high * high;
        }
        #[expect(clippy::cast_precision_loss, reason = "a block is short")]
        let len = block.len().max(1) as f32;
        sum / len
    }
}

fn decibels(energy: f32) -> f32 {
    10.0 * energy.max(1e-12).log10()
}
