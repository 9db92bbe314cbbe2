use std::time::Duration;

use viva_domain::ports::{SpeechMark, SpeechPart};

/// A vendor may have left out words, or said them in another way; further ahead than this, in words, a word is another one.
const AHEAD: usize = 5;
/// Where scripts begin that are written without spaces (CJK radicals): each character is as good as a word.
const FIRST_UNSPACED: char = '\u{2E80}';

/// Finds a vendor's words in the text that it speaks, and tells how far that is spoken when. What is not found, such as a
/// number that was written out, is left out: the words around it say enough.
#[derive(Debug)]
pub(in crate::providers) struct Words {
    text: Vec<char>,
    /// Characters of the text that are spoken.
    spoken: usize,
    /// When the last mark was.
    last: Duration,
    /// A word of which not all characters came.
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    letters: String,
    from: Duration,
    to: Duration,
}

impl Words {
    pub(in crate::providers) fn of(text: &str) -> Self {
        Self {
            text: text.chars().collect(),
            spoken: 0,
            last: Duration::ZERO,
            open: None,
        }
    }

    /// A word that is spoken from a moment of the audio to another one, in seconds; nonsense says nothing.
    pub(in crate::providers) fn add_seconds(
        &mut self,
        word: &str,
        from: f64,
        to: f64,
        parts: &mut Vec<SpeechPart>,
    ) {
        let moment = |seconds: f64| Duration::try_from_secs_f64(seconds).ok();
        if let (Some(from), Some(to)) = (moment(from), moment(to)) {
            self.add(word, from, to, parts);
        }
    }

    /// A word that is spoken from a moment of the audio to another one.
    pub(in crate::providers) fn add(
        &mut self,
        word: &str,
        from: Duration,
        to: Duration,
        parts: &mut Vec<SpeechPart>,
    ) {
        let letters: Vec<char> = word.chars().collect();
        let core = letters
            .split(|c| !c.is_alphanumeric())
            .find(|part| !part.is_empty());
        let Some(core) = core else { return };
        let Some(start) = self.find(core) else { return };
        // What follows a mark within the word is a part of it, such as the end of "it's".
        let end = self.end_of_word(start, core.len(), letters.len());
        self.mark(from, start, parts);
        self.mark(to, end, parts);
    }

    /// A character that is spoken from a moment of the audio to another one. Words are told when they are complete.
    pub(in crate::providers) fn add_character(
        &mut self,
        character: &str,
        from: Duration,
        to: Duration,
        parts: &mut Vec<SpeechPart>,
    ) {
        let Some(first) = character.chars().next() else {
            return;
        };
        let stands_alone = first >= FIRST_UNSPACED;
        if stands_alone || first.is_whitespace() {
            self.end_word(parts);
        }
        if first.is_whitespace() {
            return;
        }
        let open = self.open.get_or_insert_with(|| Open {
            letters: String::new(),
            from,
            to,
        });
        open.letters.push_str(character);
        open.to = to;
        if stands_alone {
            self.end_word(parts);
        }
    }

    /// No more characters come of the word that is open.
    pub(in crate::providers) fn end_word(&mut self, parts: &mut Vec<SpeechPart>) {
        if let Some(Open { letters, from, to }) = self.open.take() {
            self.add(&letters, from, to, parts);
        }
    }

    /// Where the letters come next as words of their own, in any case.
    fn find(&self, letters: &[char]) -> Option<usize> {
        let is_same = |a: &char, b: &char| a == b || a.to_lowercase().eq(b.to_lowercase());
        let mut words = 0;
        for start in self.spoken..self.text.len() {
            words += usize::from(self.begins_word(start));
            if words > AHEAD {
                break;
            }
            let end = start + letters.len();
            let here = self.text.get(start..end)?;
            let is_here = here.iter().zip(letters).all(|(a, b)| is_same(a, b));
            if is_here && self.is_edge(start) && self.is_edge(end) {
                return Some(start);
            }
        }
        None
    }

    fn begins_word(&self, at: usize) -> bool {
        let is_of_word = |c: &char| c.is_alphanumeric();
        let before = at.checked_sub(1).and_then(|before| self.text.get(before));
        self.text
            .get(at)
            .is_some_and(|c| is_of_word(c) && (*c >= FIRST_UNSPACED || !before.is_some_and(is_of_word)))
    }

