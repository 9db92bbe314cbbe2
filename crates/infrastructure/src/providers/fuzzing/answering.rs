//! Answers that are read while they are written.

use super::keeps_the_key;
use crate::providers::language_model::{Decode, Said};
use crate::providers::transport::sse::{Event, Parser};

pub(super) fn events_of(body: &[u8]) -> Vec<Event> {
    let (mut parser, mut events) = (Parser::default(), Vec::new());
    parser.push(body, &mut events);
    events.extend(parser.finish());
    events
}

/// Reads an answer to its end, or to what is wrong with it.
pub(super) fn answer(body: &[u8], mut decode: impl Decode) {
    for event in events_of(body) {
        match decode.event(&event) {
            Ok(Said::Done(_)) => return,
            Ok(Said::Nothing | Said::Text(_)) => {}
            Err(err) => return keeps_the_key(&err),
        }
    }
    if let Err(err) = decode.end() {
        keeps_the_key(&err);
    }
}
