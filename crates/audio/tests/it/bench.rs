use viva_audio::{Clip, SampleRate};

/// Of every fixture.
pub(crate) const RATE: SampleRate = SampleRate::HZ_24K;

pub(crate) fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR")))
        .expect("the fixture exists")
}

pub(crate) fn clip(name: &str) -> Clip {
    let clip = Clip::read(fixture(&format!("{name}.wav")).as_slice()).expect("the fixture is a WAV file");
    assert_eq!(clip.rate, RATE);
    clip
}

/// Samples of so many ms.
pub(crate) fn ms(count: usize) -> usize {
    count * 24
}

/// What the microphone hears of what is played: so many samples later, and quieter by so many dB.
pub(crate) fn echo(played: &[i16], delay: usize, decibels: f64) -> Vec<i16> {
    let gain = 10_f64.powf(-decibels / 20.0);
    let quieter = |sample: &i16| pcm(f64::from(*sample) * gain);
    let late = std::iter::repeat_n(0, delay);
    late.chain(played.iter().map(quieter)).collect()
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "it is clamped to the range of a sample"
)]
pub(crate) fn pcm(value: f64) -> i16 {
    value.clamp(-32_768.0, 32_767.0).round() as i16
}

/// Adds `voice` to `ground` from a sample on.
pub(crate) fn mixed(ground: &[i16], voice: &[i16], from: usize) -> Vec<i16> {
    let mut sum = ground.to_vec();
    sum.resize(ground.len().max(from + voice.len()), 0);
    for (sample, more) in sum[from..].iter_mut().zip(voice) {
        *sample = sample.saturating_add(*more);
    }
    sum
}
