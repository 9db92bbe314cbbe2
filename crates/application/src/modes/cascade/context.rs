//! What the language model is told of the conversation: what both sides said, and of the AI's words those that were heard.

use viva_domain::ports::{Message, MessageRole};

/// How much text is kept, in bytes; what was said longest ago is forgotten first.
const MAX_BYTES: usize = 64 * 1024;

/// The conversation so far, oldest first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Conversation {
    messages: Vec<Message>,
}

impl Conversation {
    /// A conversation that goes on from what was said before.
    pub(crate) fn new(history: Vec<Message>) -> Self {
        let mut context = Self { messages: history };
        context.forget();
        context
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

    /// Of the AI's last words only so many characters were heard. Changes nothing when the user spoke since.
    pub(super) fn cut_answer(&mut self, chars: usize) {
        let Some(last) = self
            .messages
            .last_mut()
            .filter(|last| last.role == MessageRole::Assistant)
        else {
            return;
        };
        last.text = first_chars(&last.text, chars).trim_end().to_owned();
        if last.text.is_empty() {
            self.messages.pop();
        }
    }

    /// The messages, and what the user says next.
    pub(super) fn with_user(&self, words: &str) -> Vec<Message> {
        let mut with_words = self.clone();
        with_words.add(MessageRole::User, words);
        with_words.into_messages()
    }

    /// All of it.
    pub(crate) fn into_messages(self) -> Vec<Message> {
        self.messages
    }

    fn forget(&mut self) {
        let mut bytes: usize = self.messages.iter().map(|message| message.text.len()).sum();
        let mut forgotten = 0;
        while bytes > MAX_BYTES && forgotten + 1 < self.messages.len() {
            bytes -= self.messages[forgotten].text.len();
            forgotten += 1;
        }
        self.messages.drain(..forgotten);
    }
}

/// The beginning of a text.
pub(super) fn first_chars(text: &str, chars: usize) -> &str {
    text.char_indices()
        .nth(chars)
        .map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(context: &Conversation) -> Vec<String> {
        let line = |message: &Message| format!("{:?}: {}", message.role, message.text);
        context.messages.iter().map(line).collect()
    }

    #[test]
    fn the_models_words_count_as_far_as_they_were_heard() {
        let mut context = Conversation::default();
        context.add(MessageRole::User, " 說個故事。 ");
        context.add(MessageRole::Assistant, "從前有一隻龍。 It was green.");
        context.cut_answer(7);
        assert_eq!(lines(&context), ["User: 說個故事。", "Assistant: 從前有一隻龍。"]);
        context.cut_answer(100);
        assert_eq!(context.messages.len(), 2, "there is no more to cut");
        context.cut_answer(0);
        assert_eq!(
            lines(&context),
            ["User: 說個故事。"],
            "of which nothing was heard was not said"
        );
        context.cut_answer(0);
        assert_eq!(
            lines(&context),
            ["User: 說個故事。"],
            "the user's words were all said"
        );
    }

    #[test]
    fn what_the_user_says_next_is_not_kept_yet() {
        let mut context = Conversation::default();
        context.add(MessageRole::Assistant, "Hello.");
        context.add(MessageRole::User, "  ");
        assert_eq!(context.with_user("Hi.").len(), 2);
        assert_eq!(context.with_user("").len(), 1);
        assert_eq!(lines(&context), ["Assistant: Hello."]);
    }

    #[test]
    fn long_conversations_forget_their_beginning() {
        let mut context = Conversation::default();
        for n in 0..100 {
            context.add(MessageRole::User, &format!("{n} {}", "x".repeat(1_000)));
        }
        let first = lines(&context)[0].clone();
        assert!(first.starts_with("User: 3"), "{first:.20}");
        context.add(MessageRole::User, &"y".repeat(2 * MAX_BYTES));
        assert_eq!(context.messages.len(), 1, "what was said last is told whole");
    }
}
