//! Decides where a piece ends.
//!
//! Lengths are in Latin letters; a Chinese, Japanese or Korean letter counts as three. The first piece ends at the
//! first clause of at least 12 or sentence of at least 6; later pieces are whole sentences, joined until they have
//! at least 24. No piece is longer than 240, the first no longer than 120: a longer sentence is cut at its last clause,
//! else at its last space, else where it is.

mod boundary;
pub(super) mod marks;
mod words;

use boundary::{Boundary, Said};
use marks::{is_attached, is_clause_mark, is_closer, is_han_or_kana, is_quote, is_terminator, width};

use super::Piece;
use super::speech::Sound;

/// A shorter clause is too little for a piece of its own, even for the first: a single word would stutter.
const FIRST_CLAUSE: usize = 12;
/// "Hello!" and "你好。" are spoken at once, "Yes." is not.
const FIRST_SENTENCE: usize = 6;
/// A shorter sentence is spoken with the next one: voices sound better with more to say, and each piece costs a request.
const SENTENCE: usize = 24;
/// Nobody waits longer than this for the first piece.
pub(super) const FIRST_MOST: usize = 120;
/// About sixteen seconds of speech.
pub(super) const MOST: usize = 240;
/// How far back a cut within a word looks for a letter that can begin a piece.
const LOOK_BACK: usize = 8;

/// Takes sounds and makes pieces of them.
#[derive(Debug)]
pub(super) struct Cutter {
    /// What was taken since the last piece.
    said: Vec<Item>,
    /// Characters of the text before the first item that are not spoken.
    lead: usize,
    /// Of all items.
    width: usize,
    is_first: bool,
    /// Index of the first item that makes a piece worth speaking.
    sayable: Option<usize>,
    /// Index behind the last clause or sentence, and behind the last space: where an overlong piece is cut.
    clause: Option<usize>,
    space: Option<usize>,
    /// Index at which the current line begins, unless that is in an earlier piece.
    line_start: Option<usize>,
    /// Index behind an abbreviation; the word that follows decides whether a sentence ends there.
    undecided: Option<usize>,
}

/// A spoken character.
#[derive(Debug, Clone, Copy)]
struct Item {
    c: char,
    /// Characters of the text that it covers.
    chars: usize,
}

impl Said for Vec<Item> {
    fn len(&self) -> usize {
        self.len()
    }

    fn at(&self, index: usize) -> char {
        self[index].c
    }
}

impl Cutter {
    pub(super) fn new() -> Self {
        Self {
            said: Vec::new(),
            lead: 0,
            width: 0,
            is_first: true,
            sayable: None,
            clause: None,
            space: None,
            line_start: Some(0),
            undecided: None,
        }
    }

    /// Takes the next sound; adds the pieces that are complete now.
    pub(super) fn take(&mut self, sound: Sound, pieces: &mut Vec<Piece>) {
        match sound {
            Sound::Char { c, chars } => self.take_char(c, chars, pieces),
            Sound::Space { chars } => {
                self.decide(pieces);
                self.push_space(chars);
            }
            Sound::Break { chars } => self.end_line(chars, pieces),
            Sound::Silent { chars } => match self.said.last_mut() {
                Some(item) => item.chars += chars,
                None => self.lead += chars,
            },
        }
    }

    /// Adds what is left as pieces.
    pub(super) fn finish(&mut self, pieces: &mut Vec<Piece>) {
        self.decide(pieces);
        if self.sayable.is_none() {
            self.silence();
        }
        if self.lead > 0 || !self.said.is_empty() {
            self.cut(self.said.len(), pieces);
        }
    }

    fn take_char(&mut self, c: char, chars: usize, pieces: &mut Vec<Piece>) {
        if let Some(at) = self.undecided
            && (!c.is_alphabetic() || self.said.len() - at > words::LONGEST)
        {
            self.decide(pieces);
        }
        if !boundary::continues(&self.said, c) {
            let at = self.said.len();
            match boundary::boundary(&self.said, self.line_start, c) {
                Boundary::None => {}
                Boundary::NextWord => self.undecided = Some(at),
                Boundary::Clause => {
                    let least = if self.is_first { FIRST_CLAUSE } else { usize::MAX };
                    self.offer(at, least, pieces);
                }
                Boundary::Sentence => self.offer_sentence(at, pieces),
            }
        }
        self.push(Item { c, chars }, pieces);
    }

    /// A line ends a sentence, also without a mark; then one is spoken.
    fn end_line(&mut self, chars: usize, pieces: &mut Vec<Piece>) {
        self.decide(pieces);
        if let Some(last) = self.last_but_closers()
            && !is_terminator(last)
            && !is_clause_mark(last)
        {
            let c = if is_han_or_kana(last) { '。' } else { '.' };
            self.push(Item { c, chars: 0 }, pieces);
        }
        self.push_space(chars);
        self.line_start = Some(self.said.len());
        self.offer_sentence(self.said.len(), pieces);
    }

