//! What was said, so that another conversation can go on from there: the provider keeps none beyond its connection.

use std::collections::VecDeque;
use std::time::Duration;

use viva_domain::ports::{Message, MessageRole};
use viva_domain::turns::{speaking_time, split_heard};

/// Messages that are remembered; older ones are forgotten, as a model would when its context is full.
const MOST: usize = 200;

/// What the last answer is called that was given before the conversation. No response of the provider is called so.
pub(super) const GIVEN: &str = "given";

/// The conversation so far, oldest first.
#[derive(Debug, Default)]
pub(super) struct Memory {
    entries: VecDeque<Entry>,
}

#[derive(Debug)]
struct Entry {
    /// The provider's id of the user's item or of the response, or [`GIVEN`]; `None` for what was said before that.
    id: Option<String>,
    role: MessageRole,
    text: String,
    /// How many characters of it were heard, from the first that is no blank, as far as is known; `None` for all of them.
    heard: Option<usize>,
}

/// What one side said.
#[derive(Debug, Clone, Copy)]
pub(super) struct Said<'a> {
    /// What it is called here; `None` for what is certain.
    pub(super) id: Option<&'a str>,
    pub(super) role: MessageRole,
    /// As far as it was understood, and heard.
    pub(super) text: &'a str,
}

impl Memory {
    pub(super) fn new(history: Vec<Message>) -> Self {
        let mut memory = Self::default();
        for Message { role, text } in history {
            memory.push(None, role, text);
        }
        let is_answer = |entry: &&mut Entry| entry.role == MessageRole::Assistant;
        if let Some(last) = memory.entries.iter_mut().rfind(is_answer) {
            last.id = Some(GIVEN.to_owned());
        }
        memory
    }

    /// The user said something; the words come later.
    pub(super) fn user_spoke(&mut self, item_id: &str) {
        self.push(Some(item_id), MessageRole::User, String::new());
    }

    pub(super) fn user_said(&mut self, item_id: &str, text: &str) {
        if let Some(entry) = self.entry(item_id) {
            text.clone_into(&mut entry.text);
        }
    }

    pub(super) fn ai_begins(&mut self, response_id: &str) {
        self.push(Some(response_id), MessageRole::Assistant, String::new());
    }

    pub(super) fn ai_said(&mut self, response_id: &str, delta: &str) {
        if let Some(entry) = self.entry(response_id) {
            entry.text.push_str(delta);
        }
    }

    /// Only so many characters of an answer were heard, as far as is known: it may turn out to be more, or less.
    pub(super) fn ai_was_cut(&mut self, response_id: &str, chars: usize) {
        if let Some(entry) = self.entry(response_id) {
            entry.heard = Some(chars);
        }
    }

    /// An answer broke off after so much audio: its words may be ahead of that, and those never sound.
    pub(super) fn ai_broke_off(&mut self, response_id: &str, audio: Duration) {
        if let Some(entry) = self.entry(response_id) {
            let whole = audio.max(speaking_time(&entry.text));
            let sounded = split_heard(&entry.text, &[], audio, whole).heard;
            entry.heard = Some(sounded.trim_start().chars().count());
        }
    }

    /// Who said what, also where there are no words of it.
    pub(super) fn all(&self) -> impl DoubleEndedIterator<Item = Said<'_>> {
        self.entries.iter().map(Entry::said)
    }

    /// What was said under this name.
    pub(super) fn find(&self, id: &str) -> Option<Said<'_>> {
        self.all().rfind(|said| said.id == Some(id))
    }

    fn push(&mut self, id: Option<&str>, role: MessageRole, text: String) {
        if self.entries.len() == MOST {
            self.entries.pop_front();
        }
        self.entries.push_back(Entry {
            id: id.map(str::to_owned),
            role,
            text,
            heard: None,
        });
    }

    fn entry(&mut self, id: &str) -> Option<&mut Entry> {
        self.entries
            .iter_mut()
            .rev()
            .find(|entry| entry.id.as_deref() == Some(id))
    }
}

impl Entry {
    fn said(&self) -> Said<'_> {
        let text = self.text.trim_start();
        let end = self.heard.and_then(|chars| text.char_indices().nth(chars));
        Said {
            id: self.id.as_deref(),
            role: self.role,
            text: end.map_or(text, |(end, _)| &text[..end]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(memory: &Memory) -> Vec<(MessageRole, &str)> {
        let said = memory.all().map(|said| (said.role, said.text));
        said.filter(|(_, text)| !text.is_empty()).collect()
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
    fn blanks_at_the_beginning_are_not_counted() {
        let mut memory = Memory::new(Vec::new());
        memory.ai_begins("a");
        memory.ai_said("a", "\n 很好。");
        assert_eq!(texts(&memory), [(MessageRole::Assistant, "很好。")]);
        memory.ai_was_cut("a", 2);
        assert_eq!(texts(&memory), [(MessageRole::Assistant, "很好")]);
    }

    #[test]
    fn more_may_have_been_heard_than_was_known_at_the_cut() {
        let mut memory = Memory::new(Vec::new());
        memory.ai_begins("a");
        memory.ai_said("a", "很好。");
        for (chars, heard) in [(1, "很"), (2, "很好"), (0, ""), (9, "很好。"), (1, "很")] {
            memory.ai_was_cut("a", chars);
            let expected: Vec<_> = [(MessageRole::Assistant, heard)]
                .into_iter()
                .filter(|(_, heard)| !heard.is_empty())
                .collect();
            assert_eq!(texts(&memory), expected, "{chars}");
        }
    }

    #[test]
    fn of_what_was_given_the_last_answer_may_turn_out_to_be_shorter() {
        let given = [
            (MessageRole::Assistant, "Hello."),
            (MessageRole::Assistant, "It is noon."),
            (MessageRole::User, "Thanks."),
        ];
        let history = given.map(|(role, text)| Message {
            role,
            text: text.to_owned(),
        });
        let mut memory = Memory::new(history.into());
        memory.ai_was_cut(GIVEN, 5);
        assert_eq!(memory.find(GIVEN).map(|said| said.text), Some("It is"));
        let kept = [given[0], (MessageRole::Assistant, "It is"), given[2]];
        assert_eq!(texts(&memory), kept);
        assert!(Memory::new(Vec::new()).find(GIVEN).is_none());
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
