//! What was kept of sessions.

mod effort;
mod export;
mod peaks;
mod samples;
mod stereo;
#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, Utc};
use thiserror::Error;
use viva_domain::ids::{SessionId, TurnId, UserId};
use viva_domain::latency::{MeasuredAt, MetricStatistics, Statistics};
use viva_domain::ports::{
    BlobError, BlobKey, BlobStore, OpenBlob, PageRequest, SessionList, SessionStore, StoreError,
};
use viva_domain::sessions::{Session, SessionFilter, TimeLine};
use viva_domain::turns::{Recording, Turn, TurnNumber};

pub use self::effort::{Effort, EffortTurn, TooBusy};
pub use self::export::{Export, ExportedRecording};
pub use self::peaks::PEAK_WINDOW;
pub use self::stereo::Stereo;

/// Reads sessions, turns and recordings. Everything is scoped to its owner: what is somebody else's is not there.
#[derive(Clone)]
pub struct History {
    session_store: Arc<dyn SessionStore>,
    blob_store: Arc<dyn BlobStore>,
    effort: Effort,
}

/// Why something could not be read.
#[derive(Debug, Error)]
pub enum HistoryError {
    /// There is no such session, or it is somebody else's.
    #[error("there is no session {0}")]
    UnknownSession(SessionId),
    /// The session has no such turn.
    #[error("the session has no turn {0}")]
    UnknownTurn(TurnId),
    /// The turn has no recording of that side.
    #[error("there is no recording of this side of the turn")]
    NoRecording,
    /// There are none any more, and all else of the session is kept.
    #[error("the recordings of this session were purged at {}; all else of it is kept", seconds(.0))]
    Purged(DateTime<Utc>),
    /// A recording was there when a file began to be made of it, and is not any more: it was deleted.
    #[error("{0} was deleted while it was read")]
    Deleted(BlobKey),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The storage.
    #[error(transparent)]
    Blob(#[from] BlobError),
}

/// Whose side of a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The person's.
    User,
    /// The AI's.
    Ai,
}

/// All that is kept of a session, but for the sound.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionRecord {
    /// The session.
    pub session: Session,
    /// Its turns, in order.
    pub turns: Vec<Turn>,
    /// Where their recordings lie in time.
    pub time_line: TimeLine,
}

/// A recording that is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRecording {
    /// The recording.
    pub recording: Recording,
    /// Its length in bytes.
    pub len: u64,
    /// The turn that it is of.
    pub turn: TurnNumber,
    /// When that turn began.
    pub turn_started_at: DateTime<Utc>,
}

/// Statistics of a session's turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LatencyStats {
    /// Over the turns that were not interrupted.
    pub whole: MetricStatistics,
    /// Over those that were. The total of one that was cut before it could be heard is missing.
    pub interrupted: MetricStatistics,
    /// How long the interruptions took, see [`viva_domain::latency::LatencyMetrics::interrupt`].
    pub interrupt: Option<Statistics>,
    /// Number of interrupted turns.
    pub interrupted_count: usize,
    /// Number of turns whose total is an estimate of the server, because the client reported no playback.
    pub estimated_count: usize,
}

impl LatencyStats {
    /// Those of a session's turns.
    pub fn of(turns: &[Turn]) -> Self {
        let (interrupted, whole): (Vec<_>, Vec<_>) =
            turns.iter().partition(|turn| turn.interruption.is_some());
        let statistics = |turns: &[&Turn]| MetricStatistics::of(&turns.iter().map(|turn| &turn.latency));
        let is_estimated = |turn: &&Turn| {
            let measured = turn.latency.total.map(|total| total.measured);
            measured == Some(MeasuredAt::Server)
        };
        Self {
            whole: statistics(&whole),
            interrupted: statistics(&interrupted),
            interrupt: Statistics::of(interrupted.iter().filter_map(|turn| turn.latency.interrupt)),
            interrupted_count: interrupted.len(),
            estimated_count: turns.iter().filter(is_estimated).count(),
        }
    }
}

impl History {
    /// Reads from these.
    pub fn new(session_store: Arc<dyn SessionStore>, blob_store: Arc<dyn BlobStore>) -> Self {
        Self {
            session_store,
            blob_store,
            effort: Effort::of_this_machine(),
        }
    }

    /// What making files may take of the machine, with all that is done here.
    pub fn effort(&self) -> &Effort {
        &self.effort
    }

