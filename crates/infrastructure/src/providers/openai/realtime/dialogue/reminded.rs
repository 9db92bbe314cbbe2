//! What a connection was told of what was said before it. How much was heard of its last two answers may become known later:
//! the item is replaced then, since text cannot be truncated. Nor can servers of the beta truncate anything: of an answer of
//! their own that was cut they are told in the same way what was heard.

use std::collections::HashSet;

use viva_domain::ports::MessageRole;

use super::memory::{Memory, Said};
use super::outgoing::Outgoing;
use super::responses::Correction;
use crate::providers::openai::realtime::dialect::Dialect;

/// What the provider calls the place before the first item.
const FRONT: &str = "root";
/// The answer that plays may be followed by one that is said already.
const MOST_ANSWERS: usize = 2;

/// What this connection was told.
#[derive(Debug, Default)]
pub(super) struct Reminded {
    dialect: Dialect,
    /// How many items were made for it.
    items: usize,
    /// The last answers.
    answers: Vec<Answer>,
    /// Items of a server of the beta that were deleted.
    gone: HashSet<String>,
}

#[derive(Debug)]
struct Answer {
    /// What it is called in the memory.
    id: String,
    text: String,
    /// The item that says it; `None` while nothing of it was heard.
    item_id: Option<String>,
    /// The item before it.
    behind: String,
}

impl Reminded {
    /// Tells a new connection all that is remembered.
    pub(super) fn of_all(dialect: Dialect, memory: &Memory, out: &mut Outgoing) -> Self {
        let (mut items, mut answers) = (0, Vec::new());
        let mut last = FRONT.to_owned();
        for Said { id, role, text } in memory.all() {
            let item_id = (!text.trim().is_empty()).then(|| next_id(&mut items));
            if let Some(item_id) = &item_id {
                out.remind(item_id.clone(), None, role, text);
            }
            if let (MessageRole::Assistant, Some(id)) = (role, id) {
                answers.push(Answer {
                    id: id.to_owned(),
                    text: text.to_owned(),
                    item_id: item_id.clone(),
                    behind: last.clone(),
                });
            }
            last = item_id.unwrap_or(last);
        }
        answers.drain(..answers.len().saturating_sub(MOST_ANSWERS));
        Self {
            dialect,
            items,
            answers,
            gone: HashSet::new(),
        }
    }

    /// The server must forget what was not heard of an answer of its own. Where it cannot truncate, the item is deleted and
    /// what was heard told anew.
    pub(super) fn amend(
        &mut self,
        id: &str,
        corrections: Vec<Correction>,
        memory: &Memory,
        out: &mut Outgoing,
    ) {
        if self.dialect == Dialect::Ga {
            return out.correct(corrections);
        }
        let mut deletions = Vec::new();
        for correction in corrections {
            let (Correction::Truncate { item_id, .. } | Correction::Delete { item_id }) = &correction;
            if !self.gone.insert(item_id.clone()) {
                continue;
            }
            if matches!(correction, Correction::Truncate { .. }) {
                self.retell(id, memory, out);
            }
            let item_id = item_id.clone();
            deletions.push(Correction::Delete { item_id });
        }
        out.correct(deletions);
    }

    /// Tells what was heard of an answer behind all that was said.
    fn retell(&mut self, id: &str, memory: &Memory, out: &mut Outgoing) {
        let text = memory.find(id).map_or("", |said| said.text);
        if text.trim().is_empty() || self.answers.iter().any(|answer| answer.id == id) {
            return;
        }
        let item_id = next_id(&mut self.items);
        out.remind(item_id.clone(), None, MessageRole::Assistant, text);
        self.answers.push(Answer {
            id: id.to_owned(),
            text: text.to_owned(),
            item_id: Some(item_id),
            behind: FRONT.to_owned(),
        });
        if self.answers.len() > MOST_ANSWERS {
            self.answers.remove(0);
        }
    }

    /// What was heard of this answer is remembered otherwise now: so the connection is told, if it was told of it.
    pub(super) fn correct(&mut self, id: &str, memory: &Memory, out: &mut Outgoing) {
        let text = memory.find(id).map_or("", |said| said.text);
        let is_it = |answer: &Answer| answer.id == id && answer.text != text;
        let before = self.answers.iter().take_while(|answer| !is_it(answer)).count();
        let [answer, later @ ..] = &mut self.answers[before..] else {
            return;
        };
        text.clone_into(&mut answer.text);
        let before = answer.item_id.take();
        let place = before.as_ref().unwrap_or(&answer.behind).clone();
        if !text.trim().is_empty() {
            // Behind the one that is deleted: if this is refused, too much is known rather than nothing.
            let item_id = next_id(&mut self.items);
            answer.item_id = Some(item_id.clone());
            out.remind(item_id, Some(place.clone()), MessageRole::Assistant, text);
        }
        let now = answer.item_id.as_ref().unwrap_or(&answer.behind);
        for later in later.iter_mut().filter(|later| later.behind == place) {
            later.behind.clone_from(now);
        }
        if let Some(item_id) = before {
            out.correct(vec![Correction::Delete { item_id }]);
        }
    }
}

/// A name for another item, which no other of the connection has.
fn next_id(items: &mut usize) -> String {
    *items += 1;
    format!("viva_{items}")
}
