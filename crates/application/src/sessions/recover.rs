use thiserror::Error;
use tracing::{info, warn};
use viva_domain::ids::UserId;
use viva_domain::ports::{SpoolError, SpooledAudio, StoreError, StoreErrorKind};
use viva_domain::turns::{Turn, TurnNumber};

use super::service::{Sessions, SessionsPorts};

/// What was found at start-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Recovered {
    /// Sessions that were still active and are `disconnected` now.
    pub sessions: u64,
    /// Finished turns, or their last words, that were not in the database and are now.
    pub turns: usize,
    /// Recordings that were moved from the spool to the storage.
    pub recordings: usize,
}

/// Why recovery stopped. Nothing is lost: it is tried again at the next start.
#[derive(Debug, Error)]
pub enum RecoverError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The spool or the journal.
    #[error(transparent)]
    Spool(#[from] SpoolError),
}

impl Sessions {
    /// Brings in order what an earlier process left behind. Call it at start-up, before the first session.
    ///
    /// # Errors
    /// [`RecoverError`] when the database, the journal or the spool cannot be read.
    pub async fn recover(&self) -> Result<Recovered, RecoverError> {
        let mut recovered = Recovered::default();
        // The journal gives out so many at a time; what cannot be stored stays in it.
        loop {
            let stored = self.recover_turns().await?;
            recovered.turns += stored;
            if stored == 0 {
                break;
            }
        }
        for recording in self.ports.audio_spool.left_over().await? {
            recovered.recordings += usize::from(store_recording(&self.ports, &recording).await);
        }
        recovered.sessions = self
            .ports
            .session_store
            .end_left_over(self.ports.clock.now())
            .await?;
        if recovered != Recovered::default() {
            let Recovered {
                sessions,
                turns,
                recordings,
            } = recovered;
            info!(
                event = "recovery.finished",
                recovery.sessions = sessions,
                recovery.turns = turns,
                recovery.recordings = recordings,
                "Recovered {sessions} sessions, {turns} turns and {recordings} recordings of an earlier run"
            );
        }
        Ok(recovered)
    }

    async fn recover_turns(&self) -> Result<usize, RecoverError> {
        let mut stored = 0;
        for (owner, turn) in self.ports.turn_journal.kept().await? {
            match self.store_kept(owner, &turn).await {
                Ok(()) => {
                    self.ports.turn_journal.remove(&turn).await?;
                    stored += 1;
                }
                Err(err) if err.kind == StoreErrorKind::Unavailable => return Err(err.into()),
                Err(err) => {
                    warn!(event = "recovery.turn_refused", session.id = %turn.session_id, turn.number = turn.number.get(), error = &err as &dyn std::error::Error,
                    "A turn in the journal cannot be stored; it stays there")
                }
            }
        }
        Ok(stored)
    }

    /// It may be stored already, and only its words be missing.
    async fn store_kept(&self, owner: UserId, turn: &Turn) -> Result<(), StoreError> {
        let store = &self.ports.session_store;
        store.save_turn(owner, turn).await?;
        match &turn.user_transcript {
            Some(words) => {
                store
                    .amend_user_transcript(owner, turn.session_id, turn.number, words)
                    .await
            }
            None => Ok(()),
        }
    }
}

/// Moves a recording from the spool to the storage; `false` when it stays in the spool until the next start.
pub(super) async fn store_recording(ports: &SessionsPorts, recording: &SpooledAudio) -> bool {
    if let Err(err) = ports.blob_store.put_file(&recording.key, &recording.path).await {
        warn!(
            event = "recording.not_stored", blob.key = %recording.key,
            session.id = recording.key.session().map(display), turn.number = recording.key.turn().map(TurnNumber::get),
            error = &err as &dyn std::error::Error,
            "Cannot store recording {}; it stays in the spool until the next start", recording.key
        );
        return false;
    }
    if let Err(err) = ports.audio_spool.remove(&recording.key).await {
        warn!(
            event = "recording.left_in_spool", blob.key = %recording.key,
            session.id = recording.key.session().map(display), turn.number = recording.key.turn().map(TurnNumber::get),
            error = &err as &dyn std::error::Error,
            "A stored recording stays in the spool"
        );
    }
    true
}
