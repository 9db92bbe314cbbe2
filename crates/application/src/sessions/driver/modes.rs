//! The stack that answers: what happens when it fails, and how another one takes its place.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveDate;
use tracing::{info, warn};
use viva_domain::ports::{Message, MessageRole, ProviderErrorKind};
use viva_domain::sessions::{EndStatus, FallbackPolicy, Interaction, InteractionMode as Mode};
use viva_domain::turns::{
    Event, Input, ModeInput, ModeOrder, NoticeCode, OnModeFailure, SessionFailure, TurnTaking,
};

use super::Driver;
use super::hearing::Eager;
use crate::meters::{SwitchCause, error_kind};
use crate::modes::{InteractionMode, ModeFactory, OpenMode, OpenModeError, failure};
use crate::sessions::archive::LONGEST_READ_BACK;
use crate::sessions::link::{FallbackOffer, SessionMessage, SwitchedMode};

/// A mode that shall take over.
pub(super) enum Opening {
    /// It is told of the conversation when it is connected, so that waits until all of that is known.
    Wanted {
        interaction: Interaction,
        /// Why, when nobody wished it.
        reason: Option<String>,
    },
    Connecting(Pin<Box<dyn Future<Output = Opened> + Send>>),
}

pub(super) struct Opened {
    interaction: Interaction,
    reason: Option<String>,
    mode: Result<Box<dyn InteractionMode>, OpenModeError>,
    /// Opened it, with the keys that the user had then.
    modes: Arc<ModeFactory>,
    /// What it was told of the conversation.
    told: Vec<Message>,
}

impl Driver {
    /// The mode failed, and the session waits for another one.
    pub(super) fn on_mode_lost(&mut self, failure: &SessionFailure) {
        info!(event = "session.mode_lost", session.id = %self.session.id, provider.name = failure.provider,
            error.kind = error_kind(&failure.kind), "Lost the mode of session {}", self.session.id);
        self.mode = None;
        // The one that the user wished already takes its place.
        if self.opening.is_none() {
            self.fall_back(failure);
        }
    }

    /// Opens the cascade that is there when the mode is not, or offers it.
    fn fall_back(&mut self, failure: &SessionFailure) {
        let Some(interaction) = self.fallback.clone() else {
            return;
        };
        if self.session.fallback == FallbackPolicy::Auto {
            return self.open(interaction, Some(failure.message.clone()));
        }
        let reason = failure.message.clone();
        self.offer = Some(FallbackOffer { reason, interaction });
        self.offer_again();
    }

    /// Offers how to go on, while there is no mode and none is being opened.
    pub(super) fn offer_again(&mut self) {
        if self.mode.is_none()
            && self.opening.is_none()
            && let Some(offer) = self.offer.clone()
        {
            self.outbox
                .message(SessionMessage::FallbackOffered(Box::new(offer)));
        }
    }

    /// The user wants another mode. What this one says is cut now, and it answers until the other one is open.
    pub(super) async fn switch_to(&mut self, interaction: Interaction) {
        if self.machine.ending().is_none() {
            self.tell(Input::ModeLeaves).await;
            self.open(interaction, None);
        }
    }

    /// Opens another mode. The newest wish counts.
    fn open(&mut self, interaction: Interaction, reason: Option<String>) {
        self.opening = Some(Opening::Wanted { interaction, reason });
    }

    /// Connects the mode that is wanted, once nothing that was said so far is uncertain.
    pub(super) fn connect_wanted(&mut self) {
        let is_wanted = |opening: &mut Opening| matches!(opening, Opening::Wanted { .. });
        if self.machine.knows_what_was_heard()
            && let Some(Opening::Wanted { interaction, reason }) = self.opening.take_if(is_wanted)
        {
            self.connect(interaction, reason);
        }
    }

    fn connect(&mut self, interaction: Interaction, reason: Option<String>) {
        let (modes, tasks) = (Arc::clone(&self.modes), self.tasks.clone());
        let key_uses = self.key_uses.clone();
        let (directory, owner) = (Arc::clone(&self.ports.provider_directory), self.session.user_id);
        let instructions = self.session.instructions.clone();
        let ai_role = self.session.prompt.ai_role().map(str::to_owned);
        let history = self.history();
        let told = history.clone();
        let (input_rate, output_rate) = (self.input_rate, self.output_rate);
        self.opening = Some(Opening::Connecting(Box::pin(async move {
            let request = OpenMode {
                interaction: &interaction,
                instructions: &instructions,
                ai_role: ai_role.as_deref(),
                history,
                input_rate,
                output_rate,
                tasks: &tasks,
            };
            let modes = match directory.catalogue(owner).await {
                Ok(catalogue) => Arc::new(ModeFactory::new(catalogue)),
                Err(err) => {
                    warn!(
                        event = "session.keys_unread",
                        error = &err as &dyn std::error::Error,
                        "A session goes on with the keys that it has, since others cannot be read"
                    );
                    modes
                }
            };
            let opening = modes.open(request);
            let mode = key_uses.opening(&modes, &interaction, opening).await;
            Opened {
                interaction,
                reason,
                mode,
                modes,
                told,
            }
        })));
    }

