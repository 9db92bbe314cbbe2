//! Mouths on a socket, as `mouths` drives them.

use bytes::Bytes;
use viva_domain::ports::SpeechPart;

use super::{Names, go_on_through, keeps_the_key, steps};
use crate::providers::mouths::{Dialect, Progress};
use crate::providers::transport::socket::Frame;

pub(super) fn speak<D: Dialect>(script: &[u8], make: impl FnOnce(String) -> D) {
    let mut lines = steps(script).into_iter();
    let text = lines.next().unwrap_or_default();
    let mut dialect = make(text.clone());
    let mut names = Names::default();
    for message in dialect.ask() {
        names.learn(&message);
    }
    let mut parts: Vec<SpeechPart> = Vec::new();
    for line in lines {
        let frame = match line.strip_prefix('!') {
            Some(bytes) => Frame::Binary(Bytes::copy_from_slice(bytes.as_bytes())),
            None => Frame::Text(names.fill(&line).into_owned()),
        };
        match dialect.hear(&frame, &mut parts) {
            Ok(Progress::GoesOn) => {}
            Ok(Progress::Over) => break,
            Err(err) => {
                keeps_the_key(&err);
                break;
            }
        }
    }
    go_on_through(&text, &parts);
}
