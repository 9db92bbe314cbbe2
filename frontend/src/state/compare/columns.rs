use std::collections::HashMap;
use std::sync::Arc;

use uuid::Uuid;
use viva_protocol::rest::SessionDetail;

use super::Trouble;

/// What the server says of a session.
#[derive(Debug, Clone, PartialEq)]
pub enum Column {
    /// Nothing yet.
    Loading,
    /// The session with its turns.
    Loaded(Arc<SessionDetail>),
    /// Why it cannot be shown.
    Failed(Trouble),
}

impl Column {
    /// The session with its turns, when it is there.
    pub fn session(&self) -> Option<&SessionDetail> {
        match self {
            Self::Loaded(session) => Some(session),
            Self::Loading | Self::Failed(_) => None,
        }
    }
}

/// What the server was asked for: a session, and the number of the question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question {
    /// The session.
    pub id: Uuid,
    number: u64,
}

/// What is known of the sessions that were asked for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Columns {
    /// With the number of the last question of each.
    known: HashMap<Uuid, (u64, Column)>,
    asked: u64,
    is_settled: bool,
}

impl Columns {
    /// These sessions are compared: answers what has to be asked. Others are forgotten: one that comes back is asked for again,
    /// because it may have gone on, or be gone.
    pub fn want(&mut self, ids: &[Uuid]) -> Vec<Question> {
        self.known.retain(|id, _| ids.contains(id));
        let unknown: Vec<Uuid> = ids
            .iter()
            .copied()
            .filter(|id| !self.known.contains_key(id))
            .collect();
        let questions = unknown.into_iter().map(|id| self.ask(id)).collect();
        self.settle();
        questions
    }

    /// The server is asked for a session; what it says to earlier questions does not count.
    pub fn ask(&mut self, id: Uuid) -> Question {
        self.asked += 1;
        self.known.insert(id, (self.asked, Column::Loading));
        Question {
            id,
            number: self.asked,
        }
    }

    /// The server's answer. What nobody waits for any more is not taken.
    pub fn hear(&mut self, question: Question, said: Result<SessionDetail, Trouble>) {
        let Some((number, column)) = self.known.get_mut(&question.id) else {
            return;
        };
        if *number != question.number || *column != Column::Loading {
            return;
        }
        let is_signed_out = said == Err(Trouble::SignedOut);
        *column = match said {
            Ok(session) => Column::Loaded(Arc::new(session)),
            Err(trouble) => Column::Failed(trouble),
        };
        if is_signed_out {
            self.sign_out();
        }
        self.settle();
    }

    /// Nobody is signed in any more: what was loaded is nobody's.
    pub fn sign_out(&mut self) {
        for (_, column) in self.known.values_mut() {
            if column.session().is_some() {
                *column = Column::Failed(Trouble::SignedOut);
            }
        }
    }

    fn settle(&mut self) {
        let mut columns = self.known.values();
        let nobody_waits = columns.all(|(_, column)| *column != Column::Loading);
        self.is_settled |= nobody_waits && !self.known.is_empty();
    }

    /// What is known of a session.
    pub fn of(&self, id: Uuid) -> Column {
        self.known
            .get(&id)
            .map_or(Column::Loading, |(_, column)| column.clone())
    }

    /// Whether all of them were there at some time, in full or not: from then on one that comes later finds its place beside
    /// the others, and nobody waits for it to see them.
    pub fn is_settled(&self) -> bool {
        self.is_settled
    }

