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
    settings: TurnDetection,
    /// The score that counts as speech now.
    start_score: f32,
    silence_blocks: u64,
    min_speech_blocks: u64,
    phase: Phase,
    /// Blocks seen.
    now: u64,
    score: f32,
    faint: History,
    clear: History,
    /// Blocks with which speech may have begun: the faint ones, and over the AI quieter ones too.
    beginnings: History,
    /// Blocks that were counted as voiced.
    counted: History,
}

impl Detector {
    pub(super) fn new(settings: TurnDetection) -> Self {
        let mut detector = Self {
            settings,
            start_score: settings.threshold,
            silence_blocks: 0,
            min_speech_blocks: 0,
            phase: Phase::Silence,
            now: 0,
            score: 0.0,
            faint: History::default(),
            clear: History::default(),
            beginnings: History::default(),
            counted: History::default(),
        };
        detector.set(settings);
        detector
    }

    pub(super) fn set(&mut self, settings: TurnDetection) {
        let blocks = |ms: u32| (u64::from(ms) * 16).div_ceil(BLOCK_LEN as u64);
        self.settings = settings;
        self.start_score = settings.threshold;
        self.silence_blocks = blocks(settings.silence_ms);
        self.min_speech_blocks = blocks(settings.min_speech_ms);
    }

    /// Speech that begins while the AI is heard needs a score of its own. Speech that goes on does not.
    pub(super) fn listen_over_ai(&mut self, ai_is_heard: bool) {
        self.start_score = if ai_is_heard && !self.is_speaking() {
            self.settings.barge_in_threshold
        } else {
            self.settings.threshold
        };
    }

    /// How many voiced blocks there are of what may become speech.
    pub(super) fn candidate(&self) -> Option<u64> {
        match self.phase {
            Phase::Candidate { voiced, .. } => Some(voiced),
            Phase::Silence | Phase::Speech { .. } => None,
        }
    }

    pub(super) fn is_speaking(&self) -> bool {
        matches!(self.phase, Phase::Speech { .. })
    }

    /// How many blocks passed since the last voiced one, while speech goes on.
    pub(super) fn silence(&self) -> Option<u64> {
        match self.phase {
            Phase::Speech { end } => Some(self.now - end),
            Phase::Silence | Phase::Candidate { .. } => None,
        }
    }

    /// Ends speech that is going on, and drops what was perhaps speech. What is voiced of it is of no other speech.
    pub(super) fn end(&mut self) -> Option<Decision> {
        let ended = match self.phase {
            Phase::Speech { end } => {
                self.faint = History::default();
                self.clear = History::default();
                self.beginnings = History::default();
                Some(Decision::Ended { end })
            }
            Phase::Silence | Phase::Candidate { .. } => None,
        };
        self.phase = Phase::Silence;
        ended
    }

    /// Whether the last score says speech.
    pub(super) fn is_scored_speech(&self) -> bool {
        self.score >= self.start_score
    }

    /// Takes the score of the frame that ended with the last block.
    pub(super) fn frame(&mut self, score: f32) {
        self.score = score;
    }

