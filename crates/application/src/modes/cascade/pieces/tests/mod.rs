mod properties;
mod speech;
mod wholes;

use super::{Piece, Splitter};

/// Splits a text that comes in these deltas.
fn split<'a>(deltas: impl IntoIterator<Item = &'a str>) -> Vec<Piece> {
    let mut splitter = Splitter::new();
    let mut pieces = Vec::new();
    for delta in deltas {
        splitter.push(delta, &mut pieces);
    }
    splitter.finish(&mut pieces);
    pieces
}

/// What is spoken of a text, piece by piece.
fn spoken(text: &str) -> Vec<String> {
    split([text]).into_iter().map(|piece| piece.spoken).collect()
}
