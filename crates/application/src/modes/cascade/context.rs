//! What the language model is told of the conversation: what both sides said, and of the AI's words those that were heard.

use std::ops::Range;

use viva_domain::ports::{Message, MessageRole};

use crate::modes::conversation::Conversation;

/// A conversation, and the turn of which not everything is certain yet.
#[derive(Debug, Default)]
pub(super) struct Context {
    certain: Conversation,
    last: Exchange,
    /// How many answers were settled.
    answers: u64,
    /// The answer that was settled last.
    said: Option<Said>,
    /// The answer that was cut last; before any was, the last one that was said before.
    cut: Option<Said>,
}

/// An answer that is over.
#[derive(Debug, Clone)]
struct Said {
    /// The how many-eth it is; 0 for what was said before.
    number: u64,
    /// As it was told.
    answer: String,
    /// Where it is; empty when nothing of it was heard.
    place: Range<usize>,
}

/// The last turn that was answered. Until the next one it may turn out that the user was not done, or that less of the
/// answer was heard.
#[derive(Debug, Default)]
struct Exchange {
    words: String,
    /// As it was told.
    answer: String,
    /// Something was told of it, of which nothing may be left.
    is_answered: bool,
}

impl Context {
    /// A conversation that goes on from what was said before.
    pub(super) fn new(history: Vec<Message>) -> Self {
        let certain = Conversation::new(history);
        let cut = certain
            .last_of(MessageRole::Assistant)
            .map(|(place, answer)| Said {
                number: 0,
                answer,
                place,
            });
        Self {
            certain,
            cut,
            ..Self::default()
        }
    }

    /// The user's turn is answered; empty when nothing was understood.
    pub(super) fn ask(&mut self, words: String) {
        self.settle();
        self.last.words = words;
    }

    /// The AI says more.
    pub(super) fn answer(&mut self, delta: &str) {
        self.last.answer.push_str(delta);
        self.last.is_answered = true;
    }

    /// Nothing more comes of the answer, and only the beginning of it can be heard.
    pub(super) fn break_off(&mut self, chars: usize) {
        let heard = first_chars(&self.last.answer, chars).len();
        self.last.answer.truncate(heard);
    }

    /// The turn that was answered last is not over: what the user said of it. Nothing was answered.
    pub(super) fn take_back(&mut self) -> String {
        std::mem::take(&mut self.last).words
    }

    /// The turn that was answered last is over, and its answer was heard.
    pub(super) fn settle(&mut self) {
        self.settle_heard(usize::MAX);
    }

    /// The turn that was answered last is over, and nothing of its answer was heard.
    pub(super) fn settle_unheard(&mut self) {
        self.settle_heard(0);
    }

    /// The turn that was answered last is over, and its answer was cut after so many characters. It may turn out that more
    /// of it was heard, or less.
    pub(super) fn cut(&mut self, chars: usize) {
        let is_answered = self.last.is_answered;
        self.settle_heard(chars);
        self.cut = self.said.clone().filter(|_| is_answered);
    }

    /// The answer before the turn that was answered last was cut after so many characters, as [`Self::cut`].
    pub(super) fn cut_before(&mut self, chars: usize) {
        self.cut.clone_from(&self.said);
        self.correct_heard(chars);
    }

    /// So many characters were heard of the answer that was cut last, or that was said before.
    pub(super) fn correct_heard(&mut self, chars: usize) {
        let Some(cut) = &mut self.cut else {
            return;
        };
        let before = self.certain.end();
        let heard = beginning(&cut.answer, chars);
        self.certain
            .correct(cut.place.clone(), MessageRole::Assistant, heard);
        let after = self.certain.end();
        let moved = |end: usize| end + after - before;
        cut.place.end = moved(cut.place.end);
        match &mut self.said {
            Some(said) if said.number == cut.number => said.place.clone_from(&cut.place),
            Some(said) => said.place = moved(said.place.start)..moved(said.place.end),
            None => {}
        }
    }

    /// The turn that was answered last is over, and only so many characters of its answer were heard.
    fn settle_heard(&mut self, chars: usize) {
        let last = std::mem::take(&mut self.last);
        self.certain.add(MessageRole::User, &last.words);
        let answered = self.certain.end();
        self.certain
            .add(MessageRole::Assistant, beginning(&last.answer, chars));
        if last.is_answered {
            self.answers += 1;
            self.said = Some(Said {
                number: self.answers,
                answer: last.answer,
                place: answered..self.certain.end(),
            });
        }
    }

    /// The user said something that is not answered.
    pub(super) fn add_user(&mut self, words: &str) {
        self.certain.add(MessageRole::User, words);
    }

    /// What was said, taken that all of the last answer is heard, and what the user says next.
    pub(super) fn with_user(&self, words: &str) -> Vec<Message> {
        let mut conversation = self.certain.clone();
        conversation.add(MessageRole::User, &self.last.words);
        conversation.add(MessageRole::Assistant, &self.last.answer);
        conversation.add(MessageRole::User, words);
        conversation.into_messages()
    }
}

/// The beginning of an answer, counted from its first character that is no blank.
fn beginning(answer: &str, chars: usize) -> &str {
    first_chars(answer.trim_start(), chars)
}

/// The beginning of a text.
fn first_chars(text: &str, chars: usize) -> &str {
    text.char_indices()
        .nth(chars)
        .map_or(text, |(end, _)| &text[..end])
}

