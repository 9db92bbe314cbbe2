//! Loudness of a stretch of audio: RMS and peak in dBFS, and clipping.

use crate::SampleRate;

/// Lowest level that is reported, in dBFS; digital silence reads as this instead of −∞.
///
/// One step of a 16-bit sample is −90.3 dBFS, so nothing real lies below.
pub const SILENCE_DBFS: f32 = -100.0;

/// The magnitude of a sample from which on it can be heard: −50 dBFS.
///
/// Speech is said to be heard from its first such sample on. What encoders and synthesizers leave in a silence (dither,
/// ringing) stays some 20 dB below; the quietest consonant that begins a word at a usual level (−20 dBFS) rises above it
/// within a few milliseconds.
pub const AUDIBLE: u16 = 104;

/// The position of the first sample that can be heard; `None` when none can.
pub fn first_audible(samples: impl IntoIterator<Item = i16>) -> Option<usize> {
    samples
        .into_iter()
        .position(|sample| sample.unsigned_abs() >= AUDIBLE)
}

/// An amplitude (0 to 1, where 1 is full scale) in dBFS, at least [`SILENCE_DBFS`].
///
/// ```
/// assert_eq!(viva_audio::level::amplitude_dbfs(0.1), -20.0);
/// assert_eq!(viva_audio::level::amplitude_dbfs(0.0), -100.0);
/// ```
pub fn amplitude_dbfs(amplitude: f64) -> f32 {
    dbfs(amplitude * amplitude)
}

const FULL_SCALE: f64 = 32_768.0;

/// Samples at full scale in a row that count as clipping.
///
/// A single one may be an honest peak; converters that run out of range hold the rail.
const CLIPPED_RUN: u32 = 3;

/// The level of one window of samples.
///
/// dBFS as the plain ratio to full scale: a square wave at full scale has 0 dBFS RMS, a sine −3.01 dBFS.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Level {
    /// Root mean square in dBFS, at least [`SILENCE_DBFS`].
    pub rms_dbfs: f32,
    /// Highest magnitude in dBFS, at least [`SILENCE_DBFS`].
    pub peak_dbfs: f32,
    /// Whether the signal hit a rail for three samples or more in a row.
    pub clipped: bool,
}

impl Level {
    /// The level of nothing.
    pub const SILENT: Self = Self {
        rms_dbfs: SILENCE_DBFS,
        peak_dbfs: SILENCE_DBFS,
        clipped: false,
    };

    /// Measures `samples` as one window.
    pub fn of(samples: &[i16]) -> Self {
        let mut window = Window::default();
        for sample in samples {
            window.add(*sample);
        }
        window.level()
    }
}

/// The RMS of the loudest 4 ms of `samples`, in dBFS, at least [`SILENCE_DBFS`].
pub fn loudest_dbfs(samples: &[i16], rate: SampleRate) -> f32 {
    let window = usize::try_from(rate.samples_in_ms(4)).unwrap_or(usize::MAX);
    let levels = samples.chunks(window).map(|part| Level::of(part).rms_dbfs);
    levels.fold(SILENCE_DBFS, f32::max)
}

/// Cuts a stream into windows of equal length and measures each.
///
/// ```
/// use viva_audio::LevelMeter;
/// let mut meter = LevelMeter::new(480); // 20 ms at 24 kHz
/// let mut levels = Vec::new();
/// meter.push(&[16_384; 960], &mut levels);
/// assert_eq!(levels.len(), 2);
/// assert!((levels[0].rms_dbfs + 6.02).abs() < 0.01);
/// ```
#[derive(Debug, Clone)]
pub struct LevelMeter {
    window_len: u32,
    window: Window,
}

impl LevelMeter {
    /// Measures windows of `window_len` samples (at least one).
    pub fn new(window_len: u32) -> Self {
        Self {
            window_len: window_len.max(1),
            window: Window::default(),
        }
    }

    /// Takes samples and appends the level of each window that they complete.
    pub fn push(&mut self, samples: &[i16], levels: &mut Vec<Level>) {
        for sample in samples {
            self.window.add(*sample);
            if self.window.len == self.window_len {
                levels.push(self.window.level());
                self.window = self.window.successor();
            }
        }
    }

