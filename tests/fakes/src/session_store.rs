use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use viva_domain::ids::{SessionId, TurnId, UserId};
use viva_domain::ports::{
    KnownStorage, MeasuredPeaks, Page, PageRequest, SessionList, SessionStore, StoreError, StoreErrorKind,
};
use viva_domain::sessions::{
    EndStatus, Interaction, Session, SessionFilter, SessionOverview, SessionState, SessionStatus,
    SessionSummary, TurnOutcome,
};
use viva_domain::turns::{Recording, Turn, TurnNumber};

use crate::rows::{error, paged};
use crate::{FaultSwitch, lock};

/// Keeps sessions in memory.
#[derive(Debug, Default)]
pub struct MemorySessionStore {
    pub(crate) rows: Mutex<Rows>,
    faults: FaultSwitch<StoreErrorKind>,
}

#[derive(Debug, Default)]
pub(crate) struct Rows {
    pub(crate) sessions: BTreeMap<SessionId, Session>,
    pub(crate) turns: BTreeMap<TurnId, Turn>,
    pub(crate) listed: BTreeMap<SessionId, Listed>,
    newest: u64,
    pub(crate) storage: Option<KnownStorage>,
}

/// What lists know of a session besides its turns.
#[derive(Debug, Default)]
pub(crate) struct Listed {
    number: u64,
    providers: Vec<String>,
}

impl MemorySessionStore {
    /// Makes every call fail, as when the database is away.
    pub fn faults(&self) -> &FaultSwitch<StoreErrorKind> {
        &self.faults
    }

    pub(crate) fn check(&self, operation: &'static str) -> Result<(), StoreError> {
        self.faults.check().map_err(|kind| error(kind, operation))
    }
}

impl Rows {
    pub(crate) fn owned(&self, owner: UserId, id: SessionId) -> Option<&Session> {
        self.sessions.get(&id).filter(|session| session.user_id == owner)
    }

    fn turns_of(&self, id: SessionId) -> impl Iterator<Item = &Turn> {
        self.turns.values().filter(move |turn| turn.session_id == id)
    }

    fn overview(&self, session: &Session) -> SessionOverview {
        SessionOverview {
            session: session.clone(),
            providers: self.listed[&session.id].providers.clone(),
            summary: SessionSummary::of(self.turns_of(session.id).map(TurnOutcome::from)),
        }
    }

    fn is_wanted(&self, session: &Session, filter: &SessionFilter) -> bool {
        let listed = &self.listed[&session.id];
        let texts = || {
            self.turns_of(session.id)
                .flat_map(|turn| [turn.user_transcript.as_deref(), Some(turn.answer.heard.as_str())])
                .flatten()
                .collect::<Vec<_>>()
        };
        filter.mode.is_none_or(|mode| mode == session.interaction.mode())
            && filter
                .status
                .is_none_or(|status| status == session.state.status())
            && filter
                .provider
                .as_ref()
                .is_none_or(|provider| listed.providers.contains(provider))
            && filter.from.is_none_or(|from| session.started_at >= from)
            && filter.before.is_none_or(|before| session.started_at < before)
            && filter.bound.is_none_or(|bound| listed.number <= bound)
            && filter.text.as_ref().is_none_or(|text| text.finds(&texts()))
    }
}

impl Listed {
    fn add_providers_of(&mut self, interaction: &Interaction) {
        for provider in interaction.providers() {
            if !self.providers.iter().any(|known| known == provider) {
                self.providers.push(provider.to_owned());
            }
        }
    }
}

#[async_trait]
impl SessionStore for MemorySessionStore {
    async fn insert(&self, session: &Session) -> Result<(), StoreError> {
        const OPERATION: &str = "insert session";
        self.check(OPERATION)?;
        let mut rows = lock(&self.rows);
        if rows.sessions.contains_key(&session.id) {
            return Err(error(StoreErrorKind::Conflict, OPERATION));
        }
        rows.newest += 1;
        let mut listed = Listed {
            number: rows.newest,
            ..Listed::default()
        };
        listed.add_providers_of(&session.interaction);
        rows.listed.insert(session.id, listed);
        rows.sessions.insert(session.id, session.clone());
        Ok(())
    }