    fn last_but_closers(&self) -> Option<char> {
        self.said
            .iter()
            .rev()
            .map(|item| item.c)
            .find(|&c| c != ' ' && !is_closer(c) && !is_quote(c))
    }

    /// Decides what was left open, now that the word behind it is complete.
    fn decide(&mut self, pieces: &mut Vec<Piece>) {
        let Some(at) = self.undecided.take() else { return };
        let word: String = self.said[at..]
            .iter()
            .flat_map(|item| item.c.to_lowercase())
            .collect();
        if words::opens_sentence(word.trim_end()) {
            self.offer_sentence(at, pieces);
        }
    }

    fn offer_sentence(&mut self, at: usize, pieces: &mut Vec<Piece>) {
        self.offer(at, if self.is_first { FIRST_SENTENCE } else { SENTENCE }, pieces);
    }

    /// Cuts at an index if what is before it is worth a piece.
    fn offer(&mut self, at: usize, least: usize, pieces: &mut Vec<Piece>) {
        if self.is_sayable(at) && self.width_before(at) >= least {
            self.cut(at, pieces);
        } else {
            self.clause = Some(at);
        }
    }

    fn push_space(&mut self, chars: usize) {
        match self.said.last_mut() {
            None => self.lead += chars,
            Some(item) if item.c == ' ' => item.chars += chars,
            Some(_) => {
                self.said.push(Item { c: ' ', chars });
                self.width += 1;
                self.space = Some(self.said.len());
            }
        }
    }

    fn push(&mut self, item: Item, pieces: &mut Vec<Piece>) {
        let most = if self.is_first { FIRST_MOST } else { MOST };
        if self.width + width(item.c) > most {
            self.cut_overlong(most, item.c, pieces);
        }
        if self.sayable.is_none() && item.c.is_alphanumeric() {
            self.sayable = Some(self.said.len());
        }
        self.width += width(item.c);
        self.said.push(item);
    }

    /// Makes room for `next`.
    fn cut_overlong(&mut self, most: usize, next: char, pieces: &mut Vec<Piece>) {
        let place = [self.clause, self.space]
            .into_iter()
            .flatten()
            .find(|&at| self.is_sayable(at) && self.width_before(at) * 3 >= most);
        let at = place.unwrap_or_else(|| self.cut_within_word(next));
        if self.is_sayable(at) {
            self.cut(at, pieces);
        } else {
            self.silence();
        }
    }

    /// The end of what was said, or a few letters before it when a piece cannot begin with what comes there.
    fn cut_within_word(&self, next: char) -> usize {
        let end = self.said.len();
        let at = |index: usize| self.said.get(index).map_or(next, |item| item.c);
        (end.saturating_sub(LOOK_BACK)..=end)
            .rev()
            .find(|&index| !is_attached(at(index)))
            .unwrap_or(end)
    }

    /// Without the space at its end.
    fn width_before(&self, at: usize) -> usize {
        let all = if at == self.said.len() {
            self.width
        } else {
            self.said[..at].iter().map(|item| width(item.c)).sum()
        };
        all - usize::from(at > 0 && self.said[at - 1].c == ' ')
    }

    fn is_sayable(&self, at: usize) -> bool {
        self.sayable.is_some_and(|index| index < at)
    }

    /// Makes a piece of all before an index.
    fn cut(&mut self, at: usize, pieces: &mut Vec<Piece>) {
        let mut spoken = String::with_capacity(at);
        let mut chars = std::mem::take(&mut self.lead);
        let mut covers = Vec::with_capacity(at);
        for item in self.said.drain(..at) {
            spoken.push(item.c);
            chars += item.chars;
            covers.push(chars);
        }
        spoken.truncate(spoken.trim_end().len());
        pieces.push(Piece {
            spoken,
            chars,
            covers,
        });
        self.is_first = false;
        self.width = self.said.iter().map(|item| width(item.c)).sum();
        self.sayable = self.said.iter().position(|item| item.c.is_alphanumeric());
        let moved = |place: Option<usize>| place.and_then(|index| index.checked_sub(at));
        self.clause = moved(self.clause);
        self.space = moved(self.space);
        self.line_start = moved(self.line_start);
        self.undecided = moved(self.undecided);
    }

    /// Gives up what was taken, in which there is nothing to say.
    fn silence(&mut self) {
        self.lead += self.said.drain(..).map(|item| item.chars).sum::<usize>();
        self.width = 0;
        (self.clause, self.space, self.undecided) = (None, None, None);
        self.line_start = None;
    }
}