    /// Whether the server said of one that nobody is signed in.
    pub fn is_signed_out(&self) -> bool {
        let mut columns = self.known.values();
        columns.any(|(_, column)| *column == Column::Failed(Trouble::SignedOut))
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{id, realtime};
    use super::*;

    fn ids(questions: &[Question]) -> Vec<Uuid> {
        questions.iter().map(|question| question.id).collect()
    }

    #[test]
    fn each_session_is_asked_for_once_while_it_is_compared() {
        let mut columns = Columns::default();
        let questions = columns.want(&[id(1), id(2)]);
        assert_eq!(ids(&questions), [id(1), id(2)]);
        assert!(columns.want(&[id(2), id(1)]).is_empty());
        columns.hear(questions[0], Ok(realtime(1)));
        assert!(columns.of(id(1)).session().is_some());
        assert!(columns.want(&[id(2), id(1)]).is_empty());
        // It is removed, and comes back.
        assert!(columns.want(&[id(2)]).is_empty());
        assert_eq!(ids(&columns.want(&[id(1), id(2)])), [id(1)]);
    }

    #[test]
    fn one_that_cannot_be_shown_leaves_the_others_and_is_asked_for_again() {
        let mut columns = Columns::default();
        let questions = columns.want(&[id(1), id(2)]);
        columns.hear(questions[0], Ok(realtime(1)));
        columns.hear(questions[1], Err(Trouble::NoServer));
        assert_eq!(columns.of(id(2)), Column::Failed(Trouble::NoServer));
        assert!(columns.of(id(1)).session().is_some());
        let again = columns.ask(id(2));
        assert_eq!(columns.of(id(2)), Column::Loading);
        columns.hear(again, Err(Trouble::Gone));
        assert_eq!(columns.of(id(2)), Column::Failed(Trouble::Gone));
        columns.want(&[id(1)]);
        assert_eq!(ids(&columns.want(&[id(1), id(2)])), [id(2)]);
    }

    #[test]
    fn whoever_is_signed_out_sees_no_conversation() {
        let mut columns = Columns::default();
        let questions = columns.want(&[id(1), id(2)]);
        columns.hear(questions[0], Ok(realtime(1)));
        columns.hear(questions[1], Err(Trouble::SignedOut));
        assert!(columns.is_signed_out());
        assert_eq!(columns.of(id(1)), Column::Failed(Trouble::SignedOut));

        // Somebody is signed in again.
        let questions = columns.want(&[id(1), id(3)]);
        columns.hear(questions[0], Ok(realtime(3)));
        assert!(columns.of(id(3)).session().is_some());
    }

    #[test]
    fn an_answer_that_nobody_waits_for_is_not_taken() {
        let mut columns = Columns::default();
        let questions = columns.want(&[id(1)]);
        columns.want(&[]);
        columns.hear(questions[0], Ok(realtime(1)));
        assert_eq!(columns.of(id(1)), Column::Loading);
    }

    #[test]
    fn of_two_questions_the_last_is_answered() {
        let mut columns = Columns::default();
        let first = columns.want(&[id(1)]);
        columns.want(&[]);
        let second = columns.want(&[id(1)]);
        columns.hear(first[0], Err(Trouble::NoServer));
        assert_eq!(columns.of(id(1)), Column::Loading);
        columns.hear(second[0], Ok(realtime(1)));
        assert!(columns.of(id(1)).session().is_some());
    }

    #[test]
    fn the_first_ones_are_shown_together_and_later_ones_when_they_come() {
        let mut columns = Columns::default();
        assert!(columns.want(&[]).is_empty());
        assert!(!columns.is_settled(), "there is nothing to show");
        let questions = columns.want(&[id(1), id(2)]);
        columns.hear(questions[0], Ok(realtime(1)));
        assert!(!columns.is_settled());
        columns.hear(questions[1], Err(Trouble::Gone));
        assert!(columns.is_settled());
        columns.want(&[id(1), id(2), id(3)]);
        assert!(columns.is_settled());
    }

    #[test]
    fn nobody_waits_for_one_that_was_removed() {
        let mut columns = Columns::default();
        let questions = columns.want(&[id(1), id(2)]);
        columns.hear(questions[0], Ok(realtime(1)));
        columns.want(&[id(1)]);
        assert!(columns.is_settled());
        columns.hear(questions[1], Ok(realtime(2)));
        assert_eq!(columns.of(id(2)), Column::Loading, "it is not compared");
    }
}
