//! Voice activity per frame: the neural score beside the level. The only file that imports `earshot`.

use crate::level::Level;

/// Samples that one score covers: 16 ms at 16 kHz, fixed by the model.
pub const FRAME_LEN: usize = 256;

/// What the detector says about one frame of 16 ms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VadFrame {
    /// Probability of speech, 0 to 1. It lags: a syllable needs one to three frames to raise it,
    /// and it may stay between 0.2 and 0.5 for two seconds after one.
    pub score: f32,
    /// RMS of the frame in dBFS.
    pub dbfs: f32,
    /// Whether the score reached the threshold.
    pub voiced: bool,
}

/// Scores a 16 kHz mono stream in frames of [`FRAME_LEN`] samples.
///
/// For turns use [`crate::Endpointer`], which takes any rate, adds hysteresis and looks at the level.
pub struct Vad {
    model: Model,
    threshold: f32,
    pending: Vec<i16>,
}

impl Vad {
    /// Calls frames voiced whose score reaches `threshold`.
    pub fn new(threshold: f32) -> Self {
        Self {
            model: Model::new(),
            threshold,
            pending: Vec::with_capacity(FRAME_LEN),
        }
    }

    /// Takes 16 kHz samples and appends a verdict for each frame that they complete.
    pub fn push(&mut self, samples: &[i16], frames: &mut Vec<VadFrame>) {
        for sample in samples {
            self.pending.push(*sample);
            if let Ok(frame) = <&[i16; FRAME_LEN]>::try_from(self.pending.as_slice()) {
                let score = self.model.score(frame);
                let dbfs = Level::of(frame).rms_dbfs;
                frames.push(VadFrame {
                    score,
                    dbfs,
                    voiced: score >= self.threshold,
                });
                self.pending.clear();
            }
        }
    }
}

impl std::fmt::Debug for Vad {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vad")
            .field("threshold", &self.threshold)
            .finish_non_exhaustive()
    }
}

/// The neural network with its state of 8 KiB, on the heap.
pub(crate) struct Model(Box<earshot::Detector>);

impl Model {
    pub(crate) fn new() -> Self {
        Self(earshot::Detector::default_boxed())
    }

    /// Scores the next frame of the stream.
    pub(crate) fn score(&mut self, frame: &[i16; FRAME_LEN]) -> f32 {
        self.0.predict_i16(frame)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_judged_when_its_last_sample_comes() {
        let mut vad = Vad::new(0.5);
        let mut frames = Vec::new();
        vad.push(&[0; FRAME_LEN - 1], &mut frames);
        assert!(frames.is_empty());
        vad.push(&[0; FRAME_LEN + 1], &mut frames);
        assert_eq!(frames.len(), 2);
        assert!(
            frames.iter().all(|frame| !frame.voiced && frame.dbfs <= -99.0),
            "{frames:?}"
        );
    }

    #[test]
    fn portions_do_not_matter() {
        let samples: Vec<i16> = (0..4_000_i16).map(|n| n.wrapping_mul(7_919)).collect();
        let (mut whole, mut parts) = (Vec::new(), Vec::new());
        Vad::new(0.3).push(&samples, &mut whole);
        let mut vad = Vad::new(0.3);
        for part in samples.chunks(37) {
            vad.push(part, &mut parts);
        }
        assert_eq!(whole, parts);
        assert_eq!(whole.len(), 15);
    }

    #[test]
    fn the_threshold_decides_what_is_voiced() {
        let samples: Vec<i16> = (0..8_000_i16).map(|n| n.wrapping_mul(7_919)).collect();
        for threshold in [0.0, 0.3, 1.1] {
            let mut frames = Vec::new();
            Vad::new(threshold).push(&samples, &mut frames);
            assert!(
                frames
                    .iter()
                    .all(|frame| frame.voiced == (frame.score >= threshold))
            );
        }
    }
}
