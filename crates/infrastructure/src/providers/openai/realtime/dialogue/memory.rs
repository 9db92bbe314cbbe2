//! What was said, so that another conversation can go on from there: the provider keeps none beyond its connection.

use std::collections::VecDeque;

use viva_domain::ports::{Message, MessageRole};

/// Messages that are remembered; older ones are forgotten, as a model would when its context is full.
const MOST: usize = 200;

/// The conversation so far, oldest first.
#[derive(Debug, Default)]
pub(super) struct Memory {
    entries: VecDeque<Entry>,
}

#[derive(Debug)]
struct Entry {
    /// The provider's id of the user's item or of the response; `None` for what was said before.
    id: Option<String>,
    message: Message,
}

impl Memory {
    pub(super) fn new(history: Vec<Message>) -> Self {
        let mut memory = Self::default();
        for message in history {
            memory.push(None, message);
        }
        memory
    }

    /// The user said something; the words come later.
    pub(super) fn user_spoke(&mut self, item_id: &str) {
        self.push(Some(item_id), message(MessageRole::User));
    }

    pub(super) fn user_said(&mut self, item_id: &str, text: &str) {
        if let Some(entry) = self.entry(item_id) {
            text.clone_into(&mut entry.message.text);
        }
    }

    pub(super) fn ai_begins(&mut self, response_id: &str) {
        self.push(Some(response_id), message(MessageRole::Assistant));
    }

    pub(super) fn ai_said(&mut self, response_id: &str, delta: &str) {
        if let Some(entry) = self.entry(response_id) {
            entry.message.text.push_str(delta);
        }
    }

    /// Only so many characters of an answer were heard.
    pub(super) fn ai_was_cut(&mut self, response_id: &str, chars: usize) {
        if let Some(entry) = self.entry(response_id) {
            entry.message.text = entry.message.text.chars().take(chars).collect();
        }
    }

    /// What there is words of.
    pub(super) fn messages(&self) -> impl Iterator<Item = &Message> {
        self.entries
            .iter()
            .map(|entry| &entry.message)
            .filter(|message| !message.text.trim().is_empty())
    }

    fn push(&mut self, id: Option<&str>, message: Message) {
        if self.entries.len() == MOST {
            self.entries.pop_front();
        }
        self.entries.push_back(Entry {
            id: id.map(str::to_owned),
            message,
        });
    }

    fn entry(&mut self, id: &str) -> Option<&mut Entry> {
        self.entries
            .iter_mut()
            .rev()
            .find(|entry| entry.id.as_deref() == Some(id))
    }
}

fn message(role: MessageRole) -> Message {
    Message {
        role,
        text: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(memory: &Memory) -> Vec<(MessageRole, &str)> {
        memory
            .messages()
            .map(|message| (message.role, message.text.as_str()))
            .collect()
    }

    #[test]
    fn words_that_come_late_keep_their_place() {
        let earlier = Message {
            role: MessageRole::User,
            text: "Hi.".to_owned(),
        };
        let mut memory = Memory::new(vec![earlier]);
        memory.user_spoke("u");
        memory.ai_begins("r");
        memory.ai_said("r", "It is ");
        memory.ai_said("r", "noon.");
        memory.user_said("u", "What time is it?");
        memory.user_spoke("not understood");
        let expected = [
            (MessageRole::User, "Hi."),
            (MessageRole::User, "What time is it?"),
            (MessageRole::Assistant, "It is noon."),
        ];
        assert_eq!(texts(&memory), expected);
    }

    #[test]
    fn what_was_not_heard_was_not_said() {
        let mut memory = Memory::new(Vec::new());
        for (id, chars) in [("a", 2), ("b", 0), ("c", 9)] {
            memory.ai_begins(id);
            memory.ai_said(id, "很好。");
            memory.ai_was_cut(id, chars);
        }
        assert_eq!(
            texts(&memory),
            [
                (MessageRole::Assistant, "很好"),
                (MessageRole::Assistant, "很好。")
            ]
        );
    }

    #[test]
    fn the_oldest_is_forgotten_first() {
        let mut memory = Memory::new(Vec::new());
        for number in 0..=MOST {
            memory.ai_begins(&number.to_string());
            memory.ai_said(&number.to_string(), &number.to_string());
        }
        let texts = texts(&memory);
        assert_eq!((texts.len(), texts[0].1), (MOST, "1"));
    }
}
