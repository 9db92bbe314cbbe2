//! Where sound begins and ends in a recording.

use std::ops::Range;
use std::time::Duration;

use viva_audio::SampleRate;
use viva_audio::level::AUDIBLE;

/// One channel of a recording.
pub struct Track {
    pub rate: SampleRate,
    pub samples: Vec<i16>,
}

impl Track {
    /// Stretches that can be heard, with pauses shorter than `pause` in them: the first audible sample of each, and the one after
    /// its last.
    pub fn sounds(&self, pause: Duration) -> Vec<Range<usize>> {
        let pause = usize::try_from(self.rate.samples_in(pause)).unwrap_or(usize::MAX);
        let mut sounds: Vec<Range<usize>> = Vec::new();
        for at in self.audible() {
            match sounds.last_mut() {
                Some(sound) if at - sound.end < pause => sound.end = at + 1,
                _ => sounds.push(at..at + 1),
            }
        }
        sounds
    }

    /// The sample after the last audible one within a stretch; `None` when it is silent.
    pub fn last_sound(&self, within: Range<usize>) -> Option<usize> {
        let within = within.start.min(self.samples.len())..within.end.min(self.samples.len());
        let last = self.samples[within.clone()]
            .iter()
            .rposition(|sample| is_audible(*sample))?;
        Some(within.start + last + 1)
    }

    /// What lies between two samples, in ms.
    pub fn ms(&self, from: usize, to: usize) -> f64 {
        (to as f64 - from as f64) * 1_000.0 / f64::from(self.rate.hz())
    }

    /// The sample so much later.
    pub fn after(&self, at: usize, time: Duration) -> usize {
        let samples = usize::try_from(self.rate.samples_in(time)).unwrap_or(usize::MAX);
        at.saturating_add(samples)
    }

    fn audible(&self) -> impl Iterator<Item = usize> {
        let samples = self.samples.iter().enumerate();
        samples
            .filter(|(_, sample)| is_audible(**sample))
            .map(|(at, _)| at)
    }
}

fn is_audible(sample: i16) -> bool {
    sample.unsigned_abs() >= AUDIBLE
}

#[test]
fn sounds_end_with_a_pause_that_is_long_enough() {
    let mut samples = vec![0; 24_000];
    samples[2_400..4_800].fill(1_000);
    samples[5_000..5_100].fill(-1_000);
    samples[12_000] = 200;
    samples[13_000] = 50;
    let track = Track {
        rate: SampleRate::HZ_24K,
        samples,
    };
    let pause = Duration::from_millis(100);
    assert_eq!(track.sounds(pause), [2_400..5_100, 12_000..12_001]);
    assert_eq!(track.last_sound(0..4_000), Some(4_000));
    assert_eq!(track.last_sound(6_000..99_000), Some(12_001));
    assert_eq!(track.last_sound(12_001..99_000), None);
    assert!((track.ms(2_400, 4_800) - 100.0).abs() < 1e-9);
    assert_eq!(track.after(10, pause), 2_410);
}