/// What was said before, and what was said after it.
pub(super) fn joined(before: &str, after: &str) -> String {
    let after = after.trim();
    match (before.is_empty(), after.is_empty()) {
        (true, _) => after.to_owned(),
        (_, true) => before.to_owned(),
        _ => format!("{before} {after}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(context: &Context) -> Vec<String> {
        let line = |message: &Message| format!("{:?}: {}", message.role, message.text);
        context.with_user("").iter().map(line).collect()
    }

    fn answered(words: &str, answer: &str) -> Context {
        let mut context = Context::default();
        context.ask(words.to_owned());
        for delta in answer.split_inclusive(' ') {
            context.answer(delta);
        }
        context
    }

    #[test]
    fn the_models_words_count_as_far_as_they_were_heard() {
        for (chars, heard) in [
            (0, None),
            (7, Some("從前有一隻龍。")),
            (10, Some("從前有一隻龍。 It")),
            (100, Some("從前有一隻龍。 It was.")),
        ] {
            let mut context = answered(" 說個故事。 ", "\n從前有一隻龍。 It was. ");
            context.cut(chars);
            context.settle();
            let expected = heard.map(|heard| format!("Assistant: {heard}"));
            let expected: Vec<String> = [Some("User: 說個故事。".to_owned()), expected]
                .into_iter()
                .flatten()
                .collect();
            assert_eq!(lines(&context), expected, "{chars}");
        }
    }

    #[test]
    fn an_answer_that_breaks_off_is_heard_no_further() {
        let mut context = answered("Tell.", " Once. Upon. A.");
        context.break_off(12);
        context.break_off(100);
        context.settle();
        assert_eq!(lines(&context), ["User: Tell.", "Assistant: Once. Upon."]);
    }

    #[test]
    fn a_user_who_goes_on_was_not_answered() {
        let mut context = answered("Before.", "Yes.");
        context.ask("Tell me".to_owned());
        context.answer("What?");
        assert_eq!(context.take_back(), "Tell me");
        assert_eq!(context.take_back(), "");
        assert_eq!(lines(&context), ["User: Before.", "Assistant: Yes."]);
    }

    #[test]
    fn what_was_heard_is_corrected_whatever_followed() {
        let mut context = answered("Tell me.", "Once upon a time.");
        context.cut(4);
        context.add_user("Stop.");
        context.settle();
        for (chars, heard) in [
            (9, Some("Assistant: Once upon")),
            (0, None),
            (100, Some("Assistant: Once upon a time.")),
        ] {
            context.correct_heard(chars);
            let expected: Vec<&str> = ["User: Tell me."]
                .into_iter()
                .chain(heard)
                .chain(["User: Stop."])
                .collect();
            assert_eq!(lines(&context), expected, "{chars}");
        }
    }

    #[test]
    fn of_what_was_said_before_the_last_answer_is_corrected() {
        let said = [
            (MessageRole::Assistant, "Hello."),
            (MessageRole::Assistant, "Once upon a time."),
            (MessageRole::User, "Stop."),
        ];
        let history = said.map(|(role, text)| Message {
            role,
            text: text.to_owned(),
        });
        let mut context = Context::new(history.into());
        context.settle_unheard();
        context.correct_heard(4);
        let expected = ["Assistant: Hello.", "Assistant: Once", "User: Stop."];
        assert_eq!(lines(&context), expected);
    }

    #[test]
    fn an_answer_may_be_cut_while_the_next_turn_is_answered() {
        let mut context = answered("Tell me.", "Once upon a time.");
        context.ask("And?".to_owned());
        context.answer("No.");
        context.cut_before(4);
        context.correct_heard(9);
        assert_eq!(context.take_back(), "And?");
        assert_eq!(lines(&context), ["User: Tell me.", "Assistant: Once upon"]);
        context.correct_heard(0);
        assert_eq!(lines(&context), ["User: Tell me."]);
    }

    #[test]
    fn where_an_answer_is_moves_with_what_was_heard_of_the_one_before() {
        let mut context = answered("Tell me.", "Once upon a time.");
        context.cut(0);
        context.ask("And?".to_owned());
        context.answer("Yes. No.");
        context.ask("Why?".to_owned());
        context.correct_heard(4);
        context.cut_before(4);
        let told = [
            "User: Tell me.",
            "Assistant: Once",
            "User: And?",
            "Assistant: Yes.",
        ];
        assert_eq!(lines(&context)[..4], told);
        context.ask("So?".to_owned());
        context.cut(4);
        context.correct_heard(0);
        assert_eq!(
            lines(&context)[3..],
            ["Assistant: Yes.", "User: Why?", "User: So?"]
        );
    }

    #[test]
    fn an_answer_that_broke_off_at_once_is_the_one_before_too() {
        let mut context = answered("Tell me.", "Once.");
        context.ask("And?".to_owned());
        context.answer("Yes.");
        context.break_off(0);
        context.ask("Why?".to_owned());
        context.cut_before(1);
        context.correct_heard(0);
        let expected = ["User: Tell me.", "Assistant: Once.", "User: And?", "User: Why?"];
        assert_eq!(lines(&context), expected);
    }

    #[test]
    fn what_the_user_says_next_is_not_kept_yet() {
        let mut context = answered("", "Hello.");
        context.add_user("  ");
        assert_eq!(context.with_user("Hi.").len(), 2);
        context.cut("Hell".len());
        assert_eq!(context.with_user("Hi.").len(), 2);
        assert_eq!(
            lines(&context),
            ["Assistant: Hell"],
            "nothing was settled by looking"
        );
    }
}
