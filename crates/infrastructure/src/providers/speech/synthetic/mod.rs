//! The built-in voice: speech-like sound for machines without a synthesizer. Nobody understands it, but it has the
//! syllables, formants, melody, pauses and loudness of speech, so that everything that listens, measures or records is
//! exercised the same way. The same text always gives the same samples.

mod phones;
mod source;

use self::phones::{Phone, phones};
use self::source::{Formant, Glottis, Noise};

/// Length of a frame in samples: 5 ms at 24 kHz.
pub const FRAME: usize = 120;

/// Centre of the pitch range in Hz.
const PITCH_HZ: f32 = 128.0;
/// Share of the distance to its target that a parameter covers in a frame: about 12 ms to settle, as a tongue does.
const GLIDE: f32 = 0.4;
/// Frames of silence that let the last sound die away.
const RELEASE_FRAMES: usize = 8;
/// How loud the second and third formant are beside the first. The signs alternate so that the valleys between the
/// formants are not filled (Klatt, "Software for a cascade/parallel formant synthesizer", 1980).
const FORMANT_GAINS: [f32; 3] = [1.0, -0.55, 0.3];
/// Bandwidths of the formants in Hz.
const FORMANT_WIDTHS: [f32; 3] = [80.0, 110.0, 160.0];
/// Bandwidth of consonant noise in Hz.
const NOISE_WIDTH: f32 = 1_400.0;
/// Brings the voice to about −20 dBFS RMS.
const LOUDNESS: f32 = 0.85;

/// Speaks a text, frame by frame: PCM16 mono at 24 kHz. Without anything to pronounce there are no frames.
#[derive(Debug)]
pub struct SyntheticVoice {
    phones: std::vec::IntoIter<Phone>,
    phone: Option<Phone>,
    /// Frames of the current phone that were spoken.
    spoken: u16,
    released: usize,
    articulation: Articulation,
}

/// What the mouth does at this moment; glides towards the targets of the phones.
#[derive(Debug)]
struct Articulation {
    formants: [f32; 3],
    voice: f32,
    noise: f32,
    noise_hz: f32,
    pitch: f32,
    glottis: Glottis,
    breath: Noise,
    resonators: [Formant; 3],
    hiss: Formant,
}

impl SyntheticVoice {
    /// Prepares to speak `text`, of any script.
    pub fn new(text: &str) -> Self {
        let mut phones = phones(text).into_iter();
        let phone = phones.next();
        Self {
            articulation: Articulation::towards(phone.as_ref()),
            phones,
            phone,
            spoken: 0,
            released: 0,
        }
    }
}

impl Iterator for SyntheticVoice {
    type Item = [i16; FRAME];

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(phone) = self.phone {
            let progress = f32::from(self.spoken) / f32::from(phone.frames);
            let frame = self.articulation.frame(&phone, progress);
            self.spoken += 1;
            if self.spoken >= phone.frames {
                self.phone = self.phones.next();
                self.spoken = 0;
                // A text without phones never gets here, so there is something to release exactly once.
                self.released = if self.phone.is_none() { RELEASE_FRAMES } else { 0 };
            }
            return Some(frame);
        }
        self.released = self.released.checked_sub(1)?;
        let mut frame = self.articulation.frame(&Phone::SILENCE, 0.0);
        if self.released == 0 {
            fade_out(&mut frame);
        }
        Some(frame)
    }
}

/// The whole text at once; see [`SyntheticVoice`].
pub fn synthesize(text: &str) -> Vec<i16> {
    SyntheticVoice::new(text).flatten().collect()
}

impl Articulation {
    /// The mouth in position for the first phone, still silent.
    fn towards(phone: Option<&Phone>) -> Self {
        let phone = phone.unwrap_or(&Phone::SILENCE);
        Self {
            formants: phone.formants,
            voice: 0.0,
            noise: 0.0,
            noise_hz: phone.noise_hz,
            pitch: phone.pitch[0],
            glottis: Glottis::default(),
            breath: Noise::default(),
            resonators: Default::default(),
            hiss: Formant::default(),
        }
    }

    fn frame(&mut self, target: &Phone, progress: f32) -> [i16; FRAME] {
        let (voice_before, noise_before) = (self.voice, self.noise);
        self.glide(target, progress);
        for ((resonator, hz), width) in self.resonators.iter_mut().zip(self.formants).zip(FORMANT_WIDTHS) {
            resonator.tune(hz, width);
        }
        self.hiss.tune(self.noise_hz, NOISE_WIDTH);
        let mut frame = [0; FRAME];
        for (n, sample) in frame.iter_mut().enumerate() {
            let share = n as f32 / FRAME as f32;
            let between = |before: f32, after: f32| before + (after - before) * share;
            let breath = self.breath.next_sample();
            // A little breath in the voice keeps the upper formants from sounding like an organ.
            let source = self.glottis.next_sample(PITCH_HZ * self.pitch) + 0.02 * breath;
            let voiced: f32 = self
                .resonators
                .iter_mut()
                .zip(FORMANT_GAINS)
                .map(|(resonator, gain)| gain * resonator.filter(source))
                .sum();
            let hiss = self.hiss.filter(breath);
            let sound = between(voice_before, self.voice) * voiced + between(noise_before, self.noise) * hiss;
            *sample = viva_audio::pcm::from_f32(limit(LOUDNESS * sound));
        }
        frame
    }

