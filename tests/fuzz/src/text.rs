//! Text: server-sent events, answers that are cut for a voice, words that are spoken.

use viva_application::modes::pieces_of;
use viva_infrastructure::providers::fuzzing;
use viva_infrastructure::providers::transport::sse::{Event, Parser};

use crate::cut;

/// Server-sent events.
///
/// # Panics
/// When the events depend on the pieces that they come in.
pub fn sse(data: &[u8]) {
    let (piece, data) = cut(data);
    let whole = events([data]);
    assert_eq!(events(data.chunks(piece)), whole);
    let (front, back) = data.split_at(piece.min(data.len()));
    assert_eq!(events([front, b"", back]), whole);
}

fn events<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Event> {
    let (mut parser, mut events) = (Parser::default(), Vec::new());
    for piece in pieces {
        parser.push(piece, &mut events);
    }
    events.extend(parser.finish());
    events
}

/// What is spoken of an answer.
///
/// # Panics
/// When pieces depend on how the answer was streamed, or do not cover it.
pub fn pieces(data: &[u8]) {
    let (piece, data) = cut(data);
    let text = String::from_utf8_lossy(data);
    let whole = pieces_of([&*text]);
    let deltas: Vec<String> = text
        .chars()
        .collect::<Vec<_>>()
        .chunks(piece)
        .map(|delta| delta.iter().collect())
        .collect();
    assert_eq!(pieces_of(deltas.iter().map(String::as_str)), whole);
    let covered: usize = whole.iter().map(|(_, chars, _)| chars).sum();
    assert_eq!(covered, text.chars().count(), "they do not add up to the text");
    for (index, (spoken, chars, covers)) in whole.iter().enumerate() {
        assert!(
            !spoken.is_empty() || index + 1 == whole.len(),
            "nothing is said before the end"
        );
        assert!(!spoken.contains(char::is_control), "{spoken:?}");
        assert!(
            spoken.chars().count() <= covers.len(),
            "{spoken:?} covers {covers:?}"
        );
        let is_within = covers.last().is_none_or(|last| last <= chars);
        assert!(
            covers.is_sorted() && is_within,
            "{spoken:?} covers {covers:?} of {chars}"
        );
    }
}

/// When which word of a text is spoken: the text, and a line for each word or character with its times.
pub fn words(data: &[u8]) {
    let script = String::from_utf8_lossy(data);
    let mut lines = script.split('\n');
    let text = lines.next().unwrap_or_default();
    let words: Vec<_> = lines.take(100).map(word).collect();
    fuzzing::words(text, &words);
}

/// As `word 0.5 0.75`, without the second time for a character.
fn word(line: &str) -> (&str, f64, Option<f64>) {
    let mut parts = line.split(' ');
    let word = parts.next().unwrap_or_default();
    let mut seconds = || parts.next().and_then(|part| part.parse().ok());
    (word, seconds().unwrap_or_default(), seconds())
}
