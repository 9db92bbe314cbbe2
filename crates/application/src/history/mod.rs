//! What was kept of sessions.

mod peaks;
mod samples;
mod stereo;

use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use thiserror::Error;
use viva_domain::ids::{SessionId, TurnId, UserId};
use viva_domain::latency::{MeasuredAt, MetricStatistics, Statistics};
use viva_domain::ports::{
    BlobError, BlobErrorKind, BlobStore, PageRequest, SessionList, SessionStore, StoreError,
};
use viva_domain::sessions::{Session, SessionFilter, TimeLine};
use viva_domain::turns::{Recording, Turn, TurnNumber};

pub use self::peaks::PEAK_WINDOW;
pub use self::stereo::Stereo;

/// Reads sessions, turns and recordings. Everything is scoped to its owner: what is somebody else's is not there.
#[derive(Clone)]
pub struct History {
    session_store: Arc<dyn SessionStore>,
    blob_store: Arc<dyn BlobStore>,
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
    /// A range that lies outside the recording.
    #[error("the range lies outside the recording of {len} bytes")]
    Range {
        /// The recording's length in bytes.
        len: u64,
    },
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
        }
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
        self.session(owner, id).await?;
        Ok(self.session_store.turns(owner, id).await?)
    }

    /// All that is kept of a session, but for the sound.
    ///
    /// # Errors
    /// [`HistoryError::UnknownSession`] or [`HistoryError::Store`].
    pub async fn record(&self, owner: UserId, id: SessionId) -> Result<SessionRecord, HistoryError> {
        let session = self.session(owner, id).await?;
        let turns = self.session_store.turns(owner, id).await?;
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
    /// [`HistoryError::UnknownTurn`], [`HistoryError::NoRecording`] also when the file is not there (yet).
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
        let len = self
            .stored_len(&recording)
            .await?
            .ok_or(HistoryError::NoRecording)?;
        Ok(StoredRecording {
            recording,
            len,
            turn: number,
            turn_started_at: started_at,
        })
    }

    /// The length of a recording's file in bytes; `None` when it is not there (yet).
    ///
    /// # Errors
    /// [`HistoryError::Blob`].
    pub async fn stored_len(&self, recording: &Recording) -> Result<Option<u64>, HistoryError> {
        Ok(self.blob_store.len(&recording.key).await?)
    }

    /// Bytes of a recording from `start` up to, not including, `end`.
    ///
    /// # Errors
    /// [`HistoryError::Range`] when it has no such bytes, [`HistoryError::NoRecording`] when it is gone.
    pub async fn read(&self, recording: &Recording, start: u64, end: u64) -> Result<Bytes, HistoryError> {
        match self.blob_store.read(&recording.key, start, end).await {
            Ok(bytes) => bytes.ok_or(HistoryError::NoRecording),
            Err(err) if err.kind == BlobErrorKind::Range => Err(HistoryError::Range {
                len: self.blob_store.len(&recording.key).await?.unwrap_or(0),
            }),
            Err(err) => Err(err.into()),
        }
    }

    /// Latency statistics of a session.
    ///
    /// # Errors
    /// [`HistoryError::UnknownSession`] or [`HistoryError::Store`].
    pub async fn latency_stats(&self, owner: UserId, id: SessionId) -> Result<LatencyStats, HistoryError> {
        Ok(LatencyStats::of(&self.turns(owner, id).await?))
    }
}
