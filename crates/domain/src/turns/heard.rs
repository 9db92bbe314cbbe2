use std::time::Duration;

use crate::ports::SpeechMark;

/// Characters that are said in a second where a character is a syllable: Mandarin is spoken at 5.18 syllables a second
/// (Pellegrino, Coupé and Marsico 2011, table 1).
const SYLLABLES_PER_SECOND: f64 = 5.18;
/// Letters that are said in a second elsewhere: 150 English words a minute, 6 letters each with the space.
const LETTERS_PER_SECOND: f64 = 15.0;
/// Where scripts begin that write a syllable with one character (CJK radicals).
const FIRST_SYLLABLE: char = '\u{2E80}';

/// An answer's text, split where it was cut.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HeardText {
    /// What was heard.
    pub heard: String,
    /// What would have followed.
    pub unheard: String,
}

/// Splits an answer's text at the played position.
///
/// Between two marks, which are in order, before the first and after the last one the text is taken to be spread evenly over
/// the audio. A word that was not heard to its end counts as unheard; text without spaces (CJK) is cut between characters.
pub fn split_heard(text: &str, marks: &[SpeechMark], played: Duration, total: Duration) -> HeardText {
    if played >= total && !total.is_zero() {
        return HeardText {
            heard: text.to_owned(),
            unheard: String::new(),
        };
    }
    let end = SpeechMark {
        at: total,
        chars: text.chars().count(),
    };
    let heard_chars = chars_by(played, marks, end);
    let cut = text
        .char_indices()
        .nth(heard_chars)
        .map_or(text.len(), |(at, _)| at);
    let cut = if splits_word(text, cut) {
        let is_of_word = |c: char| !c.is_whitespace() && !is_cjk(c);
        text[..cut].trim_end_matches(is_of_word).len()
    } else {
        cut
    };
    HeardText {
        heard: text[..cut].trim_end().to_owned(),
        unheard: text[cut..].trim_start().to_owned(),
    }
}

/// How many characters are spoken by a moment before the end.
fn chars_by(played: Duration, marks: &[SpeechMark], end: SpeechMark) -> usize {
    let passed = marks.partition_point(|mark| mark.at <= played);
    let (time, chars) = passed
        .checked_sub(1)
        .map_or((Duration::ZERO, 0), |last| (marks[last].at, marks[last].chars));
    let next = marks.get(passed).copied().unwrap_or(end);
    let between = next.at.saturating_sub(time);
    let share = if between.is_zero() {
        0.0
    } else {
        played.saturating_sub(time).as_secs_f64() / between.as_secs_f64()
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a length is a length"
    )]
    let more = (next.chars.saturating_sub(chars) as f64 * share) as usize;
    chars + more
}

/// How long it usually takes to say a text.
pub fn speaking_time(text: &str) -> Duration {
    let seconds = |c: char| {
        if c < FIRST_SYLLABLE {
            LETTERS_PER_SECOND.recip()
        } else {
            SYLLABLES_PER_SECOND.recip()
        }
    };
    Duration::from_secs_f64(text.trim().chars().map(seconds).sum())
}

/// Whether a cut here goes through a word of letters that are written together.
fn splits_word(text: &str, cut: usize) -> bool {
    let is_word = |c: char| c.is_alphanumeric() && !is_cjk(c);
    let before = text[..cut].chars().next_back().is_some_and(is_word);
    let after = text[cut..].chars().next().is_some_and(is_word);
    before && after
}

