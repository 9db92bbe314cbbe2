//! Cuts the text of a language model, as it streams in, into pieces for a voice.
//!
//! Two steps, each fed one character at a time, so that the pieces do not depend on how the text was streamed:
//! [`speech`] takes away what no voice can say, [`cutting`] decides where a piece ends. Neither goes back
//! further than the bounds of what it holds, so an answer costs time in proportion to its length.

mod cutting;
mod speech;
#[cfg(test)]
mod tests;

use cutting::Cutter;
use speech::{Cleaner, Sound};

/// One piece of an answer, to be spoken at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    /// What is spoken: without Markdown, emoji, and what no voice can say. Only the last piece of an answer can be
    /// empty, when text was left in which there is nothing to say.
    pub spoken: String,
    /// Number of characters (`char`s) of the transcript's text that this piece covers, from the end of the piece
    /// before; all pieces of an answer add up to its whole text.
    pub chars: usize,
    /// The same up to the end of each spoken character.
    pub covers: Vec<usize>,
}

impl Piece {
    /// How many characters of the transcript's text are covered by the first so many of the spoken ones.
    pub(super) fn covered_by(&self, spoken: usize) -> usize {
        let last = spoken.checked_sub(1);
        last.map_or(0, |last| self.covers.get(last).copied().unwrap_or(self.chars))
    }
}

/// Cuts one answer into pieces: an early clause first, then whole sentences.
#[derive(Debug)]
pub(super) struct Splitter {
    cleaner: Cleaner,
    cutter: Cutter,
    /// What the cleaner made of the last character; empty between two calls.
    sounds: Vec<Sound>,
}

impl Splitter {
    pub(super) fn new() -> Self {
        Self {
            cleaner: Cleaner::new(),
            cutter: Cutter::new(),
            sounds: Vec::new(),
        }
    }

    /// Takes more of the answer; adds the pieces that are complete now.
    pub(super) fn push(&mut self, delta: &str, pieces: &mut Vec<Piece>) {
        for c in delta.chars() {
            self.cleaner.take(c, &mut self.sounds);
            self.cut(pieces);
        }
    }

    /// Ends the answer; adds the pieces that were left, none when all of the text was in pieces before. The splitter is
    /// then ready for another answer.
    pub(super) fn finish(&mut self, pieces: &mut Vec<Piece>) {
        self.cleaner.finish(&mut self.sounds);
        self.cut(pieces);
        self.cutter.finish(pieces);
        *self = Self::new();
    }

    fn cut(&mut self, pieces: &mut Vec<Piece>) {
        for sound in self.sounds.drain(..) {
            self.cutter.take(sound, pieces);
        }
    }
}

/// The pieces of an answer that is streamed in these parts, for the fuzz targets: what is spoken, how much of the text each covers,
/// and up to each spoken character.
#[cfg(feature = "fuzzing")]
pub fn pieces_of<'a>(deltas: impl IntoIterator<Item = &'a str>) -> Vec<(String, usize, Vec<usize>)> {
    let (mut splitter, mut pieces) = (Splitter::new(), Vec::new());
    for delta in deltas {
        splitter.push(delta, &mut pieces);
    }
    splitter.finish(&mut pieces);
    let parts = |piece: Piece| (piece.spoken, piece.chars, piece.covers);
    pieces.into_iter().map(parts).collect()
}