    fn glide(&mut self, target: &Phone, progress: f32) {
        let approach = |value: &mut f32, goal: f32| *value += (goal - *value) * GLIDE;
        // Silence has no shape of its own: the mouth keeps the last one.
        if target.voice > 0.0 {
            for (formant, goal) in self.formants.iter_mut().zip(target.formants) {
                approach(formant, goal);
            }
            approach(
                &mut self.pitch,
                target.pitch[0] + (target.pitch[1] - target.pitch[0]) * progress,
            );
        }
        if target.noise > 0.0 {
            self.noise_hz = target.noise_hz;
        }
        approach(&mut self.voice, target.voice);
        approach(&mut self.noise, target.noise);
    }
}

/// Bends what would clip, below ±0.9.
fn limit(sample: f32) -> f32 {
    0.9 * (sample / 0.9).tanh()
}

fn fade_out(frame: &mut [i16; FRAME]) {
    for (n, sample) in frame.iter_mut().enumerate() {
        let left = (FRAME - 1 - n) as f32 / FRAME as f32;
        *sample = viva_audio::pcm::from_f32(viva_audio::pcm::to_f32(*sample) * left);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use viva_audio::{Level, SampleRate, Vad, resample};

    use super::*;

    const ENGLISH: &str =
        "Try to interrupt me: just start to talk while I speak, and I stop at once. Can you hear me?";
    const CHINESE: &str = "你可以隨時打斷我，只要在我說話的時候開口，我就會馬上停下來。";

    fn seconds(samples: &[i16]) -> f64 {
        samples.len() as f64 / 24_000.0
    }

    #[test]
    fn the_same_text_gives_the_same_samples() {
        assert_eq!(synthesize(ENGLISH), synthesize(ENGLISH));
        assert_ne!(synthesize("one two three"), synthesize("three two one"));
    }

    #[test]
    fn frames_add_up_to_the_whole() {
        let streamed: Vec<i16> = SyntheticVoice::new(CHINESE).flatten().collect();
        assert_eq!(streamed, synthesize(CHINESE));
        assert_eq!(streamed.len() % FRAME, 0);
    }

    #[test]
    fn it_speaks_at_the_pace_of_a_person() {
        let per_minute = 18.0 * 60.0 / seconds(&synthesize(ENGLISH));
        assert!(
            (130.0..=175.0).contains(&per_minute),
            "{per_minute:.0} words per minute"
        );
        let per_second = 27.0 / seconds(&synthesize(CHINESE));
        assert!(
            (4.0..=5.0).contains(&per_second),
            "{per_second:.1} characters per second"
        );
    }

    #[test]
    fn it_is_as_loud_as_speech_and_does_not_clip() {
        for text in [
            ENGLISH,
            CHINESE,
            "ああ、そうですか。",
            "안녕하세요, 반갑습니다.",
            "Привет, мир!",
        ] {
            let level = Level::of(&synthesize(text));
            assert!((-24.0..=-17.0).contains(&level.rms_dbfs), "{text}: {level:?}");
            assert!(level.peak_dbfs < -0.9 && !level.clipped, "{text}: {level:?}");
        }
    }

    #[test]
    fn it_passes_as_speech() {
        for text in [ENGLISH, CHINESE] {
            let samples = resample(&synthesize(text), SampleRate::HZ_24K, SampleRate::HZ_16K);
            let mut frames = Vec::new();
            Vad::new(0.5).push(&samples, &mut frames);
            let voiced = frames.iter().filter(|frame| frame.voiced).count();
            assert!(
                voiced * 2 > frames.len(),
                "{text}: {voiced} of {} frames are voiced",
                frames.len()
            );
        }
    }

    #[test]
    fn it_pauses_at_punctuation() {
        let longest_pause = |text: &str| {
            synthesize(text)
                .split(|sample| sample.unsigned_abs() > 100)
                .map(<[i16]>::len)
                .max()
                .unwrap()
        };
        assert!(longest_pause("mama. mama") > longest_pause("mama, mama"));
        assert!(longest_pause("mama, mama") > longest_pause("mama mama") + 24 * 100);
    }

    #[test]
    fn nothing_to_pronounce_is_no_sound() {
        for text in ["", "  \n", "…!?", "\u{0}\u{7}"] {
            assert_eq!(synthesize(text), Vec::<i16>::new(), "{text:?}");
        }
    }

    #[test]
    fn more_text_takes_longer() {
        let mut text = String::new();
        let mut last = 0;
        for word in ENGLISH.split_inclusive(' ') {
            text.push_str(word);
            let len = synthesize(&text).len();
            assert!(len > last, "{text}");
            last = len;
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_text_begins_and_ends_without_a_click(text in "\\PC{0,20}") {
            let samples = synthesize(&text);
            if let (Some(first), Some(last)) = (samples.first(), samples.last()) {
                prop_assert!(first.unsigned_abs() < 100 && last.unsigned_abs() < 10);
            }
            prop_assert!(!Level::of(&samples).clipped);
        }
    }
}