    /// Takes the next block and judges it by the last score, which is at most 16 ms old. One that `may_begin` speech may not
    /// be enough to call it that.
    pub(super) fn block(&mut self, standing: Standing, may_begin: bool) -> Option<Decision> {
        self.now += 1;
        self.faint.push(standing >= Standing::Faint);
        self.clear.push(standing == Standing::Clear);
        self.beginnings.push(may_begin);
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
        let voiced = stretches & newest(onset_span(stretches));
        let span = onset_span(self.beginnings.stretches());
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

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    /// Plays blocks written in the order of time, `#` clear, `+` faint, `-` with which speech may only begin, `.` nothing, all with the same score.
    fn play(detector: &mut Detector, score: f32, blocks: &str) -> Vec<Decision> {
        let mut decisions = Vec::new();
        detector.frame(score);
        for block in blocks.chars() {
            let standing = match block {
                '#' => Standing::Clear,
                '+' => Standing::Faint,
                _ => Standing::None,
            };
            decisions.extend(detector.block(standing, block != '.'));
        }
        decisions
    }

    /// 40 ms of speech, 100 ms of silence.
    fn quick() -> Detector {
        Detector::new(TurnDetection {
            min_speech_ms: 40,
            silence_ms: 100,
            ..TurnDetection::default()
        })
    }

    fn blocks(block: char, count: usize) -> String {
        std::iter::repeat_n(block, count).collect()
    }

    #[test]
    fn speech_starts_with_the_block_that_completes_the_minimum() {
        let mut detector = quick();
        assert_eq!(play(&mut detector, 0.9, &blocks('#', 9)), []);
        assert!(!detector.is_speaking());
        assert_eq!(play(&mut detector, 0.9, "#"), [Decision::Started { first: 0 }]);
        assert!(detector.is_speaking());
    }

    #[test]
    fn speech_that_goes_on_after_it_was_ended_is_new_speech() {
        let mut detector = quick();
        play(&mut detector, 0.9, &blocks('#', 20));
        assert_eq!(detector.end(), Some(Decision::Ended { end: 20 }));
        assert_eq!(play(&mut detector, 0.9, &blocks('#', 9)), []);
        assert_eq!(play(&mut detector, 0.9, "#"), [Decision::Started { first: 20 }]);
    }

    #[test]
    fn speech_ends_with_the_block_that_completes_the_silence() {
        let mut detector = quick();
        play(&mut detector, 0.9, &blocks('#', 20));
        assert_eq!(play(&mut detector, 0.9, &blocks('.', 24)), []);
        assert_eq!(play(&mut detector, 0.9, "."), [Decision::Ended { end: 20 }]);
        assert!(!detector.is_speaking());
    }

    #[test]
    fn the_late_score_finds_the_onset_behind_it() {
        let mut detector = quick();
        let early = format!(
            "{}{}{}{}",
            blocks('.', 30),
            blocks('+', 10),
            blocks('.', 12),
            blocks('#', 5)
        );
        assert_eq!(play(&mut detector, 0.2, &early), []);
        assert_eq!(play(&mut detector, 0.9, "#"), [Decision::Started { first: 30 }]);
    }

    #[test]
    fn what_speech_may_begin_with_is_where_it_began_and_does_not_make_it_certain_sooner() {
        let mut detector = quick();
        play(&mut detector, 0.2, &blocks('.', 30));
        let quiet_beginning = format!("{}....{}", blocks('-', 12), blocks('#', 9));
        assert_eq!(play(&mut detector, 0.9, &quiet_beginning), []);
        assert_eq!(play(&mut detector, 0.9, "#"), [Decision::Started { first: 30 }]);
    }

    #[test]
    fn the_onset_is_not_sought_beyond_a_long_gap() {
        let mut detector = quick();
        let early = format!("{}{}", blocks('#', 10), blocks('.', 16));
        play(&mut detector, 0.2, &early);
        assert_eq!(
            play(&mut detector, 0.9, &blocks('#', 10)),
            [Decision::Started { first: 26 }]
        );
    }

    #[rstest]
    #[case::sure_score_and_faint_blocks(0.6, '+', false)]
    #[case::hanging_score_and_clear_blocks(0.4, '#', false)]
    #[case::hanging_score_and_faint_blocks(0.4, '+', true)]
    #[case::low_score_and_clear_blocks(0.3, '#', true)]
    #[case::sure_score_and_silence(0.9, '.', true)]
    fn voice_needs_score_and_level(#[case] score: f32, #[case] block: char, #[case] ends: bool) {
        let mut detector = quick();
        play(&mut detector, 0.9, &blocks('#', 20));
        let decisions = play(&mut detector, score, &blocks(block, 40));
        let ended: &[Decision] = &[Decision::Ended { end: 20 }];
        assert_eq!(decisions, if ends { ended } else { &[] });
    }

    #[test]
    fn single_blocks_of_noise_do_not_prolong_speech() {
        let mut detector = quick();
        play(&mut detector, 0.9, &blocks('#', 20));
        assert_eq!(
            play(&mut detector, 0.9, "....#.....##......#......"),
            [Decision::Ended { end: 20 }]
        );
    }

    #[test]
    fn what_is_shorter_than_the_minimum_is_forgotten() {
        let mut detector = quick();
        for _ in 0..5 {
            let burst = format!("{}{}", blocks('#', 8), blocks('.', 40));
            assert_eq!(play(&mut detector, 0.9, &burst), []);
        }
    }

    #[test]
    fn a_minimum_longer_than_the_history_is_counted() {
        let mut detector = Detector::new(TurnDetection {
            min_speech_ms: 2_000,
            ..TurnDetection::default()
        });
        assert_eq!(play(&mut detector, 0.9, &blocks('#', 499)), []);
        assert_eq!(play(&mut detector, 0.9, "#"), [Decision::Started { first: 0 }]);
    }

    #[test]
    fn new_settings_apply_to_the_silence_that_is_running() {
        let mut detector = quick();
        play(&mut detector, 0.9, &blocks('#', 20));
        play(&mut detector, 0.1, &blocks('.', 20));
        detector.set(TurnDetection {
            silence_ms: 200,
            ..TurnDetection::default()
        });
        assert_eq!(play(&mut detector, 0.1, &blocks('.', 29)), []);
        assert_eq!(play(&mut detector, 0.1, "."), [Decision::Ended { end: 20 }]);
    }
}
