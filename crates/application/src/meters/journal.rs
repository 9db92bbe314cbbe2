use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use metrics::{Counter, Gauge};
use viva_domain::ids::{SessionId, TurnId, UserId};
use viva_domain::ports::{KeptEnd, SpoolError, TurnJournal};
use viva_domain::turns::Turn;

use super::Meters;
use super::catalogue::{JOURNAL_TURNS, JOURNAL_WRITES};

/// A journal whose turns are counted.
struct CountedJournal {
    inner: Arc<dyn TurnJournal>,
    /// Those that it is known to have.
    turns: Mutex<HashMap<TurnId, SessionId>>,
    count: Gauge,
    kept: Counter,
    failed: Counter,
}

impl Meters {
    /// Counts the turns in a journal.
    pub fn journal(&self, inner: Arc<dyn TurnJournal>) -> Arc<dyn TurnJournal> {
        let registry = self.registry();
        Arc::new(CountedJournal {
            inner,
            turns: Mutex::default(),
            count: registry.gauge(&JOURNAL_TURNS, &[]),
            kept: registry.counter(&JOURNAL_WRITES, &["kept"]),
            failed: registry.counter(&JOURNAL_WRITES, &["failed"]),
        })
    }
}

impl CountedJournal {
    fn change(&self, change: impl FnOnce(&mut HashMap<TurnId, SessionId>)) {
        // It is whole after every change.
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut turns);
        self.count.set(turns.len() as f64);
    }
}

#[async_trait]
impl TurnJournal for CountedJournal {
    async fn keep(&self, owner: UserId, turn: &Turn) -> Result<(), SpoolError> {
        let kept = self.inner.keep(owner, turn).await;
        if kept.is_ok() {
            self.kept.increment(1);
            self.change(|turns| {
                turns.insert(turn.id, turn.session_id);
            });
        } else {
            self.failed.increment(1);
        }
        kept
    }

    async fn kept_after(&self, after: Option<TurnId>) -> Result<Vec<(UserId, Turn)>, SpoolError> {
        let kept = self.inner.kept_after(after).await?;
        self.change(|turns| turns.extend(kept.iter().map(|(_, turn)| (turn.id, turn.session_id))));
        Ok(kept)
    }

    async fn remove(&self, turn: &Turn) -> Result<(), SpoolError> {
        self.inner.remove(turn).await?;
        self.change(|turns| {
            turns.remove(&turn.id);
        });
        Ok(())
    }

    async fn keep_end(&self, end: KeptEnd) -> Result<(), SpoolError> {
        self.inner.keep_end(end).await
    }

    async fn ends_after(&self, after: Option<SessionId>) -> Result<Vec<KeptEnd>, SpoolError> {
        self.inner.ends_after(after).await
    }

    async fn remove_end(&self, session: SessionId) -> Result<(), SpoolError> {
        self.inner.remove_end(session).await
    }

    async fn has_session(&self, session: SessionId) -> Result<bool, SpoolError> {
        self.inner.has_session(session).await
    }

    async fn remove_session(&self, session: SessionId) -> Result<(), SpoolError> {
        self.inner.remove_session(session).await?;
        self.change(|turns| turns.retain(|_, of| *of != session));
        Ok(())
    }
}