    async fn find(&self, owner: UserId, id: SessionId) -> Result<Option<Session>, StoreError> {
        self.check("find session")?;
        Ok(lock(&self.rows).owned(owner, id).cloned())
    }

    async fn list(
        &self,
        owner: UserId,
        filter: &SessionFilter,
        page: PageRequest,
    ) -> Result<SessionList, StoreError> {
        self.check("list sessions")?;
        let rows = lock(&self.rows);
        let mut sessions: Vec<&Session> = rows
            .sessions
            .values()
            .filter(|session| session.user_id == owner && rows.is_wanted(session, filter))
            .collect();
        sessions.sort_by_key(|session| std::cmp::Reverse((session.started_at, session.id)));
        let found = paged(sessions.into_iter(), page);
        Ok(SessionList {
            page: Page {
                items: found.items.iter().map(|session| rows.overview(session)).collect(),
                total: found.total,
            },
            bound: filter.bound.map_or(rows.newest, |bound| bound.min(rows.newest)),
        })
    }

    async fn end(
        &self,
        owner: UserId,
        id: SessionId,
        at: DateTime<Utc>,
        status: EndStatus,
    ) -> Result<(), StoreError> {
        self.check("end session")?;
        let mut rows = lock(&self.rows);
        if let Some(session) = rows.sessions.get_mut(&id)
            && session.user_id == owner
            && session.state == SessionState::Active
        {
            let at = at.max(session.started_at);
            session.state = SessionState::Ended { at, status };
        }
        Ok(())
    }

    async fn switch(
        &self,
        owner: UserId,
        id: SessionId,
        interaction: &Interaction,
    ) -> Result<(), StoreError> {
        self.check("switch session")?;
        let rows = &mut *lock(&self.rows);
        if let Some(session) = rows.sessions.get_mut(&id)
            && session.user_id == owner
        {
            session.interaction = interaction.clone();
            rows.listed.entry(id).or_default().add_providers_of(interaction);
        }
        Ok(())
    }

    async fn save_turn(&self, owner: UserId, turn: &Turn) -> Result<(), StoreError> {
        const OPERATION: &str = "save turn";
        self.check(OPERATION)?;
        let mut rows = lock(&self.rows);
        if rows.owned(owner, turn.session_id).is_none() {
            return Err(error(StoreErrorKind::Missing, OPERATION));
        }
        if let Some(saved) = rows.turns.get_mut(&turn.id) {
            if saved.user_transcript.is_none() {
                saved.user_transcript.clone_from(&turn.user_transcript);
            }
            return Ok(());
        }
        let same_place = |other: &Turn| (other.session_id, other.number) == (turn.session_id, turn.number);
        if rows.turns.values().any(same_place) {
            return Err(error(StoreErrorKind::Conflict, OPERATION));
        }
        rows.turns.insert(turn.id, turn.clone());
        Ok(())
    }

    async fn amend_user_transcript(
        &self,
        owner: UserId,
        session: SessionId,
        turn: TurnNumber,
        text: &str,
    ) -> Result<(), StoreError> {
        const OPERATION: &str = "amend turn";
        self.check(OPERATION)?;
        let mut rows = lock(&self.rows);
        let is_owned = rows.owned(owner, session).is_some();
        let place = (session, turn);
        let is_it = |turn: &&mut Turn| is_owned && (turn.session_id, turn.number) == place;
        match rows.turns.values_mut().find(is_it) {
            Some(turn) => {
                turn.user_transcript = Some(text.to_owned());
                Ok(())
            }
            None => Err(error(StoreErrorKind::Missing, OPERATION)),
        }
    }

