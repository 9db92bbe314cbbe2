use std::collections::BTreeMap;
use std::ops::Bound::{self, Excluded, Unbounded};
use std::sync::Mutex;

use async_trait::async_trait;
use viva_domain::ids::{SessionId, TurnId, UserId};
use viva_domain::ports::{KeptEnd, SpoolError, SpoolErrorKind, TurnJournal};
use viva_domain::turns::Turn;

use crate::{FaultSwitch, lock};

/// Most turns that one call returns.
const MOST: usize = 1_000;

/// Keeps finished turns in memory.
#[derive(Debug, Default)]
pub struct MemoryTurnJournal {
    turns: Mutex<BTreeMap<TurnId, (UserId, Turn)>>,
    ends: Mutex<BTreeMap<SessionId, KeptEnd>>,
    faults: FaultSwitch<SpoolErrorKind>,
}

impl MemoryTurnJournal {
    /// Makes every call fail, as when the disk is full.
    pub fn faults(&self) -> &FaultSwitch<SpoolErrorKind> {
        &self.faults
    }

    fn check(&self, operation: &'static str) -> Result<(), SpoolError> {
        self.faults.check().map_err(|kind| SpoolError {
            kind,
            operation,
            source: None,
        })
    }
}

#[async_trait]
impl TurnJournal for MemoryTurnJournal {
    async fn keep(&self, owner: UserId, turn: &Turn) -> Result<(), SpoolError> {
        self.check("keep turn")?;
        lock(&self.turns).insert(turn.id, (owner, turn.clone()));
        Ok(())
    }

    async fn kept_after(&self, after: Option<TurnId>) -> Result<Vec<(UserId, Turn)>, SpoolError> {
        self.check("read the journal")?;
        let turns = lock(&self.turns);
        let kept = turns.range(beyond(after)).map(|(_, kept)| kept.clone());
        Ok(kept.take(MOST).collect())
    }

    async fn remove(&self, turn: &Turn) -> Result<(), SpoolError> {
        self.check("remove turn")?;
        lock(&self.turns).remove(&turn.id);
        Ok(())
    }

    async fn keep_end(&self, end: KeptEnd) -> Result<(), SpoolError> {
        self.check("keep a session's end")?;
        lock(&self.ends).insert(end.session, end);
        Ok(())
    }

    async fn ends_after(&self, after: Option<SessionId>) -> Result<Vec<KeptEnd>, SpoolError> {
        self.check("read the journal")?;
        let ends = lock(&self.ends);
        let kept = ends.range(beyond(after)).map(|(_, end)| *end);
        Ok(kept.take(MOST).collect())
    }

    async fn remove_end(&self, session: SessionId) -> Result<(), SpoolError> {
        self.check("remove a session's end")?;
        lock(&self.ends).remove(&session);
        Ok(())
    }

    async fn has_session(&self, session: SessionId) -> Result<bool, SpoolError> {
        self.check("look into the journal")?;
        let turns = lock(&self.turns);
        let has_turn = turns.values().any(|(_, turn)| turn.session_id == session);
        Ok(has_turn || lock(&self.ends).contains_key(&session))
    }

    async fn remove_session(&self, session: SessionId) -> Result<(), SpoolError> {
        self.check("remove a session's turns")?;
        lock(&self.turns).retain(|_, (_, turn)| turn.session_id != session);
        lock(&self.ends).remove(&session);
        Ok(())
    }
}

fn beyond<T>(after: Option<T>) -> (Bound<T>, Bound<T>) {
    (after.map_or(Unbounded, Excluded), Unbounded)
}

#[cfg(test)]
mod tests {
    use viva_contract::samples::{OWNER, failed_turn, turn_id};
    use viva_contract::turn_journal_contract;

    use super::*;

    async fn memory(case: impl AsyncFnOnce(&dyn TurnJournal)) {
        case(&MemoryTurnJournal::default()).await;
    }

    turn_journal_contract!(memory);

    #[tokio::test]
    async fn at_most_a_thousand_turns_are_returned() {
        let journal = MemoryTurnJournal::default();
        for number in 1..=1_001 {
            journal.keep(OWNER, &failed_turn(1, number)).await.unwrap();
        }
        let kept = journal.kept().await.unwrap();
        assert_eq!(kept.len(), 1_000);
        assert_eq!(kept[999].1.id, turn_id(1, 1_000));
    }
}
