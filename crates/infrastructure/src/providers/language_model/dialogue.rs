use viva_domain::ports::{Message, MessageRole};

/// Stands for the user where a vendor wants to hear one and nothing was said; nobody hears it.
const BEGIN: &str = "(The conversation begins now. You speak first.)";
/// The same where the AI spoke last.
const GO_ON: &str = "(The user says nothing. Go on.)";

/// What one side said, as a vendor is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::providers) struct Line {
    pub(in crate::providers) role: MessageRole,
    pub(in crate::providers) text: String,
}

/// The conversation without empty messages, ending with the user: models answer nothing else.
pub(in crate::providers) fn open_ended(messages: &[Message]) -> Vec<Line> {
    let mut lines: Vec<Line> = messages
        .iter()
        .filter(|message| !message.text.trim().is_empty())
        .map(|message| Line {
            role: message.role,
            text: message.text.clone(),
        })
        .collect();
    match lines.last().map(|line| line.role) {
        Some(MessageRole::User) => {}
        Some(MessageRole::Assistant) => lines.push(Line::user(GO_ON)),
        None => lines.push(Line::user(BEGIN)),
    }
    lines
}

/// The same, beginning with the user, and with one line for what a side said in a row.
pub(in crate::providers) fn alternating(messages: &[Message]) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for line in open_ended(messages) {
        match lines.last_mut() {
            Some(last) if last.role == line.role => {
                last.text.push('\n');
                last.text.push_str(&line.text);
            }
            None if line.role == MessageRole::Assistant => lines.extend([Line::user(BEGIN), line]),
            _ => lines.push(line),
        }
    }
    lines
}

impl Line {
    fn user(text: &str) -> Self {
        Self {
            role: MessageRole::User,
            text: text.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn messages(said: &[(MessageRole, &str)]) -> Vec<Message> {
        let message = |(role, text): &(MessageRole, &str)| Message {
            role: *role,
            text: (*text).to_owned(),
        };
        said.iter().map(message).collect()
    }

    fn told(lines: &[Line]) -> Vec<(MessageRole, &str)> {
        lines.iter().map(|line| (line.role, line.text.as_str())).collect()
    }

    const USER: MessageRole = MessageRole::User;
    const AI: MessageRole = MessageRole::Assistant;

    #[test]
    fn a_talk_is_told_as_it_was() {
        let said = [(USER, "Hi."), (AI, "Hello."), (USER, "So?")];
        assert_eq!(told(&open_ended(&messages(&said))), said);
        assert_eq!(told(&alternating(&messages(&said))), said);
    }

    #[test]
    fn who_says_nothing_is_stood_in_for() {
        assert_eq!(told(&open_ended(&[])), [(USER, BEGIN)]);
        assert_eq!(told(&alternating(&messages(&[(USER, " ")]))), [(USER, BEGIN)]);
        let greeted = messages(&[(AI, "Hello.")]);
        assert_eq!(told(&open_ended(&greeted)), [(AI, "Hello."), (USER, GO_ON)]);
        assert_eq!(
            told(&alternating(&greeted)),
            [(USER, BEGIN), (AI, "Hello."), (USER, GO_ON)]
        );
    }

    #[test]
    fn what_a_side_said_in_a_row_is_one_line() {
        let said = messages(&[
            (USER, "Wait."),
            (USER, ""),
            (USER, "Who?"),
            (AI, "I"),
            (AI, "am"),
            (USER, "Yes?"),
        ]);
        assert_eq!(
            told(&alternating(&said)),
            [(USER, "Wait.\nWho?"), (AI, "I\nam"), (USER, "Yes?")]
        );
    }

    proptest! {
        #[test]
        fn sides_alternate_and_nothing_is_lost(said in prop::collection::vec((any::<bool>(), "[a-z ]{0,4}"), 0..20)) {
            let said: Vec<Message> = said
                .into_iter()
                .map(|(is_user, text)| Message { role: if is_user { USER } else { AI }, text })
                .collect();
            let lines = alternating(&said);
            let expected = [USER, AI].into_iter().cycle().take(lines.len());
            prop_assert!(lines.iter().map(|line| line.role).eq(expected));
            prop_assert_eq!(lines.len() % 2, 1);
            let all = lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join("\n");
            prop_assert!(lines.iter().all(|line| !line.text.trim().is_empty()));
            prop_assert!(said.iter().filter(|m| !m.text.trim().is_empty()).all(|m| all.contains(&m.text)));
        }
    }
}
