//! The hysteresis: from scores and loud blocks to the start and the end of speech.

use super::loudness::BLOCK_LEN;
use super::settings::TurnDetection;

/// Blocks per neural frame.
pub(super) const BLOCKS_PER_FRAME: u32 = (crate::vad::FRAME_LEN / BLOCK_LEN) as u32;

/// How far the score may sink below the start threshold before loud blocks stop counting as speech.
const HYSTERESIS: f32 = 0.15;

/// The longest gap inside a word that is bridged while speech is not certain: 120 ms, a long stop consonant.
const WORD_GAP: u64 = 30;

/// The longest gap that the search for the first voiced block steps over: 60 ms, as between "s" and "t".
const ONSET_GAP: u32 = 15;

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
    /// Perhaps speech: `voiced` loud blocks from `first` to before `end`.
    Candidate {
        first: u64,
        end: u64,
        voiced: u64,
    },
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
    /// The last 128 blocks, newest in bit 0; set when loud.
    loud: u128,
    score: f32,
}

impl Detector {
    pub(super) fn new(settings: TurnDetection) -> Self {
        let mut detector = Self {
            start_score: 0.0,
            silence_blocks: 0,
            min_speech_blocks: 0,
            phase: Phase::Silence,
            now: 0,
            loud: 0,
            score: 0.0,
        };
        detector.set(settings);
        detector
    }

    pub(super) fn set(&mut self, settings: TurnDetection) {
        let blocks = |ms: u32| u64::from(ms) * 16 / BLOCK_LEN as u64;
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

    /// Takes the next block. Ends speech as soon as the silence is long enough.
    pub(super) fn block(&mut self, loud: bool) -> Option<Decision> {
        self.loud = self.loud << 1 | u128::from(loud);
        self.now += 1;
        let Phase::Speech { end } = self.phase else {
            return None;
        };
        if loud && self.score >= self.end_score() {
            // Speech goes on unless the frame's own score, due within 12 ms, denies it.
            return None;
        }
        if self.now - end < self.silence_blocks {
            return None;
        }
        self.phase = Phase::Silence;
        Some(Decision::Ended { end })
    }

    /// Takes the score of the frame that the last four blocks made.
    pub(super) fn frame(&mut self, score: f32) -> Option<Decision> {
        self.score = score;
        let newest = self.loud & ((1 << BLOCKS_PER_FRAME) - 1);
        let voiced = score >= self.end_score() && newest != 0;
        let newest_end = self.now - u64::from(newest.trailing_zeros().min(BLOCKS_PER_FRAME));
        match &mut self.phase {
            Phase::Silence => {
                if score >= self.start_score && newest != 0 {
                    let first = self.onset();
                    let span = self.now - first;
                    let voiced = (self.loud & mask(span)).count_ones();
                    self.phase = Phase::Candidate {
                        first,
                        end: newest_end,
                        voiced: u64::from(voiced),
                    };
                }
            }
            Phase::Candidate {
                end, voiced: count, ..
            } => {
                if voiced {
                    *end = newest_end;
                    *count += u64::from(newest.count_ones());
                } else if self.now - *end > WORD_GAP {
                    self.phase = Phase::Silence;
                }
            }
            Phase::Speech { end } => {
                if voiced {
                    *end = newest_end;
                }
            }
        }
        self.confirm()
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

    /// Walks back from now over loud blocks to the first one of the word.
    fn onset(&self) -> u64 {
        let mut span = 0;
        loop {
            let older = self.loud.checked_shr(span).unwrap_or(0);
            let gap = older.trailing_zeros();
            if gap > ONSET_GAP {
                return self.now - u64::from(span);
            }
            span += gap + 1;
        }
    }

    fn end_score(&self) -> f32 {
        self.start_score - HYSTERESIS
    }
}

fn mask(bits: u64) -> u128 {
    1_u128
        .checked_shl(u32::try_from(bits).unwrap_or(u32::MAX))
        .map_or(u128::MAX, |bit| bit - 1)
}
