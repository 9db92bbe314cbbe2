use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use viva_domain::ids::{SessionId, UserId};
use viva_domain::latency::ClientTime;
use viva_domain::ports::{
    AudioSpool, BlobStore, Clock, CredentialStore, Ids, ProviderDirectory, SessionStore, StoreError,
    TurnJournal,
};
use viva_domain::sessions::Interaction;
use viva_domain::turns::{BargeIn, Limits, PlaybackEvent, TurnNumber};

use super::archive::LateRecordings;
use super::link::Link;
use super::live::LiveSessions;
use super::process_audio::{PaceLimit, ProcessAudioError, UserAudio};
use super::start::TurnDetectionChange;
use crate::meters::{Dropped, Meters};
use crate::modes::{ModeFactory, OpenModeError};
use crate::traces::Traces;

/// Starts, resumes and ends sessions.
#[derive(Clone)]
pub struct Sessions {
    pub(super) ports: SessionsPorts,
    pub(super) settings: SessionSettings,
    pub(super) live: Arc<LiveSessions>,
    pub(super) late: LateRecordings,
    /// Every task of every session, so that shutting down can wait for them.
    pub(super) tasks: TaskTracker,
    pub(super) shutdown: CancellationToken,
}

/// What sessions need from the outside.
#[derive(Clone)]
pub struct SessionsPorts {
    /// Keeps sessions and turns.
    pub session_store: Arc<dyn SessionStore>,
    /// Keeps recordings.
    pub blob_store: Arc<dyn BlobStore>,
    /// Recordings that grow.
    pub audio_spool: Arc<dyn AudioSpool>,
    /// Finished turns until the database has them.
    pub turn_journal: Arc<dyn TurnJournal>,
    /// Which providers a user has.
    pub provider_directory: Arc<dyn ProviderDirectory>,
    /// Keeps account of the keys that a user has for them.
    pub credential_store: Arc<dyn CredentialStore>,
    /// The wall clock.
    pub clock: Arc<dyn Clock>,
    /// Ids and secrets.
    pub ids: Arc<dyn Ids>,
    /// Counts what happens.
    pub meters: Meters,
    /// Tells of every turn where its time went.
    pub traces: Traces,
}

/// What sessions may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionSettings {
    /// Active sessions per user; starting one more ends the oldest.
    pub per_user: usize,
    /// Limits of each.
    pub limits: Limits,
}

/// Why a stack cannot be had.
#[derive(Debug, Error)]
pub enum ResolveError {
    /// A provider does not exist or is not set up, or a setting is wrong.
    #[error(transparent)]
    Mode(#[from] OpenModeError),
    /// The user's keys could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Default for SessionSettings {
    fn default() -> Self {
        Self {
            per_user: 1,
            limits: Limits::default(),
        }
    }
}

impl Sessions {
    /// A service without sessions.
    pub fn new(ports: SessionsPorts, settings: SessionSettings, tasks: TaskTracker) -> Self {
        let shutdown = CancellationToken::new();
        let late = LateRecordings::new(ports.clone(), tasks.clone(), shutdown.clone());
        Self {
            ports,
            settings,
            live: Arc::new(LiveSessions::default()),
            late,
            tasks,
            shutdown,
        }
    }

    /// Ends every session and waits until each has stored what it has and said farewell. No session starts after this.
    pub async fn shut_down(&self) {
        self.shutdown.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Checks a stack that a session of this user shall go on with, and fills in what was left open.
    ///
    /// # Errors
    /// [`ResolveError`].
    pub async fn resolve(
        &self,
        owner: UserId,
        interaction: &Interaction,
    ) -> Result<Interaction, ResolveError> {
        Ok(self.modes(owner).await?.resolve(interaction)?)
    }

    /// What a user has to choose from now.
    pub(super) async fn modes(&self, owner: UserId) -> Result<ModeFactory, StoreError> {
        let catalogue = self.ports.provider_directory.catalogue(owner).await?;
        Ok(ModeFactory::new(catalogue))
    }

    /// Number of live sessions.
    pub fn live_count(&self) -> usize {
        self.live.len()
    }
}

/// What a client's connection says to its session. Dropping it and the [`super::LinkEnd`] leaves the session waiting to
/// be resumed.
#[derive(Debug)]
pub struct Connection {
    pub(super) session_id: SessionId,
    /// Waits when full: the socket is then not read, and the client feels it.
    pub(super) inputs: mpsc::Sender<SessionInput>,
    pub(super) pace: PaceLimit,
    pub(super) meters: Meters,
}

/// The session is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionOver;

impl Connection {
    /// The session.
    pub fn session_id(&self) -> SessionId {
        self.session_id
    }

    /// Hands over what the client said.
    ///
    /// # Errors
    /// [`SessionOver`] when nobody listens any more.
    pub async fn send(&self, input: SessionInput) -> Result<(), SessionOver> {
        self.inputs.send(input).await.map_err(|_| SessionOver)
    }

    /// Hands over user audio.
    ///
    /// # Errors
    /// [`ProcessAudioError`] when it comes too fast, or the session is over; the audio is dropped then.
    pub async fn process_audio(&mut self, audio: UserAudio) -> Result<(), ProcessAudioError> {
        let checked = self.pace.check(audio.samples.len(), audio.received);
        checked.inspect_err(|_| self.meters.dropped(Dropped::TooFast, 1))?;
        self.inputs
            .send(SessionInput::Audio(audio))
            .await
            .map_err(|_| ProcessAudioError::SessionOver)
    }
}

/// What a client says.
#[derive(Debug)]
pub enum SessionInput {
    /// User audio; use [`Connection::process_audio`].
    Audio(UserAudio),
    /// The client can play audio.
    Ready,
    /// The user is done speaking.
    EndTurn,
    /// Stop the AI.
    Interrupt {
        /// How much of the answer had been heard.
        played: Option<Duration>,
    },
    /// Change what may change.
    Update {
        /// Whether the user's speech stops the AI.
        barge_in: Option<BargeIn>,
        /// How the end of the user's turn is found; see [`TurnDetectionChange::check`].
        turn_detection: TurnDetectionChange,
    },
    /// Go on with another stack, from [`Sessions::resolve`].
    SwitchMode(Box<Interaction>),
    /// What was played.
    Playback(PlaybackReport),
    /// The first frame of a turn's answer ([`super::AudioOut::is_first`]) was written to the socket.
    FirstAudioSent {
        /// The turn.
        turn: TurnNumber,
        /// When the write was done.
        at: Instant,
    },
    /// End the session.
    End,
    /// The user started another session. Only [`Sessions`] says so.
    Supersede,
    /// A new connection takes the session over. Only [`Sessions`] says so, after it checked the secret.
    Attach {
        /// The connection.
        link: Link,
        /// The last audio frame that arrived; `None` when none did.
        last_audio_seq: Option<u32>,
        /// The last message that arrived; `None` when it is not known.
        last_message_seq: Option<u32>,
    },
}

/// What a client played of one answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlaybackReport {
    /// The turn.
    pub turn: TurnNumber,
    /// What happened.
    pub event: PlaybackEvent,
    /// How much of the answer has been audible.
    pub played: Duration,
    /// When, on the clock that stamps the user's audio.
    pub at: ClientTime,
}