    /// What was said so far; the turn that waits for its answer is told to the next mode as audio.
    fn history(&self) -> Vec<Message> {
        let mut conversation = self.memory.conversation();
        for (user, heard) in self.machine.unfinished(self.now()) {
            conversation.add(MessageRole::User, user.unwrap_or_default());
            conversation.add(MessageRole::Assistant, &heard);
        }
        conversation.into_messages()
    }

    pub(super) async fn on_opened(&mut self, opened: Opened) {
        self.opening = None;
        if let Err(OpenModeError(err)) = &opened.mode {
            self.ports.meters.provider_failed(&err.provider, &err.kind);
        }
        let Opened {
            interaction,
            reason,
            mode,
            modes,
            told,
        } = opened;
        match mode {
            Ok(mode) => {
                self.tell(Input::ModeLeaves).await;
                if told == self.history() && self.machine.knows_what_was_heard() {
                    self.modes = modes;
                    self.replace_mode(interaction, reason, mode).await;
                } else {
                    // The conversation went on meanwhile: it would not know of what was said.
                    drop(mode);
                    self.open(interaction, reason);
                }
            }
            Err(OpenModeError(err)) => self.on_not_opened(&interaction, failure(&err)).await,
        }
    }

    async fn on_not_opened(&mut self, interaction: &Interaction, failure: SessionFailure) {
        let is_last_resort =
            self.session.fallback == FallbackPolicy::Auto && self.fallback.as_ref() == Some(interaction);
        // One that failed meanwhile was only kept from ending the session by the one that was to come.
        let is_lost = self.mode.is_none() && (is_last_resort || self.fallback.is_none());
        self.tell(Input::ModeStays).await;
        self.outbox.message(SessionMessage::Event(Event::Failure {
            failure: failure.clone(),
            recoverable: !is_lost,
        }));
        if is_lost {
            self.tell(Input::End(EndStatus::Error)).await;
        } else if self.mode.is_none() {
            self.fall_back(&failure);
        }
    }

    /// The session goes on with this mode, which hears again what the user has said of their turn.
    async fn replace_mode(
        &mut self,
        interaction: Interaction,
        reason: Option<String>,
        mode: Box<dyn InteractionMode>,
    ) {
        let turn_taking = mode.turn_taking();
        let cause = match reason {
            Some(_) => SwitchCause::Failure,
            None => SwitchCause::Asked,
        };
        self.ports.meters.mode_switched(interaction.mode(), cause);
        self.mode = Some(mode);
        self.offer = None;
        let before = std::mem::replace(&mut self.session.interaction, interaction.clone());
        self.replaced = Some((self.now(), before));
        self.tell_of_switch(cause.as_str());
        self.archive.switch(interaction.clone()).await;
        let heard = self.hearing.set_turn_taking(turn_taking, self.now());
        self.hear_eagerly();
        let on_mode_failure = self.on_mode_failure();
        let switched = SwitchedMode { interaction, reason };
        self.outbox
            .message(SessionMessage::ModeSwitched(Box::new(switched)));
        self.say_when_a_model_is_retired();
        self.catch_up_recording(0);
        let given = self.replay().await;
        self.tell(Input::ModeReplaced {
            turn_taking,
            on_mode_failure,
        })
        .await;
        self.tell(Input::Replayed(given)).await;
        if let Some(heard) = heard {
            self.tell(heard).await;
        }
    }

    /// A key of the user's own that a provider refused is theirs to mend; what became of one is noted in any case.
    pub(super) fn with_failure_explained(&self, what: ModeInput) -> ModeInput {
        let explained = |failure: SessionFailure| {
            let failure = self.modes.explained(failure);
            if let Some(provider) = &failure.provider {
                self.ports.meters.provider_failed(provider, &failure.kind);
                self.key_uses.failed(&self.modes, &failure.kind, provider);
            }
            failure
        };
        match what {
            ModeInput::Failed(failure) => ModeInput::Failed(explained(failure)),
            ModeInput::ResponseFailed(failure) => ModeInput::ResponseFailed(explained(failure)),
            other => other,
        }
    }

