use async_trait::async_trait;
use chrono::{DateTime, Utc};
use viva_domain::ids::{SessionId, TurnId, UserId};
use viva_domain::ports::{BlobKey, EndedSession, KnownStorage, RetentionStore, StoreError};
use viva_domain::sessions::SessionState;

use crate::{MemorySessionStore, lock};

#[async_trait]
impl RetentionStore for MemorySessionStore {
    async fn whose(&self, id: SessionId) -> Result<Option<(UserId, SessionState)>, StoreError> {
        self.check("find a session's owner")?;
        let rows = lock(&self.rows);
        let session = rows.sessions.get(&id);
        Ok(session.map(|session| (session.user_id, session.state)))
    }

    async fn ended_before(
        &self,
        time: DateTime<Utc>,
        after: Option<&EndedSession>,
        most: u32,
    ) -> Result<Vec<EndedSession>, StoreError> {
        self.check("list ended sessions")?;
        let rows = lock(&self.rows);
        let place = |session: &EndedSession| (session.ended_at, session.id);
        let ended = rows.sessions.values().filter_map(|session| {
            let ended_at = session.state.ended_at()?;
            Some(EndedSession {
                id: session.id,
                owner: session.user_id,
                ended_at,
            })
        });
        let mut ended: Vec<EndedSession> = ended
            .filter(|session| session.ended_at < time)
            .filter(|session| after.is_none_or(|after| place(session) > place(after)))
            .collect();
        ended.sort_by_key(place);
        ended.truncate(most as usize);
        Ok(ended)
    }

    async fn delete(&self, owner: UserId, id: SessionId) -> Result<(), StoreError> {
        self.check("delete session")?;
        let mut rows = lock(&self.rows);
        let found = rows.owned(owner, id);
        if found.is_some_and(|session| session.state != SessionState::Active) {
            rows.sessions.remove(&id);
            rows.turns.retain(|_, turn| turn.session_id != id);
            rows.listed.remove(&id);
        }
        Ok(())
    }

    async fn forget_recording(&self, owner: UserId, turn: TurnId, key: &BlobKey) -> Result<(), StoreError> {
        self.check("forget recording")?;
        let mut rows = lock(&self.rows);
        let session = rows.turns.get(&turn).map(|turn| turn.session_id);
        let is_owned = session.is_some_and(|session| rows.owned(owner, session).is_some());
        if let Some(turn) = rows.turns.get_mut(&turn).filter(|_| is_owned) {
            for recording in [&mut turn.user_audio, &mut turn.ai_audio] {
                recording.take_if(|recording| recording.key == *key);
            }
        }
        Ok(())
    }

    async fn storage(&self) -> Result<Option<KnownStorage>, StoreError> {
        self.check("find the storage's id")?;
        Ok(lock(&self.rows).storage)
    }

    async fn keep_storage(&self, storage: KnownStorage) -> Result<(), StoreError> {
        self.check("keep the storage's id")?;
        lock(&self.rows).storage = Some(storage);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use viva_contract::retention_store_contract;
    use viva_domain::ports::SessionStore;

    use super::*;

    async fn memory(case: impl AsyncFnOnce(&dyn SessionStore, &dyn RetentionStore)) {
        let store = MemorySessionStore::default();
        case(&store, &store).await;
    }

    retention_store_contract!(memory);
}
