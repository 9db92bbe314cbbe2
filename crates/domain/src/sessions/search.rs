use thiserror::Error;
use unicode_normalization::UnicodeNormalization as _;

/// Longest text that is searched for, in characters.
const MAX_SEARCH_CHARS: usize = 200;
/// So many characters of a word count; what is longer is no word.
const MAX_WORD_CHARS: usize = 64;

/// A piece of a text, as it is searched: in small letters, without what lies between the words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TextPiece {
    /// Letters and digits up to the next space or mark, of a script that has spaces. Of a long one the beginning.
    Word(String),
    /// Characters in a row of a script that is written without spaces, or whose words are often looked for inside longer
    /// ones: Chinese, Japanese, Korean, Thai and their neighbours.
    Run(String),
}

/// What is looked for in transcripts: every word as the beginning of a word, every run as characters in a row. The order
/// does not matter, nor where in the conversation they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextSearch {
    pieces: Vec<TextPiece>,
}

/// A text that cannot be looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum InvalidSearch {
    /// It is too long.
    #[error("the text to search for has more than {MAX_SEARCH_CHARS} characters")]
    TooLong,
    /// There is nothing in it that a transcript is searched by.
    #[error("the text to search for has no letter and no digit")]
    NoWord,
}

impl TextSearch {
    /// Cuts the text into what is looked for.
    ///
    /// # Errors
    /// [`InvalidSearch`] for a text that is too long or without any letter and digit.
    pub fn parse(raw: &str) -> Result<Self, InvalidSearch> {
        if raw.trim().chars().count() > MAX_SEARCH_CHARS {
            return Err(InvalidSearch::TooLong);
        }
        let mut pieces = TextPiece::all_of(raw);
        pieces.sort_unstable();
        pieces.dedup();
        if pieces.is_empty() {
            return Err(InvalidSearch::NoWord);
        }
        Ok(Self { pieces })
    }

    /// What is looked for; all of it has to be there.
    pub fn pieces(&self) -> &[TextPiece] {
        &self.pieces
    }

    /// Whether all of it is in these texts.
    pub fn finds(&self, texts: &[&str]) -> bool {
        let said: Vec<TextPiece> = texts.iter().flat_map(|text| TextPiece::all_of(text)).collect();
        let is_said = |wanted: &TextPiece| said.iter().any(|piece| piece.holds(wanted));
        self.pieces.iter().all(is_said)
    }
}

impl TextPiece {
    /// The pieces of a text, in order. Letters that look alike are alike: composed or not, of full width or of half (NFKC).
    pub fn all_of(text: &str) -> Vec<Self> {
        let mut pieces = Vec::new();
        let mut rest = text.nfkc().peekable();
        while let Some(first) = rest.next() {
            if !first.is_alphanumeric() {
                continue;
            }
            let is_run = has_no_spaces(first);
            let mut piece: String = small(first).collect();
            while let Some(next) =
                rest.next_if(|next| next.is_alphanumeric() && has_no_spaces(*next) == is_run)
            {
                piece.extend(small(next));
            }
            pieces.push(if is_run {
                Self::Run(piece)
            } else {
                Self::Word(piece.chars().take(MAX_WORD_CHARS).collect())
            });
        }
        pieces
    }

    fn holds(&self, wanted: &Self) -> bool {
        match (self, wanted) {
            (Self::Word(word), Self::Word(beginning)) => word.starts_with(beginning.as_str()),
            (Self::Run(run), Self::Run(part)) => run.contains(part.as_str()),
            (Self::Word(_), Self::Run(_)) | (Self::Run(_), Self::Word(_)) => false,
        }
    }
}

/// The small letter, without marks that only some large letters leave behind. A sigma is the same at the end of a word.
fn small(letter: char) -> impl Iterator<Item = char> {
    let letters = letter.to_lowercase().filter(|letter| letter.is_alphanumeric());
    letters.map(|letter| if letter == 'ς' { 'σ' } else { letter })
}