    /// The session finds the user's turns itself while there is no mode that might.
    pub(super) async fn hear_without_mode(&mut self) {
        if self.mode.is_none()
            && let Some(heard) = self.hearing.set_turn_taking(TurnTaking::Session, self.now())
        {
            self.tell(heard).await;
        }
    }

    /// The provider may still serve it, or refuse it in words that nobody understands.
    pub(super) fn say_when_a_model_is_retired(&mut self) {
        let today = self.ports.clock.now().date_naive();
        if self.modes.has_retired_model(&self.session.interaction, today) {
            self.notice(NoticeCode::ModelRetired);
        }
    }

    /// Gives the mode the audio of the turn that is open; without one, what may be the beginning of the next.
    pub(super) async fn replay(&mut self) -> Result<(), SessionFailure> {
        let mut recordings = self.user_recordings.iter();
        let Some(recording) = recordings.find(|recording| recording.is_open) else {
            let run_up = self.hearing.run_up();
            return self.push_again(&run_up.into());
        };
        let run_up = recording.speech_started.since(recording.began);
        let samples = self.archive.read_back(recording.turn).await;
        // Of one that is longer than this the beginning is missing: all of it is speech.
        let is_whole = (samples.len() as u64) < self.input_rate.samples_in(LONGEST_READ_BACK);
        let run_up = if is_whole {
            self.input_rate.samples_in(run_up)
        } else {
            0
        };
        let run_up = usize::try_from(run_up).unwrap_or(usize::MAX);
        let (run_up, speech) = samples.split_at(run_up.min(samples.len()));
        let mut given = self.push_again(&run_up.into());
        // Told before the speech is heard: of what came before, a provider keeps little. Also when nothing can be read back,
        // for who still speaks is heard from here on.
        if let Some(mode) = &mut self.mode
            && mode.turn_taking() == TurnTaking::Session
        {
            mode.order(ModeOrder::SpeechBegan { ago: Duration::ZERO });
        }
        if samples.is_empty() {
            given = Err(lost_words());
        }
        given.and(self.push_again(&speech.into()))
    }

    /// All at once: a single piece finds room, unless the mode does not keep up.
    pub(super) fn push_again(&mut self, samples: &Arc<[i16]>) -> Result<(), SessionFailure> {
        match self.mode.as_mut().map(|mode| mode.push_audio(samples)) {
            Some(1..) => Err(lost_words()),
            Some(0) | None => Ok(()),
        }
    }

    /// What happens when the mode fails that the session has now.
    pub(super) fn on_mode_failure(&mut self) -> OnModeFailure {
        let today = self.ports.clock.now().date_naive();
        self.fallback = fallback_of(
            &self.modes,
            &self.session.interaction,
            self.session.fallback,
            today,
        );
        on_failure_with(self.fallback.as_ref())
    }

    /// A cascade may make its answer ready early; a realtime provider does as it likes.
    pub(super) fn hear_eagerly(&mut self) {
        self.hearing.set_eager(match self.session.interaction.mode() {
            Mode::Cascade if self.is_eager => Eager::Yes,
            Mode::Cascade | Mode::Realtime => Eager::No,
        });
    }
}

/// The recording of the user's turn failed, and with it the turn: no provider did.
fn lost_words() -> SessionFailure {
    let message = "what you said could not be read back; please say it again".to_owned();
    SessionFailure {
        kind: ProviderErrorKind::Failed(message.clone()),
        provider: None,
        message,
        retry_after: None,
    }
}

/// What happens when the mode of a session fails that can go on with this.
pub(in crate::sessions) fn on_failure_with(fallback: Option<&Interaction>) -> OnModeFailure {
    match fallback {
        Some(_) => OnModeFailure::WaitForAnother,
        None => OnModeFailure::EndSession,
    }
}

/// What a session goes on with when its realtime provider fails; `None` when it shall end then.
pub(in crate::sessions) fn fallback_of(
    modes: &ModeFactory,
    interaction: &Interaction,
    policy: FallbackPolicy,
    today: NaiveDate,
) -> Option<Interaction> {
    match interaction {
        Interaction::Realtime(config) if policy != FallbackPolicy::Off => modes.fallback(config, today),
        Interaction::Realtime(_) | Interaction::Cascade(_) => None,
    }
}

/// The mode that is being connected, when it is; waits for ever while none is.
pub(super) async fn opened(opening: &mut Option<Opening>) -> Opened {
    match opening {
        Some(Opening::Connecting(opening)) => opening.as_mut().await,
        Some(Opening::Wanted { .. }) | None => std::future::pending().await,
    }
}
