//! The hysteresis: from scores and standing blocks to the start and the end of speech.

use super::history::{History, newest};
use super::loudness::{BLOCK_LEN, Standing};
use super::settings::TurnDetection;

/// How far the score may sink below the start threshold before nothing counts as speech any more.
///
/// Scores sink slowly after a word and may hang halfway for seconds, so in this range only blocks that stand out
/// clearly count.
const HYSTERESIS: f32 = 0.15;

/// How far back a verdict on a block may change: 32 ms. A stretch is recognized 16 ms after it began.
const UNSETTLED: u32 = 8;

/// The longest gap that is bridged while speech is not certain: 120 ms, a long stop consonant.
const WORD_GAP: u64 = 30;

/// The longest gap that the search for the first voiced block steps over: 60 ms, as between "s" and "t".
const ONSET_GAP: u32 = 15;

/// How far back the first voiced block may lie: 320 ms; no onset was seen to score later.
const ONSET_REACH: u32 = 80;

/// A decision, in blocks since the start of the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// Speech started with this block.
    Started { first: u64 },
    /// Speech ended before this block.
    Ended { end: u64 },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Silence,
    /// Perhaps speech: so many voiced blocks from `first` to before `end`.
    Candidate {
        first: u64,
        end: u64,
        voiced: u64,
    },
    /// Speech, voiced until before `end`.
    Speech {
        end: u64,
    },
}

/// Pure state machine over blocks of 4 ms and scores of 16 ms.
#[derive(Debug, Clone)]
pub(super) struct Detector {
    start_score: f32,
    silence_blocks: u64,
    min_speech_blocks: u64,
    phase: Phase,
    /// Blocks seen.
    now: u64,
    score: f32,
    faint: History,
    clear: History,
    /// Blocks that were counted as voiced.
    counted: History,
}

impl Detector {
    pub(super) fn new(settings: TurnDetection) -> Self {
        let mut detector = Self {
            start_score: 0.0,
            silence_blocks: 0,
            min_speech_blocks: 0,
            phase: Phase::Silence,
            now: 0,
            score: 0.0,
            faint: History::default(),
            clear: History::default(),
            counted: History::default(),
        };
        detector.set(settings);
        detector
    }

    pub(super) fn set(&mut self, settings: TurnDetection) {
        let blocks = |ms: u32| (u64::from(ms) * 16).div_ceil(BLOCK_LEN as u64);
        self.start_score = settings.threshold;
        self.silence_blocks = blocks(settings.silence_ms);
        self.min_speech_blocks = blocks(settings.min_speech_ms);
    }

    pub(super) fn is_speaking(&self) -> bool {
        matches!(self.phase, Phase::Speech { .. })
    }

    /// Whether the last score says speech.
    pub(super) fn is_scored_speech(&self) -> bool {
        self.score >= self.start_score
    }

    /// Takes the score of the frame that ended with the last block.
    pub(super) fn frame(&mut self, score: f32) {
        self.score = score;
    }

    /// Takes the next block and judges it by the last score, which is at most 16 ms old.
    pub(super) fn block(&mut self, standing: Standing) -> Option<Decision> {
        self.now += 1;
        self.faint.push(standing >= Standing::Faint);
        self.clear.push(standing == Standing::Clear);
        self.counted.push(false);
        match self.phase {
            Phase::Silence => self.look_for_onset(),
            Phase::Candidate { first, end, voiced } => {
                let (end, fresh) = self.count_voiced(end);
                self.phase = if self.now - end > WORD_GAP {
                    Phase::Silence
                } else {
                    Phase::Candidate {
                        first,
                        end,
                        voiced: voiced + fresh,
                    }
                };
            }
            Phase::Speech { end } => {
                let (end, _) = self.count_voiced(end);
                self.phase = Phase::Speech { end };
                if self.now - end >= self.silence_blocks {
                    self.phase = Phase::Silence;
                    return Some(Decision::Ended { end });
                }
            }
        }
        self.confirm()
    }

    fn look_for_onset(&mut self) {
        if self.score < self.start_score {
            return;
        }
        let stretches = self.faint.stretches();
        let fresh = stretches & newest(UNSETTLED);
        if fresh == 0 {
            return;
        }
        let span = onset_span(stretches);
        let voiced = stretches & newest(span);
        self.counted.mark(voiced);
        self.phase = Phase::Candidate {
            first: self.now.saturating_sub(u64::from(span)),
            end: self.now - u64::from(fresh.trailing_zeros()),
            voiced: u64::from(voiced.count_ones()),
        };
    }

    /// Counts voiced blocks that were not counted yet; returns the new end of voice and their number.
    fn count_voiced(&mut self, end: u64) -> (u64, u64) {
        let standing = if self.score >= self.start_score {
            self.faint.stretches()
        } else if self.score >= self.start_score - HYSTERESIS {
            self.clear.stretches()
        } else {
            return (end, 0);
        };
        let fresh = standing & newest(UNSETTLED) & !self.counted.bits();
        if fresh == 0 {
            return (end, 0);
        }
        self.counted.mark(fresh);
        let fresh_end = self.now - u64::from(fresh.trailing_zeros());
        (end.max(fresh_end), u64::from(fresh.count_ones()))
    }

    fn confirm(&mut self) -> Option<Decision> {
        let Phase::Candidate { first, end, voiced } = self.phase else {
            return None;
        };
        (voiced >= self.min_speech_blocks).then(|| {
            self.phase = Phase::Speech { end };
            Decision::Started { first }
        })
    }
}

/// The blocks from the first of the word until now, found by stepping back over stretches that stand out.
fn onset_span(stretches: u128) -> u32 {
    let mut span = 0;
    loop {
        let gap = (stretches >> span).trailing_zeros();
        if gap > ONSET_GAP || span + gap >= ONSET_REACH {
            return span;
        }
        span += gap + 1;
    }
}
