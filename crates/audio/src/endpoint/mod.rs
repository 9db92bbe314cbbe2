//! Start and end of speech in a stream, to a few milliseconds.
//!
//! Three parts, because no single measure does:
//! - the neural score (`vad`, per 16 ms) tells speech from other sounds, but late: it needs 30 to 80 ms to rise,
//!   100 ms to fall, and hangs halfway for up to two seconds after some words;
//! - the level (`loudness`, per 4 ms) is sharp in time, but cannot tell a word from a cough;
//! - the hysteresis (`detector`) takes the score as a gate and the level as the edge. It starts a turn after
//!   enough voiced blocks, dates the start back to the first of them, and ends the turn when the last voiced
//!   block is long enough ago, whatever the score still says.
//!
//! While the AI is heard, two things keep it from interrupting itself: speech needs another score, and blocks count only
//! when they are louder than its echo can be (`echo`). Where speech began is sought among what is louder than its echo was.
//!
//! The network runs on every frame, silence too: its memory must see the pauses, and it is not the larger cost.
//! A second of audio takes 0.4 ms of a core at 16 kHz, 0.7 ms at 24 kHz and 1 to 1.5 ms at 44.1 and 48 kHz,
//! where resampling dominates.

mod detector;
mod echo;
mod history;
mod loudness;
mod settings;

use std::time::Duration;

pub use settings::{InvalidTurnDetection, TurnDetection};

use crate::vad::{FRAME_LEN, Model};
use crate::{Level, Resampler, SampleRate};
use detector::{Decision, Detector};
use echo::Echo;
use loudness::{BLOCK_LEN, Loudness, Standing};

/// Something that the endpointer decided. Positions count samples from the start of the stream, at its rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpeechEvent {
    /// Enough voiced audio was heard to call it speech.
    Started {
        /// The first sample of the first voiced stretch.
        first_voiced_sample: u64,
    },
    /// The silence after the last voiced sample is long enough to call the turn over.
    Ended {
        /// The last sample that was voiced.
        last_voiced_sample: u64,
    },
}

/// Finds where speech starts and ends in a mono stream of any supported rate.
///
/// [`SpeechEvent::Started`] comes with the push that completes `min_speech_ms` of voiced audio,
/// [`SpeechEvent::Ended`] with the one that completes `silence_ms` after the last voiced sample; both up to 10 ms
/// later for the resampler and the grid of 4 ms (16 ms at 44.1 kHz). How the stream is cut into pushes does not
/// change the positions.
///
/// Positions are good to about 4 ms in clean audio. In noise, speech softer than the noise is not found: 12 dB down
/// positions are mostly within 40 ms, but a soft end may be missed by 100 ms and a soft beginning by 300 ms.
///
/// ```
/// use viva_audio::{Endpointer, SampleRate, TurnDetection};
/// let mut endpointer = Endpointer::new(SampleRate::HZ_24K, TurnDetection::default());
/// let mut events = Vec::new();
/// endpointer.push(&[0; 480], &mut events);
/// assert!(events.is_empty() && !endpointer.is_speaking());
/// ```
pub struct Endpointer {
    rate: SampleRate,
    settings: TurnDetection,
    resampler: Resampler,
    resampled: Vec<i16>,
    /// How much of the resampler's delay is still to come. It is skipped, so that indices are aligned with the
    /// input and the silence in it is not taken for the noise floor.
    to_skip: usize,
    frame: Vec<i16>,
    model: Model,
    loudness: Loudness,
    detector: Detector,
    /// Finds what may become speech, where somebody wants to know.
    early: Option<Detector>,
    echo: Echo,
    /// Blocks taken.
    blocks: u64,
    position: u64,
}

impl Endpointer {
    /// Listens to a stream of `input_rate`. Settings outside their ranges are moved into them.
    pub fn new(input_rate: SampleRate, settings: TurnDetection) -> Self {
        let settings = settings.clamped();
        let resampler = Resampler::new(input_rate, SampleRate::HZ_16K);
        Self {
            rate: input_rate,
            settings,
            resampled: Vec::new(),
            to_skip: resampler.delay(),
            resampler,
            frame: Vec::with_capacity(FRAME_LEN),
            model: Model::new(),
            loudness: Loudness::new(),
            detector: Detector::new(settings),
            early: None,
            echo: Echo::default(),
            blocks: 0,
            position: 0,
        }
    }

    /// Also finds what may become speech, see [`Self::candidate`].
    #[must_use]
    pub fn with_candidates(mut self) -> Self {
        self.early = Some(Detector::new(early(self.settings)));
        self
    }

    /// Takes the next samples, in portions of any size, and appends what they decided to `events`.
    pub fn push(&mut self, samples: &[i16], events: &mut Vec<SpeechEvent>) {
        self.position += samples.len() as u64;
        let mut resampled = std::mem::take(&mut self.resampled);
        self.resampler.process_into(samples, &mut resampled);
        let skipped = self.to_skip.min(resampled.len());
        self.to_skip -= skipped;
        for sample in &resampled[skipped..] {
            self.frame.push(*sample);
            if self.frame.len().is_multiple_of(BLOCK_LEN) {
                self.block(events);
            }
        }
        resampled.clear();
        self.resampled = resampled;
    }