    /// Answers when the history can be read and go on.
    ///
    /// # Errors
    /// [`HistoryError::Store`] when the database does not answer, or its schema is not that of this version;
    /// [`HistoryError::Blob`] when the storage cannot be used.
    pub async fn check(&self) -> Result<(), HistoryError> {
        self.session_store.ping().await?;
        Ok(self.blob_store.ping().await?)
    }

    /// Those of the user's sessions that the filter lets through, newest first.
    ///
    /// # Errors
    /// [`HistoryError::Store`].
    pub async fn list(
        &self,
        owner: UserId,
        filter: &SessionFilter,
        page: PageRequest,
    ) -> Result<SessionList, HistoryError> {
        Ok(self.session_store.list(owner, filter, page).await?)
    }

    /// One session.
    ///
    /// # Errors
    /// [`HistoryError::UnknownSession`] or [`HistoryError::Store`].
    pub async fn session(&self, owner: UserId, id: SessionId) -> Result<Session, HistoryError> {
        self.session_store
            .find(owner, id)
            .await?
            .ok_or(HistoryError::UnknownSession(id))
    }

    /// A session's turns, in order.
    ///
    /// # Errors
    /// [`HistoryError::UnknownSession`] or [`HistoryError::Store`].
    pub async fn turns(&self, owner: UserId, id: SessionId) -> Result<Vec<Turn>, HistoryError> {
        let turns = self.session_store.turns(owner, id).await?;
        self.session(owner, id).await?;
        Ok(turns)
    }

    /// All that is kept of a session, but for the sound.
    ///
    /// # Errors
    /// [`HistoryError::UnknownSession`] or [`HistoryError::Store`].
    pub async fn record(&self, owner: UserId, id: SessionId) -> Result<SessionRecord, HistoryError> {
        // A session that is there after its turns were read had all of them.
        let turns = self.session_store.turns(owner, id).await?;
        let session = self.session(owner, id).await?;
        let time_line = TimeLine::of(&session, &turns);
        Ok(SessionRecord {
            session,
            turns,
            time_line,
        })
    }

    /// The recording of one side of a turn.
    ///
    /// # Errors
    /// [`HistoryError::UnknownTurn`], [`HistoryError::NoRecording`] also when the file is not there (yet),
    /// [`HistoryError::Purged`].
    pub async fn recording(
        &self,
        owner: UserId,
        session: SessionId,
        turn: TurnId,
        side: Side,
    ) -> Result<StoredRecording, HistoryError> {
        let turn = self
            .session_store
            .turn(owner, session, turn)
            .await?
            .ok_or(HistoryError::UnknownTurn(turn))?;
        let (number, started_at) = (turn.number, turn.started_at);
        let recording = match side {
            Side::User => turn.user_audio,
            Side::Ai => turn.ai_audio,
        };
        let recording = recording.ok_or(HistoryError::NoRecording)?;
        has_recordings(&self.session(owner, session).await?)?;
        let Some(len) = self.blob_store.len(&recording.key).await? else {
            // It may have been purged meanwhile.
            has_recordings(&self.session(owner, session).await?)?;
            return Err(HistoryError::NoRecording);
        };
        Ok(StoredRecording {
            recording,
            len,
            turn: number,
            turn_started_at: started_at,
        })
    }

    /// Opens a recording that is stored, to read these bytes of it.
    ///
    /// # Errors
    /// [`HistoryError::Deleted`] when it is not there any more.
    pub async fn open(&self, stored: &StoredRecording, bytes: Range<u64>) -> Result<OpenBlob, HistoryError> {
        let key = &stored.recording.key;
        let opened = self.blob_store.open(key, bytes).await?;
        opened.ok_or_else(|| HistoryError::Deleted(key.clone()))
    }

    /// Latency statistics of a session.
    ///
    /// # Errors
    /// [`HistoryError::UnknownSession`] or [`HistoryError::Store`].
    pub async fn latency_stats(&self, owner: UserId, id: SessionId) -> Result<LatencyStats, HistoryError> {
        Ok(LatencyStats::of(&self.turns(owner, id).await?))
    }
}

fn seconds(time: &DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Answers when the recordings of a session are kept.
fn has_recordings(session: &Session) -> Result<(), HistoryError> {
    session
        .recordings_purged_at
        .map_or(Ok(()), |at| Err(HistoryError::Purged(at)))
}