    /// The level of the window that is not complete yet.
    pub fn current(&self) -> Level {
        self.window.level()
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Window {
    len: u32,
    energy: u64,
    peak: u16,
    rail_run: u32,
    clipped: bool,
}

impl Window {
    fn add(&mut self, sample: i16) {
        let magnitude = sample.unsigned_abs();
        self.len += 1;
        self.energy += u64::from(magnitude) * u64::from(magnitude);
        self.peak = self.peak.max(magnitude);
        self.rail_run = if sample == i16::MAX || sample == i16::MIN {
            self.rail_run + 1
        } else {
            0
        };
        self.clipped |= self.rail_run >= CLIPPED_RUN;
    }

    /// The next window, empty; a run at the rail goes on across the border.
    fn successor(self) -> Self {
        Self {
            rail_run: self.rail_run,
            ..Self::default()
        }
    }

    fn level(self) -> Level {
        if self.len == 0 {
            return Level::SILENT;
        }
        #[expect(clippy::cast_precision_loss, reason = "a level does not need 53 bits")]
        let mean_square = self.energy as f64 / f64::from(self.len);
        Level {
            rms_dbfs: dbfs(mean_square / (FULL_SCALE * FULL_SCALE)),
            peak_dbfs: amplitude_dbfs(f64::from(self.peak) / FULL_SCALE),
            clipped: self.clipped,
        }
    }
}

/// Converts a squared amplitude (0 to 1) to dBFS.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a level fits f32 with room to spare"
)]
fn dbfs(square: f64) -> f32 {
    (10.0 * square.log10()).max(f64::from(SILENCE_DBFS)) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn audible_is_what_it_says() {
        let at = |sample: u16| Level::of(&[i16::try_from(sample).unwrap()]).peak_dbfs;
        assert!(at(AUDIBLE) > -50.0 && at(AUDIBLE - 1) < -50.0);
    }

    #[test]
    fn the_first_sample_that_can_be_heard_is_found() {
        assert_eq!(first_audible([]), None);
        assert_eq!(first_audible([0, 103, -103]), None);
        assert_eq!(first_audible([0, -104, 104]), Some(1));
        assert_eq!(first_audible([i16::MIN]), Some(0));
    }

    #[test]
    fn silence_reads_as_the_lowest_level() {
        assert_eq!(Level::of(&[0; 100]), Level::SILENT);
        assert_eq!(Level::of(&[]), Level::SILENT);
    }

    #[test]
    fn a_full_scale_sine_has_minus_three_dbfs_rms_and_zero_peak() {
        let sine: Vec<i16> = (0..480_u16)
            .map(|n| crate::pcm::from_f32((f32::from(n) / 48.0 * std::f32::consts::TAU).sin()))
            .collect();
        let level = Level::of(&sine);
        assert!((level.rms_dbfs + 3.01).abs() < 0.01, "{level:?}");
        assert!(level.peak_dbfs.abs() < 0.01, "{level:?}");
    }

    #[test]
    fn three_samples_at_the_rail_are_clipping_but_two_are_not() {
        assert!(!Level::of(&[0, 32767, 32767, 0, 32767, 0]).clipped);
        assert!(Level::of(&[0, -32768, -32768, -32768, 0]).clipped);
    }

    #[test]
    fn clipping_across_a_window_border_is_seen() {
        let mut meter = LevelMeter::new(4);
        let mut levels = Vec::new();
        meter.push(&[0, 0, 32767, 32767, 32767, 0, 0, 0, 0, 0, 0, 0], &mut levels);
        let clipped: Vec<bool> = levels.iter().map(|level| level.clipped).collect();
        assert_eq!(clipped, [false, true, false]);
    }

    #[test]
    fn the_open_window_can_be_read() {
        let mut meter = LevelMeter::new(100);
        assert_eq!(meter.current(), Level::SILENT);
        meter.push(&[32767; 10], &mut Vec::new());
        assert!(meter.current().rms_dbfs > -0.01);
    }

    proptest! {
        #[test]
        fn chunking_does_not_change_the_levels(
            samples in prop::collection::vec(any::<i16>(), 0..600), window in 1..50_u32, chunk in 1..70_usize,
        ) {
            let (mut whole, mut parts) = (Vec::new(), Vec::new());
            LevelMeter::new(window).push(&samples, &mut whole);
            let mut meter = LevelMeter::new(window);
            for part in samples.chunks(chunk) {
                meter.push(part, &mut parts);
            }
            prop_assert_eq!(whole, parts);
        }

        #[test]
        fn rms_never_exceeds_the_peak(samples in prop::collection::vec(any::<i16>(), 1..200)) {
            let level = Level::of(&samples);
            prop_assert!(level.rms_dbfs <= level.peak_dbfs + 0.001);
        }
    }

    #[test]
    fn the_loudest_four_milliseconds_are_found() {
        let rate = SampleRate::HZ_16K;
        let mut samples = vec![0; 320];
        samples[64..128].fill(16_384);
        assert!((loudest_dbfs(&samples, rate) + 6.02).abs() < 0.01);
        assert!((loudest_dbfs(&[], rate) - SILENCE_DBFS).abs() < f32::EPSILON);
    }
}
