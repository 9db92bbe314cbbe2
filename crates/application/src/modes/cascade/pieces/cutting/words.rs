//! Words that decide whether the full stop behind them, or before them, ends a sentence.

/// What a full stop behind a word means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Abbreviation {
    /// Something always follows: "Dr. No", "e.g. The Hague".
    Inside,
    /// Abbreviates when a number follows: "No. 5". Otherwise it is a word like any other: "No. I do not."
    BeforeNumber,
    /// Can also be the last word of a sentence: "at 5 p.m. The shop", "the U.S. Senate".
    Anywhere,
}

/// No abbreviation in the tables, and no word that begins a sentence, is longer than this many letters.
pub(super) const LONGEST: usize = 9;

const INSIDE: &[&str] = &[
    "abb", "al", "approx", "bzw", "ca", "capt", "cf", "cmdr", "col", "dr", "dra", "e.g", "eg", "gen", "gov",
    "hon", "hr", "i.e", "ie", "lt", "maj", "messrs", "mr", "mrs", "ms", "mt", "prof", "rep", "rev", "sen",
    "sgt", "sr", "sra", "viz", "vs", "z.b", "d.h",
];

const BEFORE_NUMBER: &[&str] = &[
    "apr", "art", "aug", "ch", "dec", "eq", "feb", "fig", "figs", "jan", "jul", "jun", "mar", "no", "nos",
    "nov", "nr", "oct", "p", "para", "pp", "pt", "ref", "sec", "sep", "sept", "tab", "vol",
];

const ANYWHERE: &[&str] = &[
    "assoc", "av", "ave", "blvd", "bros", "co", "corp", "dept", "est", "etc", "inc", "jr", "ltd", "max",
    "min", "ph.d", "rd", "st", "str", "univ", "usw",
];

/// Words that, with a capital letter, begin a new sentence rather than a name.
const OPENERS: &[&str] = &[
    "a", "after", "also", "an", "and", "are", "as", "at", "before", "but", "can", "could", "did", "do",
    "does", "for", "he", "her", "here", "his", "how", "however", "i", "if", "in", "is", "it", "its", "let",
    "maybe", "my", "no", "now", "on", "or", "our", "please", "she", "should", "so", "that", "the", "their",
    "then", "there", "these", "they", "this", "those", "to", "was", "we", "what", "when", "where", "which",
    "while", "who", "why", "will", "would", "yes", "you", "your",
];

/// What the full stop behind `word`, in lower case and without that stop, abbreviates. Initials ("J.") and letters with
/// stops between them ("U.S.", "p.m.") need no table.
pub(super) fn abbreviation(word: &str) -> Option<Abbreviation> {
    if INSIDE.contains(&word) {
        Some(Abbreviation::Inside)
    } else if BEFORE_NUMBER.contains(&word) {
        Some(Abbreviation::BeforeNumber)
    } else if ANYWHERE.contains(&word) || has_letters_only(word) {
        Some(Abbreviation::Anywhere)
    } else {
        None
    }
}

/// Whether `word`, in lower case, begins a sentence when it is written with a capital letter.
pub(super) fn opens_sentence(word: &str) -> bool {
    OPENERS.contains(&word)
}

/// Single letters with stops between them.
fn has_letters_only(word: &str) -> bool {
    word.split('.').all(|part| {
        let mut letters = part.chars();
        letters.next().is_some_and(char::is_alphabetic) && letters.next().is_none()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_of_the_tables_is_too_long_to_be_found() {
        for word in [INSIDE, BEFORE_NUMBER, ANYWHERE, OPENERS].concat() {
            assert!(word.chars().count() <= LONGEST, "{word}");
            assert_eq!(word, word.to_lowercase());
        }
    }

    #[test]
    fn letters_with_stops_between_them_are_an_abbreviation() {
        for word in ["u.s", "j", "p.m", "u.s.a"] {
            assert_eq!(abbreviation(word), Some(Abbreviation::Anywhere), "{word}");
        }
        for word in ["", "works", "u.sa", "3.14", "1", "a..b"] {
            assert_eq!(abbreviation(word), None, "{word}");
        }
    }
}