    async fn keep_peaks(
        &self,
        owner: UserId,
        session: SessionId,
        turn: TurnId,
        peaks: &MeasuredPeaks,
    ) -> Result<(), StoreError> {
        const OPERATION: &str = "keep peaks";
        self.check(OPERATION)?;
        let mut rows = lock(&self.rows);
        let is_owned = rows.owned(owner, session).is_some();
        let turn = rows
            .turns
            .get_mut(&turn)
            .filter(|turn| is_owned && turn.session_id == session)
            .ok_or_else(|| error(StoreErrorKind::Missing, OPERATION))?;
        let sides = [
            (&mut turn.user_audio, &peaks.user),
            (&mut turn.ai_audio, &peaks.ai),
        ];
        for (recording, peaks) in sides {
            if let (Some(recording), Some(peaks)) = (recording, peaks) {
                recording.peaks = Some(peaks.clone());
            }
        }
        Ok(())
    }

    async fn peaks(
        &self,
        owner: UserId,
        id: SessionId,
    ) -> Result<BTreeMap<TurnId, MeasuredPeaks>, StoreError> {
        self.check("list peaks")?;
        let rows = lock(&self.rows);
        let turns = rows.owned(owner, id).into_iter().flat_map(|_| rows.turns_of(id));
        let of = |recording: &Option<Recording>| recording.as_ref()?.peaks.clone();
        let peaks = turns.map(|turn| {
            let (user, ai) = (of(&turn.user_audio), of(&turn.ai_audio));
            (turn.id, MeasuredPeaks { user, ai })
        });
        Ok(peaks.collect())
    }

    async fn turns(&self, owner: UserId, id: SessionId) -> Result<Vec<Turn>, StoreError> {
        self.check("list turns")?;
        let rows = lock(&self.rows);
        if rows.owned(owner, id).is_none() {
            return Ok(Vec::new());
        }
        let mut turns: Vec<Turn> = rows.turns_of(id).map(without_peaks).collect();
        turns.sort_by_key(|turn| turn.number);
        Ok(turns)
    }

    async fn turn(&self, owner: UserId, session: SessionId, id: TurnId) -> Result<Option<Turn>, StoreError> {
        self.check("find turn")?;
        let rows = lock(&self.rows);
        Ok(rows
            .owned(owner, session)
            .and_then(|_| rows.turns.get(&id))
            .filter(|turn| turn.session_id == session)
            .map(without_peaks))
    }

    async fn left_over(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        self.check("find left-over session")?;
        let rows = lock(&self.rows);
        let session = rows.sessions.get(&id);
        Ok(session
            .filter(|session| {
                let status = session.state.status();
                status == SessionStatus::Active || status == SessionStatus::Ended(EndStatus::Error)
            })
            .cloned())
    }

    async fn end_left_over(&self, at: DateTime<Utc>) -> Result<u64, StoreError> {
        self.check("end left-over sessions")?;
        let mut rows = lock(&self.rows);
        let mut ended = 0;
        for session in rows.sessions.values_mut() {
            if session.state == SessionState::Active {
                session.state = SessionState::Ended {
                    at: at.max(session.started_at),
                    status: EndStatus::Disconnected,
                };
                ended += 1;
            }
        }
        Ok(ended)
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.check("ping")
    }
}

fn without_peaks(turn: &Turn) -> Turn {
    let mut turn = turn.clone();
    for recording in [&mut turn.user_audio, &mut turn.ai_audio].into_iter().flatten() {
        recording.peaks = None;
    }
    turn
}

#[cfg(test)]
mod tests {
    use viva_contract::{
        session_list_contract, session_search_contract, session_store_contract, turn_peaks_contract,
    };

    use super::*;

    async fn memory(case: impl AsyncFnOnce(&dyn SessionStore)) {
        case(&MemorySessionStore::default()).await;
    }

    session_store_contract!(memory);

    async fn peaks_in_memory(case: impl AsyncFnOnce(&dyn SessionStore)) {
        memory(case).await;
    }

    turn_peaks_contract!(peaks_in_memory);
    mod lists {
        use super::*;

        session_list_contract!(memory);
    }

    mod searches {
        use super::*;

        session_search_contract!(memory);
    }

    #[tokio::test]
    async fn it_fails_when_told() {
        let store = MemorySessionStore::default();
        store.faults().fail_next(1, StoreErrorKind::Unavailable);
        assert_eq!(
            store.ping().await.map_err(|err| err.kind),
            Err(StoreErrorKind::Unavailable)
        );
        store.ping().await.unwrap();
    }
}