    /// Changes the settings from the next sample on; speech that is going on goes on.
    pub fn set(&mut self, settings: TurnDetection) {
        self.settings = settings.clamped();
        self.detector.set(self.settings);
        if let Some(detector) = &mut self.early {
            detector.set(early(self.settings));
        }
    }

    /// What is pushed next was recorded while the AI was heard, whose loudest 4 ms had this level (see
    /// [`crate::level::loudest_dbfs`]). Its echo is not taken for the user, as long as it is at least 22 dB quieter.
    ///
    /// To be told at least every 20 ms while it is so; counts for half a second.
    pub fn ai_is_heard(&mut self, loudest_dbfs: f32) {
        self.echo.play(self.blocks, loudest_dbfs);
    }

    /// The settings in use.
    pub fn settings(&self) -> TurnDetection {
        self.settings
    }

    /// Ends speech that is going on without waiting for silence: the user pressed a button, or no more audio comes.
    /// Speech that goes on starts anew.
    pub fn end(&mut self) -> Option<SpeechEvent> {
        self.detector.end().map(|decision| self.event(decision))
    }

    /// How much voiced audio there is of what may become speech; `None` while nothing may, and always without
    /// [`Self::with_candidates`].
    ///
    /// The score that it takes is 0.25 less than `barge_in_threshold`: words reach it 50 ms after they began, where they
    /// would reach that one up to 140 ms after. So do coughs; most of them are nothing more 120 ms after their end.
    pub fn candidate(&self) -> Option<Duration> {
        let samples = self.early.as_ref()?.candidate()? * BLOCK_LEN as u64;
        Some(SampleRate::HZ_16K.duration_of(samples))
    }

    /// Whether speech has started and not ended.
    pub fn is_speaking(&self) -> bool {
        self.detector.is_speaking()
    }

    /// How long nothing voiced was heard while speech goes on; `None` while nobody speaks. A voiced block is recognized up
    /// to 16 ms late, so it can shrink by as much.
    pub fn silence(&self) -> Option<Duration> {
        let samples = self.detector.silence()? * BLOCK_LEN as u64;
        Some(SampleRate::HZ_16K.duration_of(samples))
    }

    /// How many samples were pushed since the start of the stream.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// The rate of the stream.
    pub fn rate(&self) -> SampleRate {
        self.rate
    }

    fn block(&mut self, events: &mut Vec<SpeechEvent>) {
        let block = &self.frame[self.frame.len() - BLOCK_LEN..];
        let mut standing = self.loudness.standing(block, self.detector.is_scored_speech());
        let echo = self.echo.ceiling(self.blocks);
        self.blocks += 1;
        let level = Level::of(block).rms_dbfs;
        if self.detector.is_speaking() {
            self.echo.is_spoken_over();
        } else {
            self.echo.observe(self.blocks, level);
        }
        let may_be_echo = echo.is_some_and(|ceiling| level <= ceiling);
        let is_more = || {
            self.echo
                .observed_ceiling()
                .is_some_and(|ceiling| level > ceiling)
        };
        let may_begin = standing >= Standing::Faint && (!may_be_echo || is_more());
        if may_be_echo {
            standing = Standing::None;
        }
        self.detector.listen_over_ai(echo.is_some());
        let decision = self.detector.block(standing, may_begin);
        if let Some(early) = &mut self.early {
            // What it decides is only how long there is a candidate.
            early.block(standing, may_begin);
            if matches!(decision, Some(Decision::Ended { .. })) {
                early.end();
            }
        }
        if let Ok(frame) = <&[i16; FRAME_LEN]>::try_from(self.frame.as_slice()) {
            let score = self.model.score(frame);
            self.detector.frame(score);
            if let Some(early) = &mut self.early {
                early.frame(score);
            }
            self.frame.clear();
        }
        events.extend(decision.map(|decision| self.event(decision)));
    }

    fn event(&self, decision: Decision) -> SpeechEvent {
        match decision {
            Decision::Started { first } => SpeechEvent::Started {
                first_voiced_sample: self.input_sample(first),
            },
            Decision::Ended { end } => SpeechEvent::Ended {
                last_voiced_sample: self.input_sample(end).saturating_sub(1),
            },
        }
    }

    /// The sample of the input at which a block begins.
    fn input_sample(&self, block: u64) -> u64 {
        let (from, to) = (u64::from(self.rate.hz()), u64::from(SampleRate::HZ_16K.hz()));
        (block * BLOCK_LEN as u64 * from / to).min(self.position)
    }
}

/// By how much less than `barge_in_threshold` a candidate may score.
const EARLY: f32 = 0.25;

/// The settings by which candidates are found: sooner than speech, and never certain.
fn early(settings: TurnDetection) -> TurnDetection {
    let threshold = settings.barge_in_threshold - EARLY;
    TurnDetection {
        threshold,
        barge_in_threshold: threshold,
        min_speech_ms: u32::MAX,
        ..settings
    }
}

impl std::fmt::Debug for Endpointer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Endpointer")
            .field("rate", &self.rate)
            .field("settings", &self.settings)
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}
