//! How transcripts are indexed: by words that both databases take as they are, so that both find the same.
//!
//! A word is kept whole and with its first letter and its first two, a run of characters as these and as pairs. So
//! whatever is short is one word of the index; a longer beginning stands for the few words that begin so, and a longer run
//! for the pairs that it is made of, after which the runs themselves have to be looked at.

use std::collections::BTreeSet;

use viva_domain::ids::UserId;
use viva_domain::sessions::{TextPiece, TextSearch};

use crate::db::entities::session_words;

/// A session of which there are more words is found by those that were said first. PostgreSQL takes no more than twice as
/// many bytes.
const MAX_BYTES: usize = 512 * 1024;
/// Stands in no transcript's word, and is part of a word for both databases.
const OWNER_MARK: char = '·';

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Term {
    Word(String),
    Beginning(String),
}

/// What a session of this user is found by, in which this was said, and before it what it is found by already.
pub(super) fn of_session<'a>(
    number: i64,
    owner: UserId,
    known: Option<&session_words::Model>,
    texts: impl IntoIterator<Item = &'a str>,
) -> session_words::Model {
    let known = |joined: fn(&session_words::Model) -> &str| {
        let words = known.map(joined).unwrap_or_default().split(' ');
        let words = words.filter(|word| !word.is_empty()).map(str::to_owned);
        words.collect::<BTreeSet<_>>()
    };
    let (mut words, mut runs) = (known(|row| &row.words), known(|row| &row.runs));
    words.insert(owner_word(owner));
    let mut bytes: usize = words.iter().map(|word| word.len() + 1).sum();
    for piece in texts.into_iter().flat_map(TextPiece::all_of) {
        for word in index_words(&piece) {
            if bytes + word.len() > MAX_BYTES {
                break;
            }
            if !words.contains(word) {
                bytes += word.len() + 1;
                words.insert(word.to_owned());
            }
        }
        if let Some(run) = long_run(&piece) {
            runs.insert(run.to_owned());
        }
    }
    let joined = |words: BTreeSet<String>| words.into_iter().collect::<Vec<_>>().join(" ");
    session_words::Model {
        number,
        runs: joined(runs),
        words: joined(words),
    }
}

/// The query for FTS5 that finds sessions of this user.
pub(super) fn fts5_query(owner: UserId, search: &TextSearch) -> String {
    let written = |term| match term {
        Term::Word(word) => format!("\"{word}\""),
        Term::Beginning(beginning) => format!("\"{beginning}\" *"),
    };
    let terms: Vec<_> = terms(owner, search).into_iter().map(written).collect();
    terms.join(" AND ")
}

/// The same as a `tsquery`.
pub(super) fn tsquery(owner: UserId, search: &TextSearch) -> String {
    let written = |term| match term {
        Term::Word(word) => format!("'{word}'"),
        Term::Beginning(beginning) => format!("'{beginning}':*"),
    };
    let terms: Vec<_> = terms(owner, search).into_iter().map(written).collect();
    terms.join(" & ")
}

/// The runs that the index knows by their pairs only.
pub(super) fn long_runs(search: &TextSearch) -> impl Iterator<Item = &str> {
    search.pieces().iter().filter_map(long_run)
}

fn long_run(piece: &TextPiece) -> Option<&str> {
    match piece {
        TextPiece::Run(run) if run.chars().count() > 2 => Some(run),
        TextPiece::Run(_) | TextPiece::Word(_) => None,
    }
}

/// The owner is one of the words: what others have does not slow a search down.
fn owner_word(owner: UserId) -> String {
    format!("{OWNER_MARK}{}", owner.as_uuid().simple())
}

fn terms(owner: UserId, search: &TextSearch) -> BTreeSet<Term> {
    let mut terms = BTreeSet::from([Term::Word(owner_word(owner))]);
    for piece in search.pieces() {
        match piece {
            TextPiece::Word(word) if word.chars().count() > 2 => {
                terms.insert(Term::Beginning(word.clone()));
            }
            TextPiece::Run(run) if run.chars().count() > 1 => {
                terms.extend(windows(run, 2).map(|pair| Term::Word(pair.to_owned())));
            }
            TextPiece::Word(short) | TextPiece::Run(short) => {
                terms.insert(Term::Word(short.clone()));
            }
        }
    }
    terms
}

fn index_words(piece: &TextPiece) -> Vec<&str> {
    match piece {
        TextPiece::Word(word) => [1, 2]
            .into_iter()
            .filter_map(|len| windows(word, len).next())
            .chain([word.as_str()])
            .collect(),
        TextPiece::Run(run) => windows(run, 1).chain(windows(run, 2)).collect(),
    }
}

/// The parts of so many characters, in order.
fn windows(text: &str, len: usize) -> impl Iterator<Item = &str> {
    let starts = text.char_indices().map(|(start, _)| start);
    let ends = starts.clone().chain([text.len()]).skip(len);
    starts.zip(ends).map(|(start, end)| &text[start..end])
}

#[cfg(test)]
mod tests {
    use viva_contract::samples::OWNER;

    use super::*;

    const OWNERS: &str = "·0199a6a4000070008000000000000001";

    fn search(text: &str) -> TextSearch {
        TextSearch::parse(text).unwrap()
    }

    #[test]
    fn words_have_their_beginnings_and_runs_their_pairs() {
        let row = of_session(7, OWNER, None, ["Go to bed,", "從前有 a bee", "從前"]);
        assert_eq!(
            row.words,
            format!("a b be bed bee g go t to {OWNERS} 前 前有 從 從前 有")
        );
        assert_eq!((row.number, row.runs.as_str()), (7, "從前有"));
    }

    #[test]
    fn what_is_said_later_is_added() {
        let texts = ["Go to bed,", "從前有 a bee", "從前", "Go! 很久以前"];
        let at_once = of_session(7, OWNER, None, texts);
        let one_by_one = texts.iter().fold(None, |known, text| {
            Some(of_session(7, OWNER, known.as_ref(), [*text]))
        });
        assert_eq!(one_by_one, Some(at_once));
    }

    #[test]
    fn nothing_said_is_found_by_its_owner() {
        let row = of_session(7, OWNER, None, ["", "…"]);
        assert_eq!((row.words.as_str(), row.runs.as_str()), (OWNERS, ""));
    }

    #[test]
    fn what_is_short_is_one_word_of_the_index() {
        assert_eq!(
            fts5_query(OWNER, &search("b To Bed 有 從前 從前有")),
            format!("\"b\" AND \"to\" AND \"{OWNERS}\" AND \"前有\" AND \"從前\" AND \"有\" AND \"bed\" *")
        );
        assert_eq!(
            tsquery(OWNER, &search("be bed 從前有")),
            format!("'be' & '{OWNERS}' & '前有' & '從前' & 'bed':*")
        );
    }

    #[test]
    fn only_what_the_pairs_do_not_prove_is_looked_up() {
        let search = search("bedtime 有 從前 從前有");
        assert_eq!(long_runs(&search).collect::<Vec<_>>(), ["從前有"]);
    }

    #[test]
    fn there_are_never_more_words_than_a_database_takes() {
        let texts: Vec<String> = (0..100_000).map(|n| format!("{n:032x}")).collect();
        let words = of_session(7, OWNER, None, texts.iter().map(String::as_str)).words;
        assert!(words.len() <= MAX_BYTES, "{}", words.len());
        assert!(words.contains(&texts[0]));
    }
}
