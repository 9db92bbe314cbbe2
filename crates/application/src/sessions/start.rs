use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use thiserror::Error;
use tokio::sync::mpsc;
use tokio::task::JoinError;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use tracing::field::Empty;
use tracing::{Instrument as _, info, info_span};
use viva_audio::{InvalidTurnDetection, SampleRate, TurnDetection, UnsupportedSampleRate};
use viva_domain::ids::{SessionId, UserId};
use viva_domain::ports::{ProviderErrorKind, StoreError};
use viva_domain::sessions::{FallbackPolicy, Interaction, Session, SessionState, WrittenPrompt};
use viva_domain::turns::{BargeIn, Greeting, Limits, MachineSettings, SessionFailure, TurnTaking};

use super::archive::{Archive, ArchiveSettings};
use super::driver::{Driver, DriverSetup, fallback_of, on_failure_with};
use super::intake::Intake;
use super::link::{Link, SessionMessage, StartedSession};
use super::live::LiveSession;
use super::process_audio::PaceLimit;
use super::service::{Connection, SessionInput, Sessions};
use crate::credentials::KeyUses;
use crate::modes::{InteractionMode, ModeFactory, OpenMode, OpenModeError, failure};

/// Inputs on their way to a session: 2.5 s of 20 ms frames. Overflow: the connection waits and its socket is not read.
const INPUT_CAPACITY: usize = 128;
/// How long a new session waits for the one that it supersedes.
const SUPERSEDE_WAIT: Duration = Duration::from_secs(4);

/// What a session is started with.
#[derive(Debug, Clone)]
pub struct StartSession {
    /// Whose session it is.
    pub user_id: UserId,
    /// The stack that answers.
    pub interaction: Interaction,
    /// What the AI is told.
    pub written: WrittenPrompt,
    /// Whether the user's speech stops the AI.
    pub barge_in: BargeIn,
    /// Whether the AI speaks first.
    pub greeting: Greeting,
    /// What happens when a realtime provider fails.
    pub fallback: FallbackPolicy,
    /// How the end of the user's turn is found.
    pub turn_detection: TurnDetectionChange,
    /// Sample rates of both directions.
    pub audio: AudioRates,
}

impl StartSession {
    /// A session of this user with this stack and everything else as it usually is: nothing is said to the AI, the user
    /// begins and may interrupt, audio has 24 kHz.
    pub fn new(user_id: UserId, interaction: Interaction) -> Self {
        Self {
            user_id,
            interaction,
            written: WrittenPrompt::default(),
            barge_in: BargeIn::Enabled,
            greeting: Greeting::None,
            fallback: FallbackPolicy::default(),
            turn_detection: TurnDetectionChange::default(),
            audio: AudioRates {
                input: 24_000,
                output: 24_000,
            },
        }
    }
}

/// Sample rates in Hz, as the client wants them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AudioRates {
    /// Of the user's audio.
    pub input: u32,
    /// Of the AI's audio.
    pub output: u32,
}

/// Changes to how the end of the user's turn is found; what is `None` stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct TurnDetectionChange {
    /// Speech probability from which a frame counts as speech.
    pub threshold: Option<f32>,
    /// The same while the AI is heard.
    pub barge_in_threshold: Option<f32>,
    /// Silence that ends the turn.
    pub silence_ms: Option<u32>,
    /// Audio kept from before the first voiced sample.
    pub prefix_ms: Option<u32>,
    /// Speech shorter than this is noise.
    pub min_speech_ms: Option<u32>,
    /// Whether a cascade makes its answer ready at half the silence, and throws it away when the user goes on.
    pub eager: Option<bool>,
}

impl TurnDetectionChange {
    /// Checks the values that change.
    ///
    /// # Errors
    /// [`InvalidTurnDetection`] when one is out of range.
    pub fn check(self) -> Result<(), InvalidTurnDetection> {
        self.apply(TurnDetection::default()).map(|_| ())
    }

    /// The settings after the change.
    ///
    /// # Errors
    /// [`InvalidTurnDetection`] when one is out of range.
    pub(super) fn apply(self, to: TurnDetection) -> Result<TurnDetection, InvalidTurnDetection> {
        TurnDetection {
            threshold: self.threshold.unwrap_or(to.threshold),
            barge_in_threshold: self.barge_in_threshold.unwrap_or(to.barge_in_threshold),
            silence_ms: self.silence_ms.unwrap_or(to.silence_ms),
            prefix_ms: self.prefix_ms.unwrap_or(to.prefix_ms),
            min_speech_ms: self.min_speech_ms.unwrap_or(to.min_speech_ms),
        }
        .validated()
    }
}

