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

/// What is known of the sessions that were asked for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Columns {
    known: HashMap<Uuid, Column>,
    is_settled: bool,
}

impl Columns {
    /// These sessions are compared: answers those that have to be asked for. What another session was refused for is forgotten,
    /// so that it is asked for again when it comes back.
    pub fn want(&mut self, ids: &[Uuid]) -> Vec<Uuid> {
        self.known
            .retain(|id, column| ids.contains(id) || column.session().is_some());
        let unknown: Vec<Uuid> = ids
            .iter()
            .copied()
            .filter(|id| !self.known.contains_key(id))
            .collect();
        for id in &unknown {
            self.known.insert(*id, Column::Loading);
        }
        unknown
    }

    /// A session that could not be shown is asked for again.
    pub fn ask_again(&mut self, id: Uuid) {
        self.known.insert(id, Column::Loading);
    }

    /// The server's answer. What nobody waits for any more is not taken.
    pub fn hear(&mut self, id: Uuid, said: Result<SessionDetail, Trouble>) {
        if !matches!(self.known.get(&id), Some(Column::Loading)) {
            return;
        }
        let column = match said {
            Ok(session) => Column::Loaded(Arc::new(session)),
            Err(trouble) => Column::Failed(trouble),
        };
        self.known.insert(id, column);
        self.is_settled |= !self.known.values().any(|column| *column == Column::Loading);
    }

    /// What is known of a session.
    pub fn of(&self, id: Uuid) -> Column {
        self.known.get(&id).cloned().unwrap_or(Column::Loading)
    }

    /// Whether all of them were there at some time, in full or not: from then on one that comes later finds its place beside
    /// the others, and nobody waits for it to see them.
    pub fn is_settled(&self) -> bool {
        self.is_settled
    }

    /// Whether the server said of one that nobody is signed in.
    pub fn is_signed_out(&self) -> bool {
        self.known
            .values()
            .any(|column| *column == Column::Failed(Trouble::SignedOut))
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{id, realtime};
    use super::*;

    #[test]
    fn each_session_is_asked_for_once_and_kept() {
        let mut columns = Columns::default();
        assert_eq!(columns.want(&[id(1), id(2)]), [id(1), id(2)]);
        assert_eq!(columns.want(&[id(2), id(1)]), []);
        columns.hear(id(1), Ok(realtime(1)));
        assert!(columns.of(id(1)).session().is_some());
        // It is removed, and comes back.
        assert_eq!(columns.want(&[id(2)]), []);
        assert_eq!(columns.want(&[id(1), id(2)]), []);
    }

    #[test]
    fn one_that_cannot_be_shown_leaves_the_others_and_is_asked_for_again() {
        let mut columns = Columns::default();
        columns.want(&[id(1), id(2)]);
        columns.hear(id(1), Ok(realtime(1)));
        columns.hear(id(2), Err(Trouble::NoServer));
        assert_eq!(columns.of(id(2)), Column::Failed(Trouble::NoServer));
        assert!(columns.of(id(1)).session().is_some());
        columns.ask_again(id(2));
        assert_eq!(columns.of(id(2)), Column::Loading);
        columns.hear(id(2), Err(Trouble::SignedOut));
        assert!(columns.is_signed_out());
        columns.want(&[id(1)]);
        assert!(!columns.is_signed_out());
        assert_eq!(columns.want(&[id(1), id(2)]), [id(2)]);
    }

    #[test]
    fn an_answer_that_nobody_waits_for_is_not_taken() {
        let mut columns = Columns::default();
        columns.want(&[id(1)]);
        columns.want(&[]);
        columns.hear(id(1), Ok(realtime(1)));
        assert_eq!(columns.of(id(1)), Column::Loading);
    }

    #[test]
    fn the_first_ones_are_shown_together_and_later_ones_when_they_come() {
        let mut columns = Columns::default();
        columns.want(&[id(1), id(2)]);
        columns.hear(id(1), Ok(realtime(1)));
        assert!(!columns.is_settled());
        columns.hear(id(2), Err(Trouble::Gone));
        assert!(columns.is_settled());
        columns.want(&[id(1), id(2), id(3)]);
        assert!(columns.is_settled());
    }
}
