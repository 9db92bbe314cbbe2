//! Whether a clause or a sentence has ended, once it is known what follows.

use super::marks::{
    is_clause_mark, is_closer, is_full_stop, is_question, is_quote, is_terminator, is_wide,
    is_wide_clause_mark,
};
use super::words::{Abbreviation, LONGEST, abbreviation};

/// What ends where a text stops and a further character comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Boundary {
    None,
    Clause,
    Sentence,
    /// A sentence when the next word, of which only the first letter is known, can begin one.
    NextWord,
}

/// What was said so far, as characters that can be read backwards.
pub(super) trait Said {
    /// How many characters there are.
    fn len(&self) -> usize;
    /// The character at an index below [`Self::len`].
    fn at(&self, index: usize) -> char;
}

/// The marks at the end of what was said.
struct Ending {
    /// Index behind the last mark.
    end: usize,
    /// A space follows.
    spaced: bool,
    /// Quotes or brackets close behind the mark.
    closed: bool,
}

/// Letters of a word that, with a small letter behind its full stop, is taken for an abbreviation.
const SHORT_WORD: usize = 4;

/// What ends between `said` and `next`, which is neither a space nor a mark that belongs to the ending.
///
/// `line_start` is the index at which the current line begins, if it is in `said`.
pub(super) fn boundary(said: &impl Said, line_start: Option<usize>, next: char) -> Boundary {
    let Some(ending) = ending(said) else {
        return Boundary::None;
    };
    let mark = said.at(ending.end - 1);
    if is_terminator(mark) {
        terminated(said, &ending, line_start, next)
    } else if is_clause(said, &ending, mark, next) {
        Boundary::Clause
    } else {
        Boundary::None
    }
}

/// Whether `c` still belongs to the marks that end `said`.
pub(super) fn continues(said: &impl Said, c: char) -> bool {
    is_terminator(c)
        || is_clause_mark(c)
        || is_closer(c)
        || (is_quote(c) && said.len() > 0 && said.at(said.len() - 1) != ' ')
}

fn ending(said: &impl Said) -> Option<Ending> {
    let mut end = said.len();
    let mut closed = false;
    let spaced = end > 0 && said.at(end - 1) == ' ';
    end -= usize::from(spaced);
    while end > 0 {
        let c = said.at(end - 1);
        // French puts a space before its closing quotes.
        let is_french = c == ' ' && closed && matches!(said.at(end), '»' | '›');
        if is_closer(c) || is_quote(c) || is_french {
            closed = true;
            end -= 1;
        } else {
            return Some(Ending { end, spaced, closed });
        }
    }
    None
}

fn is_clause(said: &impl Said, ending: &Ending, mark: char, next: char) -> bool {
    let before = |back: usize| ending.end.checked_sub(back).map(|index| said.at(index));
    let within_number = before(2).is_some_and(char::is_numeric) && next.is_numeric() && !ending.spaced;
    match mark {
        // A dash between spaces; without them it joins words and numbers.
        '-' | '–' => before(2) == Some(' ') && ending.spaced,
        '—' => !within_number,
        _ if is_wide_clause_mark(mark) => !within_number,
        _ if is_clause_mark(mark) => ending.spaced || is_wide(next),
        _ => false,
    }
}

fn terminated(said: &impl Said, ending: &Ending, line_start: Option<usize>, next: char) -> Boundary {
    let mut start = ending.end;
    let (mut full_stop, mut question, mut ellipsis) = (false, false, false);
    while start > 0 && is_terminator(said.at(start - 1)) {
        start -= 1;
        full_stop |= is_full_stop(said.at(start));
        question |= is_question(said.at(start));
        ellipsis |= said.at(start) == '…';
    }
    if full_stop {
        Boundary::Sentence
    } else if question {
        after_question(ending, next)
    } else if ellipsis || ending.end - start > 1 {
        after_ellipsis(ending, next)
    } else {
        after_period(said, ending, start, line_start, next)
    }
}

fn after_question(ending: &Ending, next: char) -> Boundary {
    match (ending.spaced, ending.closed && next.is_lowercase()) {
        // "Stop!" he said.
        (true, true) => Boundary::Clause,
        (true, false) => Boundary::Sentence,
        (false, _) if is_wide(next) => Boundary::Sentence,
        (false, _) => Boundary::None,
    }
}

fn after_ellipsis(ending: &Ending, next: char) -> Boundary {
    match (ending.spaced, ending.closed) {
        (true, _) if next.is_lowercase() => Boundary::Clause,
        (true, _) => Boundary::Sentence,
        (false, true) if is_wide(next) => Boundary::Sentence,
        (false, false) if is_wide(next) => Boundary::Clause,
        (false, _) => Boundary::None,
    }
}

fn after_period(
    said: &impl Said,
    ending: &Ending,
    period: usize,
    line_start: Option<usize>,
    next: char,
) -> Boundary {
    let mut start = period;
    while start > 0 && is_of_word(said.at(start - 1)) && period - start <= LONGEST {
        start -= 1;
    }
    let word: String = (start..period)
        .flat_map(|index| said.at(index).to_lowercase())
        .collect();
    let of_digits = !word.is_empty() && word.chars().all(char::is_numeric);
    if !ending.spaced {
        // Without a space it parts numbers, names of files and hosts; not so before CJK.
        return if is_wide(next) && !of_digits {
            Boundary::Sentence
        } else {
            Boundary::None
        };
    }
    let letters = period - start;
    if line_start == Some(start) && ((of_digits && letters <= 3) || letters == 1) {
        return Boundary::None; // The number of a list: "1." or "a."
    }
    if ending.closed {
        return if next.is_lowercase() {
            Boundary::Clause
        } else {
            Boundary::Sentence
        };
    }
    match abbreviation(&word) {
        Some(Abbreviation::Inside) => Boundary::None,
        Some(Abbreviation::BeforeNumber) if next.is_numeric() => Boundary::None,
        Some(Abbreviation::Anywhere) if next.is_lowercase() || next.is_numeric() => Boundary::None,
        Some(Abbreviation::Anywhere) if next.is_uppercase() => Boundary::NextWord,
        _ if next.is_lowercase() && letters > 0 && letters <= SHORT_WORD => Boundary::None,
        _ => Boundary::Sentence,
    }
}

fn is_of_word(c: char) -> bool {
    c == '.' || (c.is_alphanumeric() && !is_wide(c))
}
