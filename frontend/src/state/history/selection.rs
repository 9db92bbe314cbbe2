use uuid::Uuid;
use viva_protocol::rest::SessionOverview;

use crate::state::compare::{COMPARED, comparison_of};

/// A session that a person chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chosen {
    /// Its id.
    pub id: Uuid,
    /// When it began, in ms since 1970.
    pub began_ms: i64,
}

/// The sessions that a person chose, in this order, also on other pages of the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection(Vec<Chosen>);

/// How much of a page is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    /// Nothing.
    None,
    /// Something.
    Some,
    /// Everything, or as much as can be.
    All,
}

/// Whether what is chosen can be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Comparison {
    /// It can, there.
    Ready(String),
    /// It is too little.
    TooFew,
    /// It is too much.
    TooMany,
}

impl Chosen {
    /// A session of a list.
    pub fn of(row: &SessionOverview) -> Self {
        Self {
            id: row.session.id,
            began_ms: row.session.started_at.timestamp_millis(),
        }
    }
}

impl Selection {
    /// Most that can be chosen: what the server deletes at once.
    pub const MOST: usize = 100;

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing is chosen.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether no more can be chosen.
    pub fn is_full(&self) -> bool {
        self.len() >= Self::MOST
    }

    /// What is chosen.
    pub fn all(&self) -> &[Chosen] {
        &self.0
    }

    /// Whether this one is.
    pub fn has(&self, id: Uuid) -> bool {
        self.0.iter().any(|chosen| chosen.id == id)
    }

    /// Chooses one, where there is room for it.
    pub fn add(&mut self, chosen: Chosen) {
        if !(self.is_full() || self.has(chosen.id)) {
            self.0.push(chosen);
        }
    }

    /// One is chosen no more.
    pub fn remove(&mut self, id: Uuid) {
        self.0.retain(|chosen| chosen.id != id);
    }

    /// How much of these is chosen.
    pub fn share(&self, rows: &[SessionOverview]) -> Share {
        let chosen = rows.iter().filter(|row| self.has(row.session.id)).count();
        if chosen == 0 {
            Share::None
        } else if chosen == rows.len() || self.is_full() {
            Share::All
        } else {
            Share::Some
        }
    }

    /// Chooses all of these for which there is room; none of them when all are chosen.
    pub fn turn(&mut self, rows: &[SessionOverview]) {
        if self.share(rows) == Share::All {
            self.0
                .retain(|chosen| !rows.iter().any(|row| row.session.id == chosen.id));
        } else {
            for row in rows {
                self.add(Chosen::of(row));
            }
        }
    }

    /// Whether it can be compared, and where.
    pub fn comparison(&self) -> Comparison {
        if self.len() < *COMPARED.start() {
            return Comparison::TooFew;
        }
        if self.len() > *COMPARED.end() {
            return Comparison::TooMany;
        }
        Comparison::Ready(comparison_of(self.0.iter().map(|chosen| chosen.id)))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use viva_protocol::rest::{Session, SessionStatus};
    use viva_protocol::ws::{Interaction, RealtimeConfig};

    use super::*;

    /// A session that began so many ms after 1970.
    pub(in crate::state::history) fn row(number: u64) -> SessionOverview {
        SessionOverview {
            session: Session {
                id: Uuid::from_u64_pair(0, number),
                interaction: Interaction::Realtime(RealtimeConfig::default()),
                status: SessionStatus::Completed,
                started_at: std::time::UNIX_EPOCH
                    .checked_add(std::time::Duration::from_millis(number))
                    .unwrap()
                    .into(),
                ended_at: None,
                barge_in_enabled: true,
                system_prompt: None,
                user_role: None,
                ai_role: None,
                scenario_context: None,
            },
            total_turns: number,
            total_duration_ms: None,
            avg_latency_ms: None,
            p95_latency_ms: None,
            interrupted_count: 0,
            providers: Vec::new(),
        }
    }

    fn rows(numbers: std::ops::Range<u64>) -> Vec<SessionOverview> {
        numbers.map(row).collect()
    }

    #[test]
    fn a_page_is_chosen_as_a_whole_and_others_stay_chosen() {
        let (first, second) = (rows(0..3), rows(3..6));
        let mut selection = Selection::default();
        selection.add(Chosen::of(&first[1]));
        assert_eq!(selection.share(&first), Share::Some);
        selection.turn(&first);
        assert_eq!(selection.share(&first), Share::All);
        assert_eq!(selection.share(&second), Share::None);
        selection.turn(&second);
        selection.turn(&first);
        assert_eq!(selection.len(), 3);
        assert!(second.iter().all(|row| selection.has(row.session.id)));
        assert_eq!(selection.all()[0].began_ms, 3);
        selection.remove(second[0].session.id);
        assert_eq!(selection.share(&second), Share::Some);
    }

    #[test]
    fn no_more_are_chosen_than_are_deleted_at_once() {
        let mut selection = Selection::default();
        for row in rows(0..95) {
            selection.add(Chosen::of(&row));
        }
        let page = rows(95..115);
        selection.turn(&page);
        assert_eq!((selection.len(), selection.is_full()), (Selection::MOST, true));
        assert_eq!(selection.share(&page), Share::All, "as much as can be");
        selection.turn(&page);
        assert_eq!(selection.len(), 95);
    }

    #[test]
    fn two_to_four_are_compared_in_the_order_in_which_they_were_chosen() {
        let mut selection = Selection::default();
        for (number, is_ready) in [(5, false), (3, true), (4, true), (1, true), (2, false)] {
            selection.add(Chosen::of(&row(number)));
            let ready = matches!(selection.comparison(), Comparison::Ready(_));
            assert_eq!(ready, is_ready, "{}", selection.len());
        }
        assert_eq!(selection.comparison(), Comparison::TooMany);
        for number in [1, 2, 4] {
            selection.remove(row(number).session.id);
        }
        let [five, three] = [5, 3].map(|number| row(number).session.id);
        let link = format!("/compare?ids={five},{three}");
        assert_eq!(selection.comparison(), Comparison::Ready(link));
        selection.remove(five);
        assert_eq!(selection.comparison(), Comparison::TooFew);
    }
}