/// Why a session did not start.
#[derive(Debug, Error)]
pub enum StartSessionError {
    /// A sample rate that is not supported.
    #[error(transparent)]
    SampleRate(#[from] UnsupportedSampleRate),
    /// Turn detection out of range.
    #[error("turn detection: {0}")]
    TurnDetection(#[from] InvalidTurnDetection),
    /// The mode cannot be had.
    #[error(transparent)]
    Mode(#[from] OpenModeError),
    /// The server is shutting down.
    #[error("the server is shutting down; try again in a moment")]
    ShuttingDown,
    /// A fault of ours.
    #[error("starting the session panicked")]
    Panicked(#[source] JoinError),
    /// The session could not be stored.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Sessions {
    /// Starts a session. The user's oldest session ends when they have too many now.
    ///
    /// # Errors
    /// [`StartSessionError`]; nothing has changed then.
    pub async fn start(&self, request: StartSession, link: Link) -> Result<Connection, StartSessionError> {
        let id = SessionId::from_uuid(self.ports.ids.uuid());
        // Of no connection: the session may outlive the one that starts it.
        let span = info_span!(parent: None, "session", session.id = %id, turn.number = Empty);
        self.start_as(id, request, link).instrument(span).await
    }

    async fn start_as(
        &self,
        id: SessionId,
        request: StartSession,
        link: Link,
    ) -> Result<Connection, StartSessionError> {
        // A shutdown that this check does not see waits until this is through.
        let _token = self.tasks.token();
        if self.shutdown.is_cancelled() {
            return Err(StartSessionError::ShuttingDown);
        }
        let input_rate = SampleRate::new(request.audio.input)?;
        let output_rate = SampleRate::new(request.audio.output)?;
        let turn_detection = request.turn_detection.apply(TurnDetection::default())?;
        let modes = Arc::new(self.modes(request.user_id).await?);
        let interaction = modes.resolve(&request.interaction)?;
        let instructions = request.written.compose(interaction.language());
        let key_uses = self.key_uses(request.user_id);
        let open = OpenMode {
            interaction: &interaction,
            instructions: &instructions,
            ai_role: request.written.prompt.ai_role(),
            history: Vec::new(),
            tasks: &self.tasks,
            input_rate,
            output_rate,
        };
        let mode = tokio::select! {
            mode = key_uses.opening(&modes, &interaction, modes.open(open)) => mode,
            () = self.shutdown.cancelled() => return Err(StartSessionError::ShuttingDown),
        };
        if let Err(OpenModeError(err)) = &mode {
            self.ports.meters.provider_failed(&err.provider, &err.kind);
        }
        let mode = self.mode_or_fallback(&modes, mode, &interaction, request.fallback)?;
        let opening = Opening {
            id,
            request,
            interaction,
            instructions,
            modes,
            key_uses,
            mode,
            input_rate,
            output_rate,
            turn_detection,
            link,
        };
        // From here on a client that goes away leaves a session that waits for it, not half of one.
        let this = self.clone();
        let started = self
            .tasks
            .spawn(async move { this.start_opened(opening).await }.in_current_span())
            .await;
        match started {
            Ok(started) => started,
            Err(err) if err.is_panic() => Err(StartSessionError::Panicked(err)),
            // Nothing but the runtime ends the task, with itself.
            Err(_) => Err(StartSessionError::ShuttingDown),
        }
    }

    fn key_uses(&self, owner: UserId) -> KeyUses {
        KeyUses::new(
            Arc::clone(&self.ports.credential_store),
            Arc::clone(&self.ports.clock),
            Arc::clone(&self.ports.ids),
            self.tasks.clone(),
            owner,
        )
    }

    /// A provider that is out of order is no reason not to start, when the session can go on with others. A wrong wish is.
    fn mode_or_fallback(
        &self,
        modes: &ModeFactory,
        mode: Result<Box<dyn InteractionMode>, OpenModeError>,
        interaction: &Interaction,
        policy: FallbackPolicy,
    ) -> Result<Result<Box<dyn InteractionMode>, SessionFailure>, OpenModeError> {
        match mode {
            Ok(mode) => Ok(Ok(mode)),
            Err(OpenModeError(err))
                if !matches!(err.kind, ProviderErrorKind::InvalidConfig(_))
                    && fallback_of(modes, interaction, policy, self.ports.clock.now().date_naive())
                        .is_some() =>
            {
                Ok(Err(failure(&err)))
            }
            Err(err) => Err(err),
        }
    }

    async fn start_opened(&self, opening: Opening) -> Result<Connection, StartSessionError> {
        let Opening {
            id,
            request,
            interaction,
            instructions,
            modes,
            key_uses,
            mode,
            input_rate,
            output_rate,
            turn_detection,
            link,
        } = opening;
        let session = Session {
            id,
            user_id: request.user_id,
            interaction,
            prompt: request.written.prompt,
            instructions,
            barge_in_enabled: request.barge_in == BargeIn::Enabled,
            fallback: request.fallback,
            started_at: self.ports.clock.now(),
            state: SessionState::Active,
            recordings_purged_at: None,
        };
        let started = Instant::now();
        self.ports.session_store.insert(&session).await?;
        key_uses.begin(session.id);
        let resume_token = self.ports.ids.secret();
        let (inputs, inputs_rx) = mpsc::channel(INPUT_CAPACITY);
        let live = LiveSession {
            id: session.id,
            user_id: session.user_id,
            resume_token: resume_token.clone(),
            input_rate,
            inputs: inputs.clone(),
            over: CancellationToken::new(),
        };
        let (registration, surplus) = self.live.add(&live, self.settings.per_user);
        self.end_surplus(&surplus).await;
        let limits = self.settings.limits;
        let archive_settings = ArchiveSettings {
            owner: session.user_id,
            session: session.id,
            input_rate,
            output_rate,
        };
        let (late, shutdown) = (self.late.clone(), self.shutdown.clone());
        let archive = Archive::start(&self.ports, archive_settings, late, &self.tasks, shutdown);
        let first_message = first_message(&session, resume_token, limits);
        let connection = Connection {
            session_id: session.id,
            inputs,
            pace: PaceLimit::new(input_rate, Instant::now()),
            meters: self.ports.meters.clone(),
        };
        let fallback = fallback_of(
            &modes,
            &session.interaction,
            session.fallback,
            session.started_at.date_naive(),
        );
        let driver = Driver::new(DriverSetup {
            machine: MachineSettings {
                barge_in: request.barge_in,
                turn_taking: mode
                    .as_ref()
                    .map_or(TurnTaking::Session, |mode| mode.turn_taking()),
                on_mode_failure: on_failure_with(fallback.as_ref()),
                greeting: request.greeting,
                limits,
                output_rate: output_rate.hz(),
                audible: viva_audio::level::AUDIBLE,
            },
            input_rate,
            output_rate,
            is_eager: request.turn_detection.eager.unwrap_or(false),
            modes,
            key_uses,
            fallback,
            tasks: self.tasks.clone(),
            intake: Intake::new(input_rate, turn_detection),
            session,
            mode,
            archive,
            link,
            first_message,
            inputs: inputs_rx,
            ports: self.ports.clone(),
            registration,
            shutdown: self.shutdown.clone(),
            started,
        });
        self.tasks.spawn(driver.run().in_current_span());
        Ok(connection)
    }

    /// Ends the sessions that a user has too many, and waits a while for them.
    async fn end_surplus(&self, surplus: &[LiveSession]) {
        for old in surplus {
            info!(event = "session.superseded", session.id = %old.id, "Superseded session {}", old.id);
            let inputs = old.inputs.clone();
            // One that cannot take it now gets it later, and holds up nobody; one that is over needs it no more.
            let supersede = async move {
                let _ = inputs.send(SessionInput::Supersede).await;
            };
            self.tasks.spawn(supersede.in_current_span());
        }
        let all_over = join_all(surplus.iter().map(|old| old.over.cancelled()));
        // A session that takes longer to store its turns ends by itself.
        let _ = timeout(SUPERSEDE_WAIT, all_over).await;
    }
}

fn first_message(session: &Session, resume_token: String, limits: Limits) -> SessionMessage {
    SessionMessage::Started(Box::new(StartedSession {
        id: session.id,
        resume_token,
        interaction: session.interaction.clone(),
        limits,
    }))
}

/// A session whose mode is open and that is not stored yet.
struct Opening {
    id: SessionId,
    request: StartSession,
    interaction: Interaction,
    instructions: String,
    modes: Arc<ModeFactory>,
    key_uses: KeyUses,
    mode: Result<Box<dyn InteractionMode>, SessionFailure>,
    input_rate: SampleRate,
    output_rate: SampleRate,
    turn_detection: TurnDetection,
    link: Link,
}
