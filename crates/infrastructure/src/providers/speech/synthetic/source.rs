//! What makes sound (the vocal cords, breath) and what shapes it (resonators).

use std::f32::consts::{PI, TAU};

const RATE_HZ: f32 = 24_000.0;

/// Part of a period in which the vocal cords open, and until which they close.
const OPENING: f32 = 0.4;
const CLOSING: f32 = 0.56;

/// The vocal cords: the change of the air flow through them (Rosenberg, "Effect of glottal pulse shape on the quality of
/// natural vowels", 1971, pulse C).
#[derive(Debug, Default)]
pub(super) struct Glottis {
    /// Position in the period, 0 to 1.
    phase: f32,
    flow: f32,
}

impl Glottis {
    /// The next sample at a pitch of `hz`; strong at the instant of closure, about as loud at every pitch.
    pub(super) fn next_sample(&mut self, hz: f32) -> f32 {
        self.phase = (self.phase + hz / RATE_HZ).fract();
        let flow = if self.phase < OPENING {
            0.5 * (1.0 - (PI * self.phase / OPENING).cos())
        } else if self.phase < CLOSING {
            (0.5 * PI * (self.phase - OPENING) / (CLOSING - OPENING)).cos()
        } else {
            0.0
        };
        let change = flow - self.flow;
        self.flow = flow;
        change * RATE_HZ / (hz * TAU)
    }
}

/// White noise in [−1, 1), the same every time (xorshift; Marsaglia, "Xorshift RNGs", 2003).
#[derive(Debug)]
pub(super) struct Noise(u32);

impl Default for Noise {
    fn default() -> Self {
        Self(0x2545_F491)
    }
}

impl Noise {
    pub(super) fn next_sample(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        // The upper 16 bits, which a float holds exactly.
        let [.., low, high] = self.0.to_le_bytes();
        f32::from(i16::from_le_bytes([low, high])) / 32_768.0
    }
}

/// A resonance of the mouth: a two-pole band pass with a gain of one at its centre.
#[derive(Debug, Default)]
pub(super) struct Formant {
    gain: f32,
    feedback: [f32; 2],
    input: [f32; 2],
    output: [f32; 2],
}

impl Formant {
    /// Moves the centre to `hz`, with a bandwidth of `width` Hz; what rings inside goes on.
    pub(super) fn tune(&mut self, hz: f32, width: f32) {
        let radius = (-PI * width / RATE_HZ).exp();
        self.gain = 0.5 * (1.0 - radius * radius);
        self.feedback = [2.0 * radius * (TAU * hz / RATE_HZ).cos(), -radius * radius];
    }

    pub(super) fn filter(&mut self, sample: f32) -> f32 {
        let out = self.gain * (sample - self.input[1])
            + self.feedback[0] * self.output[0]
            + self.feedback[1] * self.output[1];
        self.input = [sample, self.input[0]];
        self.output = [out, self.output[0]];
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_centred_and_fills_its_range() {
        let mut noise = Noise::default();
        let samples: Vec<f32> = (0..24_000).map(|_| noise.next_sample()).collect();
        assert!((samples.iter().sum::<f32>() / 24_000.0).abs() < 0.02);
        assert!(samples.iter().any(|sample| *sample > 0.99));
        assert!(samples.iter().any(|sample| *sample < -0.99));
    }

    #[test]
    fn a_formant_passes_its_centre_and_damps_the_rest() {
        let peak_at = |hz: f32| {
            let mut formant = Formant::default();
            formant.tune(1_000.0, 80.0);
            (0..4_800_u16)
                .map(|n| formant.filter((TAU * hz * f32::from(n) / RATE_HZ).sin()))
                .skip(2_400)
                .fold(0.0, f32::max)
        };
        assert!((peak_at(1_000.0) - 1.0).abs() < 0.02, "{}", peak_at(1_000.0));
        assert!(peak_at(500.0) < 0.1 && peak_at(2_000.0) < 0.1);
    }

    #[test]
    fn the_vocal_cords_keep_the_pitch() {
        let mut glottis = Glottis::default();
        let closures = (0..24_000)
            .map(|_| glottis.next_sample(120.0))
            .collect::<Vec<f32>>()
            .windows(2)
            .filter(|pair| pair[0] < 0.0 && pair[1] == 0.0)
            .count();
        assert!((119..=121).contains(&closures), "{closures}");
    }
}
