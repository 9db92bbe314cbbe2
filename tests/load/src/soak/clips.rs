use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use rand::Rng;
use rand::seq::IndexedRandom as _;
use viva_audio::{Clip, SampleRate};

use super::plan::RATES;

/// The quietest speech is this much quieter than the loudest: 30 dB.
const SPEECH_RANGE: u16 = 32;

/// What callers say, at the rate of every microphone, without silence around it.
#[derive(Debug)]
pub(super) struct Clips(Vec<(SampleRate, Vec<Arc<[i16]>>)>);

impl Clips {
    pub(super) async fn read(files: &[PathBuf]) -> Result<Self> {
        let mut clips = Vec::new();
        for file in files {
            let name = || file.display().to_string();
            let bytes = tokio::fs::read(file).await.with_context(name)?;
            clips.push(Clip::read(bytes.as_slice()).with_context(name)?);
        }
        Self::new(&clips)
    }

    fn new(clips: &[Clip]) -> Result<Self> {
        let at = |rate: SampleRate| {
            let said = clips.iter().map(|clip| trimmed(&clip.resampled(rate).samples));
            (rate, said.filter(|said| !said.is_empty()).collect::<Vec<_>>())
        };
        let rates: Vec<_> = RATES.into_iter().map(at).collect();
        ensure!(
            rates.iter().all(|(_, said)| !said.is_empty()),
            "there is nothing to say: name recordings with --wav"
        );
        Ok(Self(rates))
    }

    /// Something to say.
    pub(super) fn choose(&self, rate: SampleRate, random: &mut impl Rng) -> Arc<[i16]> {
        let said = self.0.iter().find(|(of, _)| *of == rate);
        said.and_then(|(_, said)| said.choose(random))
            .cloned()
            .unwrap_or_default()
    }
}

/// From the first to the last sample that is loud enough for speech: the room goes on after it.
fn trimmed(samples: &[i16]) -> Arc<[i16]> {
    let loudest = samples.iter().map(|sample| sample.unsigned_abs()).max();
    let floor = loudest.unwrap_or_default() / SPEECH_RANGE;
    let is_speech = |sample: &i16| *sample != 0 && sample.unsigned_abs() >= floor;
    let first = samples.iter().position(is_speech);
    let last = samples.iter().rposition(is_speech);
    match first.zip(last) {
        Some((first, last)) => samples[first..=last].into(),
        None => Arc::default(),
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn silence_around_words_is_not_said() {
        let mut samples = vec![200; 300];
        samples.extend([9_000, 0, -9_000]);
        samples.extend([0; 500]);
        assert_eq!(trimmed(&samples)[..], [9_000, 0, -9_000]);
        assert!(trimmed(&[0; 100]).is_empty());
    }

    #[test]
    fn who_has_no_recording_is_told() {
        assert!(Clips::new(&[]).unwrap_err().to_string().contains("--wav"));
    }

    #[test]
    fn there_is_something_to_say_at_every_rate() {
        let clip = Clip {
            rate: SampleRate::HZ_8K,
            samples: vec![9_000; 800],
        };
        let clips = Clips::new(&[clip]).unwrap();
        let mut random = StdRng::seed_from_u64(1);
        for rate in RATES {
            assert!(!clips.choose(rate, &mut random).is_empty(), "{rate:?}");
        }
    }
}