/// Whether a character stands alone: from the CJK radicals on, words are not separated.
fn is_cjk(c: char) -> bool {
    c >= FIRST_SYLLABLE
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(text: &str, played: u64, total: u64) -> (String, String) {
        let HeardText { heard, unheard } = split_heard(
            text,
            &[],
            Duration::from_millis(played),
            Duration::from_millis(total),
        );
        (heard, unheard)
    }

    #[test]
    fn speaking_takes_as_long_as_people_take() {
        assert_eq!(speaking_time(""), Duration::ZERO);
        assert_eq!(
            speaking_time(" Once there was "),
            Duration::from_secs_f64(14.0 / 15.0)
        );
        let ms = speaking_time("從前有一隻綠色的龍").as_millis();
        assert_eq!(ms, 1_737, "9 syllables at 5.18 a second");
    }

    #[test]
    fn the_word_that_was_cut_was_not_heard() {
        assert_eq!(
            split("Once there was a green one", 600, 1_000),
            ("Once there was".into(), "a green one".into())
        );
        assert_eq!(split("Once", 600, 1_000), (String::new(), "Once".into()));
    }

    #[test]
    fn chinese_is_cut_between_characters() {
        assert_eq!(
            split("從前有一隻綠色的龍", 500, 1_000),
            ("從前有一".into(), "隻綠色的龍".into())
        );
    }

    #[test]
    fn a_latin_word_among_chinese_is_cut_as_a_word() {
        assert_eq!(
            split("這是一隻dragon，綠色的", 500, 1_000),
            ("這是一隻".into(), "dragon，綠色的".into())
        );
    }

    #[test]
    fn a_space_may_be_wide() {
        assert_eq!(
            split("Vraiment\u{a0}! Les\u{3000}dragons", 900, 1_000),
            ("Vraiment\u{a0}! Les".into(), "dragons".into())
        );
    }

    #[test]
    fn marks_say_which_words_were_heard() {
        let text = "Yes. There was one";
        let marks = [(0, 0), (200, 4), (700, 5), (1_000, 10)].map(|(at, chars)| SpeechMark {
            at: Duration::from_millis(at),
            chars,
        });
        let heard = |played: u64, total: u64| {
            let (played, total) = (Duration::from_millis(played), Duration::from_millis(total));
            split_heard(text, &marks, played, total).heard
        };
        // All are in time, with a pause after the first one.
        for (played, expected) in [
            (0, ""),
            (100, ""),
            (199, "Yes"),
            (200, "Yes."),
            (999, "Yes."),
            (1_000, "Yes. There"),
            (1_400, "Yes. There"),
            (1_600, "Yes. There was"),
            (2_000, text),
        ] {
            assert_eq!(heard(played, 2_000), expected, "{played}");
        }
        assert_eq!(heard(900, 500), text, "it ended before");
        assert_eq!(heard(1_000, 1_000), text);
    }

    #[test]
    fn marks_of_text_that_is_not_there_yet_are_marks_of_its_end() {
        let marks = [SpeechMark {
            at: Duration::from_millis(100),
            chars: 50,
        }];
        let played = Duration::from_millis(150);
        let split = split_heard("從前", &marks, played, Duration::from_secs(1));
        assert_eq!(split.heard, "從前");
    }

    #[test]
    fn all_or_nothing() {
        assert_eq!(
            split("Hello there", 1_000, 1_000),
            ("Hello there".into(), String::new())
        );
        assert_eq!(
            split("Hello there", 0, 1_000),
            (String::new(), "Hello there".into())
        );
        assert_eq!(split("Hello there", 0, 0), (String::new(), "Hello there".into()));
    }

    proptest! {
        #[test]
        fn no_letter_is_lost_or_made_up(
            text: String,
            mut marks in prop::collection::vec((0_u64..2_000, 0_usize..50), 0..5),
            played in 0_u64..2_000,
            total in 0_u64..2_000,
        ) {
            marks.sort_unstable();
            let marks: Vec<SpeechMark> = marks
                .into_iter()
                .map(|(at, chars)| SpeechMark { at: Duration::from_millis(at), chars })
                .collect();
            let (played, total) = (Duration::from_millis(played), Duration::from_millis(total));
            let HeardText { heard, unheard } = split_heard(&text, &marks, played, total);
            let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(letters(&heard) + &letters(&unheard), letters(&text));
        }
    }
}