    /// Whether a word may end before this character, and another one begin with it.
    fn is_edge(&self, at: usize) -> bool {
        let is_within = |c: &char| c.is_alphanumeric() && !is_unspaced(*c);
        let before = at.checked_sub(1).and_then(|before| self.text.get(before));
        !(before.is_some_and(is_within) && self.text.get(at).is_some_and(is_within))
    }

    /// Behind the letters, the marks at them, and what else of the word is as long as the vendor's.
    fn end_of_word(&self, start: usize, core: usize, whole: usize) -> usize {
        let mut end = start + core;
        let is_attached = |at: usize| {
            self.text.get(at).is_some_and(|&c| {
                let is_mark = !c.is_whitespace() && !c.is_alphanumeric();
                is_mark || at < start + whole && c.is_alphanumeric() && c < FIRST_UNSPACED
            })
        };
        while is_attached(end) {
            end += 1;
        }
        end
    }

    fn mark(&mut self, at: Duration, chars: usize, parts: &mut Vec<SpeechPart>) {
        self.last = self.last.max(at);
        self.spoken = self.spoken.max(chars);
        parts.push(SpeechPart::Mark(SpeechMark {
            at: self.last,
            chars: self.spoken,
        }));
    }
}

/// Of a script in which words follow each other without spaces.
const fn is_unspaced(c: char) -> bool {
    // Thai and Lao, Burmese, Khmer.
    c >= FIRST_UNSPACED
        || matches!(c, '\u{0E00}'..='\u{0EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// What is spoken by which millisecond.
    fn spoken(text: &str, parts: &[SpeechPart]) -> Vec<(u128, String)> {
        let mark = |part: &SpeechPart| match part {
            SpeechPart::Mark(mark) => {
                let spoken = text.chars().take(mark.chars).collect();
                (mark.at.as_millis(), spoken)
            }
            SpeechPart::Audio(_) => panic!("there is no audio"),
        };
        parts.iter().map(mark).collect()
    }

    fn told(text: &str, words: &[(&str, u64, u64)]) -> Vec<(u128, String)> {
        let (mut found, mut parts) = (Words::of(text), Vec::new());
        for (word, from, to) in words {
            found.add(word, ms(*from), ms(*to), &mut parts);
        }
        spoken(text, &parts)
    }

    fn owned(marks: &[(u128, &str)]) -> Vec<(u128, String)> {
        marks.iter().map(|(at, text)| (*at, (*text).to_owned())).collect()
    }

    #[test]
    fn words_are_found_with_their_marks_and_without() {
        let text = "Hello, \"there\"! It's me.";
        for words in [
            [
                ("Hello,", 0, 400),
                ("\"there\"!", 500, 800),
                ("It's", 900, 1_000),
                ("me.", 1_000, 1_200),
            ],
            [
                ("hello", 0, 400),
                ("there", 500, 800),
                ("It's", 900, 1_000),
                ("me", 1_000, 1_200),
            ],
        ] {
            let expected = [
                (0, ""),
                (400, "Hello,"),
                (500, "Hello, \""),
                (800, "Hello, \"there\"!"),
                (900, "Hello, \"there\"! "),
                (1_000, "Hello, \"there\"! It's"),
                (1_000, "Hello, \"there\"! It's "),
                (1_200, text),
            ];
            assert_eq!(told(text, &words), owned(&expected), "{words:?}");
        }
    }

    #[test]
    fn what_was_said_in_another_way_is_left_out() {
        let text = "It is 3.14 now.";
        let words = [
            ("It", 0, 100),
            ("three", 200, 300),
            ("point", 300, 400),
            ("now", 900, 1_000),
            ("?", 1_000, 1_100),
            ("now", 1_000, 1_200),
        ];
        let expected = [(0, ""), (100, "It"), (900, "It is 3.14 "), (1_000, text)];
        assert_eq!(told(text, &words), owned(&expected));
    }

    #[test]
    fn a_word_far_ahead_is_another_one() {
        let text = |between: usize| format!("One {}far.", "- or ".repeat(between));
        let near = text(AHEAD - 2);
        assert_eq!(told(&near, &[("far", 0, 100)])[1], (100, near));
        assert_eq!(told(&text(AHEAD - 1), &[("far", 0, 100)]), []);
    }

    #[test]
    fn a_word_is_not_found_within_another_one() {
        let text = "1 for everyone.";
        let words = [("one", 0, 100), ("for", 200, 300), ("everyone", 400, 900)];
        let expected = [(200, "1 "), (300, "1 for"), (400, "1 for "), (900, text)];
        assert_eq!(told(text, &words), owned(&expected));
        for (text, word) in [("Forever.", "ever"), ("Forever.", "for"), ("A1 way", "1")] {
            assert_eq!(told(text, &[(word, 0, 100)]), [], "{word} in {text}");
        }
    }

    #[test]
    fn words_need_no_spaces_where_nobody_writes_them() {
        let text = "ไปไหน我是Viva";
        let words = [
            ("ไป", 0, 100),
            ("ไหน", 100, 200),
            ("是", 300, 400),
            ("viva", 400, 500),
        ];
        let expected = [
            (0, ""),
            (100, "ไป"),
            (100, "ไป"),
            (200, "ไปไหน"),
            (300, "ไปไหน我"),
            (400, "ไปไหน我是"),
            (400, "ไปไหน我是"),
            (500, text),
        ];
        assert_eq!(told(text, &words), owned(&expected));
    }

    #[test]
    fn words_without_spaces_are_found_one_after_the_other() {
        let text = "你好，我是 Viva。";
        let words = [
            ("你好", 0, 300),
            ("我", 500, 600),
            ("是", 600, 700),
            ("viva", 800, 1_000),
        ];
        let expected = [
            (0, ""),
            (300, "你好，"),
            (500, "你好，"),
            (600, "你好，我"),
            (600, "你好，我"),
            (700, "你好，我是"),
            (800, "你好，我是 "),
            (1_000, text),
        ];
        assert_eq!(told(text, &words), owned(&expected));
    }

    #[test]
    fn characters_make_words_wherever_they_are_cut() {
        let text = "Hi you. 你好";
        let (mut found, mut parts) = (Words::of(text), Vec::new());
        for (character, at) in text.chars().zip((0..).step_by(100)) {
            found.add_character(&character.to_string(), ms(at), ms(at + 100), &mut parts);
        }
        let expected = [
            (0, ""),
            (200, "Hi"),
            (300, "Hi "),
            (700, "Hi you."),
            (800, "Hi you. "),
            (900, "Hi you. 你"),
            (900, "Hi you. 你"),
            (1_000, text),
        ];
        assert_eq!(spoken(text, &parts), owned(&expected));
        found.add_character("x", ms(1_100), ms(1_200), &mut parts);
        found.end_word(&mut parts);
        assert_eq!(parts.len(), expected.len(), "there is no such word");
    }

    #[test]
    fn moments_that_are_none_say_nothing() {
        let (mut found, mut parts) = (Words::of("a b"), Vec::new());
        for (from, to) in [(-1.0, 1.0), (0.0, f64::NAN), (1e300, 1e300)] {
            found.add_seconds("a", from, to, &mut parts);
        }
        assert_eq!(parts, []);
        found.add_seconds("a", 0.5, 0.25, &mut parts);
        assert_eq!(spoken("a b", &parts), owned(&[(500, ""), (500, "a")]));
    }

    proptest! {
        #[test]
        fn marks_never_go_back(
            // Few letters, so that most of the words are somewhere in the text.
            text in "[aAb,' 你好]{0,40}",
            words in prop::collection::vec(("[aAb,'你好]{0,3}", 0_u64..3_000, 0_u64..3_000), 0..20),
        ) {
            let (mut found, mut parts) = (Words::of(&text), Vec::new());
            for (word, from, to) in &words {
                found.add(word, ms(*from), ms(*to), &mut parts);
            }
            let mut last = (Duration::ZERO, 0);
            for part in parts {
                let SpeechPart::Mark(mark) = part else {
                    return Err(TestCaseError::fail("there is no audio"));
                };
                prop_assert!(last.0 <= mark.at && last.1 <= mark.chars);
                prop_assert!(mark.chars <= text.chars().count());
                last = (mark.at, mark.chars);
            }
        }
    }
}
