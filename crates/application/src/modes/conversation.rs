//! What both sides said, as far as it is remembered.

use std::ops::Range;

use viva_domain::ports::{Message, MessageRole};

/// How much text is kept, in bytes; what was said longest ago is forgotten first.
const MAX_BYTES: usize = 64 * 1024;

/// The conversation so far, oldest first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Conversation {
    messages: Vec<Message>,
    /// How many came before these.
    forgotten: usize,
}

impl Conversation {
    /// A conversation that goes on from what was said before.
    pub(crate) fn new(history: Vec<Message>) -> Self {
        let mut conversation = Self {
            messages: history,
            forgotten: 0,
        };
        conversation.forget();
        conversation
    }

    /// One side said something; nothing is not kept.
    pub(crate) fn add(&mut self, role: MessageRole, text: &str) {
        let text = text.trim();
        if !text.is_empty() {
            let text = text.to_owned();
            self.messages.push(Message { role, text });
            self.forget();
        }
    }

    /// Where the next message comes: so many came before.
    pub(crate) fn end(&self) -> usize {
        self.forgotten + self.messages.len()
    }

    /// What one side said last, and where.
    pub(crate) fn last_of(&self, role: MessageRole) -> Option<(Range<usize>, String)> {
        let index = self.messages.iter().rposition(|message| message.role == role)?;
        let place = self.forgotten + index;
        Some((place..place + 1, self.messages[index].text.clone()))
    }

    /// This was said at a place, and not the message that is there, if one is. Nothing is not kept.
    pub(crate) fn correct(&mut self, place: Range<usize>, role: MessageRole, text: &str) {
        let Some(begin) = place.start.checked_sub(self.forgotten) else {
            return; // It is forgotten.
        };
        let end = begin + place.len();
        if end <= self.messages.len() {
            let text = text.trim().to_owned();
            let said = (!text.is_empty()).then_some(Message { role, text });
            self.messages.splice(begin..end, said);
            self.forget();
        }
    }

    /// All of it.
    pub(crate) fn into_messages(self) -> Vec<Message> {
        self.messages
    }

    fn forget(&mut self) {
        let sizes = self.messages.iter().rev().map(|message| message.text.len());
        let forgotten = self.messages.len() - kept(sizes);
        self.messages.drain(..forgotten);
        self.forgotten += forgotten;
    }
}

/// How much of what was said is kept, of which these are the sizes in bytes, newest first. What was said last is kept whole.
pub(crate) fn kept(sizes: impl ExactSizeIterator<Item = usize>) -> usize {
    let is_any = sizes.len() > 0;
    let mut bytes = 0;
    let fits = |size: &usize| {
        bytes += size;
        bytes <= MAX_BYTES
    };
    sizes.take_while(fits).count().max(usize::from(is_any))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_conversations_forget_their_beginning() {
        let mut conversation = Conversation::default();
        for n in 0..100 {
            conversation.add(MessageRole::User, &format!("{n} {}", "x".repeat(1_000)));
        }
        let first = conversation.clone().into_messages()[0].text.clone();
        assert!(first.starts_with('3'), "{first:.20}");
        conversation.add(MessageRole::User, &"y".repeat(2 * MAX_BYTES));
        let messages = conversation.into_messages();
        assert_eq!(messages.len(), 1, "what was said last is told whole");
    }

    #[test]
    fn what_was_said_is_corrected_where_it_was_said() {
        let mut conversation = Conversation::default();
        let long = "x".repeat(MAX_BYTES / 2);
        for text in ["One.", &long, "Three.", "Four."] {
            conversation.add(MessageRole::User, text);
        }
        conversation.correct(2..3, MessageRole::Assistant, " Drei. ");
        conversation.correct(4..4, MessageRole::Assistant, "Five.");
        conversation.correct(3..4, MessageRole::Assistant, " ");
        let texts = |conversation: &Conversation| -> Vec<String> {
            let messages = conversation.messages.iter();
            messages.map(|message| message.text.clone()).collect()
        };
        assert_eq!(texts(&conversation), ["One.", &long, "Drei.", "Five."]);
        conversation.add(MessageRole::User, &long);
        conversation.correct(1..2, MessageRole::Assistant, "Two.");
        assert_eq!(conversation.end(), 5);
        conversation.correct(5..6, MessageRole::Assistant, "Nothing is there.");
        assert_eq!(
            texts(&conversation),
            ["Drei.", "Five.", &long],
            "what is forgotten stays so"
        );
    }

    #[test]
    fn of_nothing_nothing_is_kept() {
        assert_eq!(kept([].into_iter()), 0);
        assert_eq!(kept([MAX_BYTES, 1].into_iter()), 1);
        assert_eq!(kept([MAX_BYTES + 1, 1].into_iter()), 1);
    }
}
