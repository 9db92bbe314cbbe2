//! How one answer is told: which event comes next, and when. Knows neither clock nor channel.

use std::collections::VecDeque;
use std::time::Duration;

use viva_domain::ports::RealtimeEventKind;

use super::super::options::{Fault, FaultKind, Pace};
use super::super::pieces::Pieces;
use super::super::words::words;
use super::config::Options;
use crate::providers::speech::Speech;

/// An answer on its way out. Text goes along with the audio: each word just before the audio in which it begins, as far
/// as that can be told from its place in the text.
#[derive(Debug)]
pub(super) struct Delivery {
    pieces: Pieces,
    pace: Pace,
    fault: Option<Fault>,
    /// The sample at which each word begins, and the word.
    words: VecDeque<(usize, String)>,
    has_begun: bool,
}

/// What comes next.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    /// An event; more follow.
    Say(RealtimeEventKind),
    /// The answer is complete.
    Complete,
    /// Something goes wrong, and nothing follows.
    Fault(FaultKind),
}

impl Delivery {
    /// Tells `text`, which `speech` says, as the options want it for answer `turn`.
    pub(super) fn new(text: &str, speech: Speech, options: &Options, turn: u16) -> Self {
        let speech_samples = speech.len();
        let pieces = Pieces::new(speech, options.chunk_ms, options.lead_silence_ms);
        Self {
            words: timed_words(text, pieces.lead_samples(), speech_samples),
            pieces,
            pace: options.pace,
            fault: options.faults.of(turn),
            has_begun: false,
        }
    }

    /// When the next step is due, after the answer began.
    pub(super) fn due(&self) -> Duration {
        self.pieces.due(self.pace)
    }

    /// The next step. Not called again after the last one.
    pub(super) fn step(&mut self) -> Step {
        if !self.has_begun {
            self.has_begun = true;
            return Step::Say(RealtimeEventKind::ResponseStarted);
        }
        let has_audio = !self.pieces.is_over();
        if let Some(fault) = self.fault
            && has_audio
            && self.pieces.taken() == fault.after
        {
            return Step::Fault(fault.kind);
        }
        let end = self.pieces.next_end();
        if let Some((_, word)) = self.words.pop_front_if(|(start, _)| *start < end || !has_audio) {
            return Step::Say(RealtimeEventKind::TextDelta(word));
        }
        self.pieces.next().map_or(Step::Complete, |samples| {
            Step::Say(RealtimeEventKind::Audio(samples))
        })
    }
}

/// The words of a text with the sample at which each begins, if every character takes the same time.
fn timed_words(text: &str, lead_samples: usize, speech_samples: usize) -> VecDeque<(usize, String)> {
    let chars = text.chars().count().max(1);
    let mut before = 0;
    words(text)
        .map(|word| {
            let start = lead_samples + speech_samples * before / chars;
            before += word.chars().count();
            (start, word.to_owned())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;
    use crate::providers::testing;

    fn options(raw: &[(&str, &str)]) -> Options {
        Options::parse(&testing::options(raw)).unwrap()
    }

    /// Speech of so many ms in which every sample is 1.
    fn speech(ms: usize) -> Speech {
        Speech::from(vec![1; ms * 24])
    }

    /// What is told, in short, with the time at which it is due.
    fn told(delivery: &mut Delivery) -> Vec<(u128, String)> {
        let mut told = Vec::new();
        loop {
            let due = delivery.due().as_millis();
            let (line, is_last) = match delivery.step() {
                Step::Say(RealtimeEventKind::TextDelta(text)) => (text, false),
                Step::Say(RealtimeEventKind::Audio(samples)) => {
                    let silent = samples.iter().take_while(|sample| **sample == 0).count();
                    (
                        format!("{}+{}", silent / 24, (samples.len() - silent) / 24),
                        false,
                    )
                }
                Step::Say(other) => (format!("{other:?}"), false),
                last => (format!("{last:?}"), true),
            };
            told.push((due, line));
            if is_last {
                return told;
            }
        }
    }

    fn lines(told: &[(u128, String)]) -> Vec<&str> {
        told.iter().map(|(_, line)| line.as_str()).collect()
    }

    #[test]
    fn words_come_just_before_their_audio() {
        let mut delivery = Delivery::new("One two.", speech(100), &options(&[]), 1);
        let told = told(&mut delivery);
        assert_eq!(
            lines(&told),
            [
                "ResponseStarted",
                "One ",
                "0+40",
                "two.",
                "0+40",
                "0+20",
                "Complete"
            ]
        );
        assert!(told.iter().all(|(due, _)| *due == 0));
    }

    #[test]
    fn at_speaking_speed_each_piece_waits_for_those_before() {
        let options = options(&[("pace", "\"realtime\""), ("chunk_ms", "50")]);
        let told = told(&mut Delivery::new("Hi", speech(120), &options, 1));
        let expected = [
            (0, "ResponseStarted"),
            (0, "Hi"),
            (0, "0+50"),
            (50, "0+50"),
            (100, "0+20"),
            (120, "Complete"),
        ];
        assert_eq!(told, expected.map(|(due, line)| (due, line.to_owned())));
    }

    #[test]
    fn silence_comes_before_the_words() {
        let options = options(&[("lead_silence_ms", "60")]);
        let told = told(&mut Delivery::new("Hi", speech(40), &options, 1));
        assert_eq!(
            lines(&told),
            ["ResponseStarted", "40+0", "Hi", "20+20", "0+20", "Complete"]
        );
    }

    #[test]
    fn a_text_without_sound_is_told_all_the_same() {
        let told = told(&mut Delivery::new("… !", speech(0), &options(&[]), 1));
        assert_eq!(lines(&told), ["ResponseStarted", "… ", "!", "Complete"]);
    }

    #[rstest]
    #[case("fail_after_chunks", "0", &["ResponseStarted", "Fault(Fail)"])]
    #[case("hang_after_chunks", "1", &["ResponseStarted", "Hi", "0+40", "Fault(Hang)"])]
    #[case("drop_after_chunks", "2", &["ResponseStarted", "Hi", "0+40", "0+40", "Fault(Drop)"])]
    #[case("fail_after_chunks", "3", &["ResponseStarted", "Hi", "0+40", "0+40", "0+20", "Complete"])]
    fn faults_come_after_so_many_pieces(#[case] name: &str, #[case] chunks: &str, #[case] expected: &[&str]) {
        let told = told(&mut Delivery::new(
            "Hi",
            speech(100),
            &options(&[(name, chunks)]),
            1,
        ));
        assert_eq!(lines(&told), expected);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_is_added(
            text in "\\PC{0,30}", ms in 0..400_usize, chunk in 20..=100_u32, lead in 0..200_u32,
        ) {
            let options = options(&[("chunk_ms", &chunk.to_string()), ("lead_silence_ms", &lead.to_string())]);
            let mut delivery = Delivery::new(&text, speech(ms), &options, 1);
            let (mut told_text, mut told_audio) = (String::new(), Vec::new());
            while let Step::Say(said) = delivery.step() {
                match said {
                    RealtimeEventKind::TextDelta(delta) => told_text.push_str(&delta),
                    RealtimeEventKind::Audio(samples) => {
                        prop_assert!(!samples.is_empty() && samples.len() <= chunk as usize * 24);
                        told_audio.extend(samples);
                    }
                    _ => {}
                }
            }
            prop_assert_eq!(told_text, text);
            let mut audio = vec![0; lead as usize * 24];
            audio.extend_from_slice(&speech(ms));
            prop_assert_eq!(told_audio, audio);
        }
    }
}