fn has_no_spaces(letter: char) -> bool {
    matches!(letter,
        '\u{0E00}'..='\u{0EFF}' // Thai, Lao
        | '\u{1000}'..='\u{109F}' // Burmese
        | '\u{1100}'..='\u{11FF}' // Korean letters
        | '\u{1780}'..='\u{17FF}' // Khmer
        | '\u{2E80}'..='\u{2FDF}' // radicals
        | '\u{3005}'..='\u{A4CF}' // Chinese, Japanese, Korean letters, Yi
        | '\u{A960}'..='\u{A97F}'
        | '\u{AC00}'..='\u{D7FF}' // Korean syllables
        | '\u{F900}'..='\u{FAFF}' // compatibility ideographs
        | '\u{FF66}'..='\u{FFDC}' // narrow Japanese and Korean letters
        | '\u{1B000}'..='\u{1B16F}' // old kana
        | '\u{20000}'..='\u{3FFFF}') // rare ideographs
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn finds(wanted: &str, text: &str) -> bool {
        TextSearch::parse(wanted).unwrap().finds(&[text])
    }

    #[test]
    fn words_are_found_by_their_beginning_whatever_their_case() {
        let text = "Where is my ORDER no. 4711? Don't ask the Übersetzer.";
        for wanted in [
            "order",
            "Ord",
            "o",
            "4711",
            "47",
            "don't",
            "übers",
            "ÜBERSETZER",
            "order where",
        ] {
            assert!(finds(wanted, text), "{wanted}");
        }
        for wanted in ["rder", "orders", "711", "order refund", "ubers"] {
            assert!(!finds(wanted, text), "{wanted}");
        }
    }

    #[test]
    fn what_is_written_without_spaces_is_found_inside() {
        let text = "我的訂單編號是4711，iPhone手機還沒到。カタカナ 한국어로 สวัสดีครับ";
        for wanted in [
            "單",
            "訂單",
            "訂單編號",
            "手機",
            "iphone手機",
            "タカ",
            "국어",
            "ดี",
            "編號是4711",
        ] {
            assert!(finds(wanted, text), "{wanted}");
        }
        for wanted in ["訂號", "機還到", "單訂", "phone"] {
            assert!(!finds(wanted, text), "{wanted}");
        }
    }

    #[test]
    fn letters_that_look_alike_are_alike() {
        for (wanted, text) in [
            ("cafe\u{301}", "Un caf\u{e9}."),
            ("caf\u{e9}", "Un cafe\u{301}."),
            ("ΟΔΟΣ", "οδος"),
            ("οδος", "ΟΔΟΣ"),
            ("Order", "ＯＲＤＥＲ"),
            ("カタ", "ｶﾀｶﾅ"),
            ("ガ", "ｶﾞ"),
        ] {
            assert!(finds(wanted, text), "{wanted} in {text}");
        }
        assert!(!finds("cafe\u{301}", "cafeteria"));
    }

    #[test]
    fn all_of_it_has_to_be_there_in_any_of_the_texts() {
        let search = TextSearch::parse("story dragon").unwrap();
        assert!(search.finds(&["Tell me a story.", "There was a dragon."]));
        assert!(!search.finds(&["Tell me a story.", "No."]));
        assert!(!search.finds(&[]));
    }

    #[test]
    fn nothing_and_too_much_cannot_be_looked_for() {
        for nothing in ["", "  ", "?!", "🐉", "\u{301}"] {
            assert_eq!(
                TextSearch::parse(nothing),
                Err(InvalidSearch::NoWord),
                "{nothing:?}"
            );
        }
        assert!(TextSearch::parse(&format!("  {}  ", "話".repeat(200))).is_ok());
        assert_eq!(TextSearch::parse(&"話".repeat(201)), Err(InvalidSearch::TooLong));
    }

    #[test]
    fn of_a_long_word_the_beginning_counts() {
        let (long, longer) = ("a".repeat(64), "a".repeat(70));
        assert_eq!(TextPiece::all_of(&longer), [TextPiece::Word(long)]);
        assert!(finds(&longer, &longer));
    }

    #[test]
    fn every_letter_and_digit_is_searched_by() {
        for letter in ('\0'..=char::MAX).filter(|letter| letter.is_alphanumeric()) {
            assert!(small(letter).next().is_some(), "{letter}");
            // Whoever looks for such characters in the text itself finds them as they were written.
            assert!(!has_no_spaces(letter) || small(letter).eq([letter]), "{letter}");
        }
    }

    proptest! {
        #[test]
        fn pieces_are_made_of_small_letters_and_digits(text: String) {
            for piece in TextPiece::all_of(&text) {
                let (TextPiece::Word(piece) | TextPiece::Run(piece)) = piece;
                prop_assert!(!piece.is_empty() && piece.chars().all(char::is_alphanumeric), "{piece:?}");
            }
        }

        #[test]
        fn every_part_of_a_text_is_found(before in ".{0,20}", part in "[a-z從前有條龍 ,。]{1,20}", after in ".{0,20}") {
            prop_assume!(TextSearch::parse(&part).is_ok());
            // A mark would make another letter of its last one.
            prop_assume!(!after.starts_with(unicode_normalization::char::is_combining_mark));
            // A letter right before it would make its first word the end of another one.
            let text = format!("{before} {part}{after}");
            prop_assert!(finds(&part, &text), "{text}");
        }
    }
}
