//! What a connection was told of what was said before it. How much was heard of its last answer may become known later: the
//! item is replaced then, since text cannot be truncated.

use viva_domain::ports::MessageRole;

use super::memory::{Memory, Said};
use super::outgoing::Outgoing;
use super::responses::Correction;

/// What the provider calls the place before the first item.
const FRONT: &str = "root";

/// What this connection was told.
#[derive(Debug, Default)]
pub(super) struct Reminded {
    /// How many items were made for it.
    items: usize,
    /// The last answer.
    answer: Option<Answer>,
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
    pub(super) fn of_all(memory: &Memory, out: &mut Outgoing) -> Self {
        let (mut items, mut answer) = (0, None);
        let mut last = FRONT.to_owned();
        for Said { id, role, text } in memory.all() {
            let item_id = (!text.trim().is_empty()).then(|| next_id(&mut items));
            if let Some(item_id) = &item_id {
                out.remind(item_id.clone(), None, role, text);
            }
            if role == MessageRole::Assistant {
                answer = id.map(|id| Answer {
                    id: id.to_owned(),
                    text: text.to_owned(),
                    item_id: item_id.clone(),
                    behind: last.clone(),
                });
            }
            last = item_id.unwrap_or(last);
        }
        Self { items, answer }
    }

    /// What was heard of this answer is remembered otherwise now: so the connection is told, if it was told of it.
    pub(super) fn correct(&mut self, id: &str, memory: &Memory, out: &mut Outgoing) {
        let text = memory.find(id).map_or("", |said| said.text);
        let is_it = |answer: &&mut Answer| answer.id == id && answer.text != text;
        let Some(answer) = self.answer.as_mut().filter(is_it) else {
            return;
        };
        text.clone_into(&mut answer.text);
        let before = answer.item_id.take();
        if !text.trim().is_empty() {
            // Behind the one that is deleted: if this is refused, too much is known rather than nothing.
            let behind = before.as_ref().unwrap_or(&answer.behind).clone();
            let item_id = next_id(&mut self.items);
            answer.item_id = Some(item_id.clone());
            out.remind(item_id, Some(behind), MessageRole::Assistant, text);
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
