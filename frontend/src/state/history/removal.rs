use uuid::Uuid;
use viva_protocol::rest::{DeletionOutcome, SessionDeletions};

use super::{Chosen, Trouble};

/// Sessions that a person wants to delete, and what came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Removal {
    chosen: Vec<Chosen>,
    is_working: bool,
    trouble: Option<Trouble>,
    outcome: Option<Outcome>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// How many are gone.
    pub deleted: usize,
    /// Those that are not, and why.
    pub kept: Vec<Kept>,
}

/// A session that is still there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// The session.
    pub session: Chosen,
    /// Why.
    pub reason: Reason,
}

/// Why a session is still there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// It goes on.
    Active,
    /// Its deletion is begun and ends by itself.
    Unfinished,
    /// Nothing has changed.
    Failed,
}

impl Removal {
    /// The sessions in question, newest first.
    pub fn chosen(&self) -> &[Chosen] {
        &self.chosen
    }

    /// Whether somebody is asked if they are to be deleted.
    pub fn is_open(&self) -> bool {
        !self.chosen.is_empty()
    }

    /// Whether the server is at it.
    pub fn is_working(&self) -> bool {
        self.is_working
    }

    /// Why the server did not do it.
    pub fn trouble(&self) -> Option<&Trouble> {
        self.trouble.as_ref()
    }

    /// What came of the last one.
    pub fn outcome(&self) -> Option<&Outcome> {
        self.outcome.as_ref()
    }

    /// When the oldest and the newest of them began, in ms since 1970.
    pub fn period(&self) -> Option<(i64, i64)> {
        let oldest = self.chosen.last()?.began_ms;
        Some((oldest, self.chosen.first()?.began_ms))
    }

    /// Are these to be deleted?
    pub fn ask(&mut self, mut chosen: Vec<Chosen>) {
        if !self.is_working {
            chosen.sort_by_key(|session| std::cmp::Reverse(session.began_ms));
            *self = Self {
                chosen,
                ..Self::default()
            };
        }
    }

    /// They are not. What is under way goes on.
    pub fn keep(&mut self) {
        if !self.is_working {
            self.chosen.clear();
            self.trouble = None;
        }
    }

    /// They are: answers what the server is to be asked for, once.
    pub fn begin(&mut self) -> Option<Vec<Uuid>> {
        if self.is_working || !self.is_open() {
            return None;
        }
        self.is_working = true;
        self.trouble = None;
        Some(self.chosen.iter().map(|session| session.id).collect())
    }

    /// The server did it, or said why not; answers those that nobody needs to choose any more.
    pub fn end(&mut self, said: Result<SessionDeletions, Trouble>) -> Vec<Uuid> {
        self.is_working = false;
        let deletions = match said {
            Ok(deletions) => deletions.items,
            Err(trouble) => {
                self.trouble = Some(trouble);
                return Vec::new();
            }
        };
        let chosen = std::mem::take(&mut self.chosen);
        let outcome_of = |id| deletions.iter().find(|it| it.id == id).map(|it| it.outcome);
        let (mut kept, mut gone) = (Vec::new(), Vec::new());
        for session in chosen {
            let reason = match outcome_of(session.id) {
                // Somebody else was faster, in another window perhaps.
                Some(DeletionOutcome::Deleted | DeletionOutcome::NotFound) => {
                    gone.push(session.id);
                    continue;
                }
                Some(DeletionOutcome::Active) => Reason::Active,
                Some(DeletionOutcome::Unfinished) => Reason::Unfinished,
                Some(DeletionOutcome::Failed) | None => Reason::Failed,
            };
            kept.push(Kept { session, reason });
        }
        self.outcome = Some(Outcome {
            deleted: gone.len(),
            kept,
        });
        gone
    }

    /// What came of it was read.
    pub fn dismiss(&mut self) {
        self.outcome = None;
    }
}

#[cfg(test)]
mod tests {
    use viva_protocol::rest::SessionDeletion;

    use super::*;

    fn chosen(numbers: &[u64]) -> Vec<Chosen> {
        let chosen = |number: &u64| Chosen {
            id: Uuid::from_u64_pair(0, *number),
            began_ms: i64::try_from(*number).unwrap(),
        };
        numbers.iter().map(chosen).collect()
    }

    fn asked(numbers: &[u64]) -> Removal {
        let mut removal = Removal::default();
        removal.ask(chosen(numbers));
        removal
    }

    fn said(removal: &Removal, outcomes: &[DeletionOutcome]) -> SessionDeletions {
        let items = removal.chosen().iter().zip(outcomes);
        SessionDeletions {
            items: items
                .map(|(session, outcome)| SessionDeletion {
                    id: session.id,
                    outcome: *outcome,
                })
                .collect(),
        }
    }

    #[test]
    fn the_question_says_from_when_they_are() {
        let removal = asked(&[4, 9, 2]);
        assert_eq!(removal.period(), Some((2, 9)));
        assert_eq!(removal.chosen(), chosen(&[9, 4, 2]));
        assert_eq!(Removal::default().period(), None);
    }

    #[test]
    fn what_was_not_deleted_is_told_with_the_reason() {
        let mut removal = asked(&[5, 4, 3, 2, 1]);
        assert_eq!(removal.begin().map(|ids| ids.len()), Some(5));
        assert_eq!(removal.begin(), None, "once");
        removal.keep();
        removal.ask(chosen(&[7]));
        assert_eq!(removal.chosen().len(), 5, "what is under way stays");
        let deletions = said(
            &removal,
            &[
                DeletionOutcome::Deleted,
                DeletionOutcome::NotFound,
                DeletionOutcome::Active,
                DeletionOutcome::Unfinished,
                DeletionOutcome::Failed,
            ],
        );
        let gone = removal.end(Ok(deletions));
        assert_eq!(gone, [5, 4].map(|number| Uuid::from_u64_pair(0, number)));
        let outcome = removal.outcome().unwrap();
        assert_eq!(outcome.deleted, 2);
        let kept: Vec<(i64, Reason)> = outcome
            .kept
            .iter()
            .map(|kept| (kept.session.began_ms, kept.reason))
            .collect();
        assert_eq!(
            kept,
            [(3, Reason::Active), (2, Reason::Unfinished), (1, Reason::Failed)]
        );
        assert!(!removal.is_open() && !removal.is_working());
        removal.dismiss();
        assert_eq!(removal, Removal::default());
    }

    #[test]
    fn trouble_leaves_the_question_open() {
        let mut removal = asked(&[1]);
        removal.begin();
        assert!(removal.end(Err(Trouble::default())).is_empty());
        assert!(removal.is_open() && removal.trouble().is_some() && removal.outcome().is_none());
        removal.begin();
        assert_eq!(removal.trouble(), None, "what is old is told no more");
        removal.end(Err(Trouble::default()));
        removal.keep();
        assert_eq!(removal, Removal::default());
    }

    #[test]
    fn without_anything_chosen_nothing_is_asked() {
        assert_eq!(Removal::default().begin(), None);
    }
}
