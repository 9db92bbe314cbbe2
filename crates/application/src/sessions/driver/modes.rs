//! The stack that answers: what happens when it fails, and how another one takes its place.

use std::pin::Pin;
use std::sync::Arc;

use tracing::{info, warn};
use viva_domain::ports::{Message, MessageRole};
use viva_domain::sessions::{EndStatus, FallbackPolicy, Interaction, InteractionMode as Mode};
use viva_domain::turns::{
    Event, Input, ModeOrder, NoticeCode, OnModeFailure, SessionFailure, TurnState, TurnTaking,
};

use super::Driver;
use crate::modes::{InteractionMode, OpenMode, OpenModeError, failure};
use crate::sessions::link::{FallbackOffer, SessionMessage};

/// A mode that is being opened.
pub(super) type Opening = Pin<Box<dyn Future<Output = Opened> + Send>>;

pub(super) struct Opened {
    interaction: Interaction,
    mode: Result<Box<dyn InteractionMode>, OpenModeError>,
}

impl Driver {
    /// The mode failed, and the session waits for another one.
    pub(super) fn on_mode_lost(&mut self, failure: &SessionFailure) {
        warn!(session.id = %self.session.id, error.kind = ?failure.kind, "Lost the mode of session {}", self.session.id);
        self.mode = None;
        match (self.session.fallback, self.fallback.clone()) {
            (FallbackPolicy::Auto, Some(fallback)) => self.open(fallback),
            _ => self.offer_fallback(failure),
        }
    }

    fn offer_fallback(&mut self, failure: &SessionFailure) {
        if let Some(interaction) = self.fallback.clone() {
            let reason = failure.message.clone();
            let offer = FallbackOffer { reason, interaction };
            self.outbox
                .message(SessionMessage::FallbackOffered(Box::new(offer)));
        }
    }

    /// Opens another mode; the one that there is answers until then. The newest wish counts.
    pub(super) fn open(&mut self, interaction: Interaction) {
        let (modes, tasks) = (Arc::clone(&self.modes), self.tasks.clone());
        let (prompt, history) = (self.session.prompt.clone(), self.history());
        let (input_rate, output_rate) = (self.input_rate, self.output_rate);
        self.opening = Some(Box::pin(async move {
            let request = OpenMode {
                interaction: &interaction,
                prompt: &prompt,
                history,
                input_rate,
                output_rate,
                tasks: &tasks,
            };
            let mode = modes.open(request).await;
            Opened { interaction, mode }
        }));
    }

    /// What was said so far; the turn that waits for its answer is told to the next mode as audio.
    fn history(&self) -> Vec<Message> {
        let mut conversation = self.conversation.clone();
        for (user, heard) in self.machine.unfinished(self.now()) {
            conversation.add(MessageRole::User, user.unwrap_or_default());
            conversation.add(MessageRole::Assistant, &heard);
        }
        conversation.into_messages()
    }

    pub(super) async fn on_opened(&mut self, Opened { interaction, mode }: Opened) {
        self.opening = None;
        match mode {
            Ok(mode) => self.replace_mode(interaction, mode).await,
            Err(OpenModeError(err)) => self.on_not_opened(failure(&err)).await,
        }
    }

    async fn on_not_opened(&mut self, failure: SessionFailure) {
        let is_lost = self.mode.is_none() && self.session.fallback != FallbackPolicy::Ask;
        self.outbox.message(SessionMessage::Event(Event::Failure {
            failure: failure.clone(),
            recoverable: !is_lost,
        }));
        if is_lost {
            self.tell(Input::End(EndStatus::Error)).await;
        } else if self.mode.is_none() {
            self.offer_fallback(&failure);
        }
    }

    /// The session goes on with this mode, which hears again what the user has said of their turn.
    async fn replace_mode(&mut self, interaction: Interaction, mode: Box<dyn InteractionMode>) {
        self.tell(Input::ModeLeaves).await;
        let turn_taking = mode.turn_taking();
        info!(session.id = %self.session.id, mode = interaction.mode().as_str(),
            "Session {} goes on in {} mode", self.session.id, interaction.mode().as_str());
        self.mode = Some(mode);
        self.session.interaction = interaction.clone();
        self.archive.switch(interaction.clone()).await;
        self.hearing.set_turn_taking(turn_taking);
        self.hear_eagerly();
        let on_mode_failure = self.on_mode_failure();
        self.outbox
            .message(SessionMessage::ModeSwitched(Box::new(interaction)));
        self.say_when_a_model_is_retired();
        self.replay().await;
        self.tell(Input::ModeReplaced {
            turn_taking,
            on_mode_failure,
        })
        .await;
        // The provider that left heard the user, and the session's own detector does not: nobody would hear the end.
        if turn_taking == TurnTaking::Session
            && self.machine.state() == TurnState::UserSpeaking
            && !self.hearing.is_speaking()
        {
            let ended = self.hearing.provider_heard_end(self.now());
            self.tell(ended).await;
        }
    }

    /// The provider may still serve it, or refuse it in words that nobody understands.
    pub(super) fn say_when_a_model_is_retired(&mut self) {
        let today = self.ports.clock.now().date_naive();
        if self.modes.has_retired_model(&self.session.interaction, today) {
            self.notice(NoticeCode::ModelRetired);
        }
    }

    /// Gives the mode the audio of the turn that is open.
    async fn replay(&mut self) {
        let Some(recording) = self
            .user_recordings
            .iter()
            .copied()
            .find(|recording| recording.is_open)
        else {
            return;
        };
        let samples: Arc<[i16]> = self.archive.read_back(recording.turn).await.into();
        let Some(mode) = &mut self.mode else { return };
        // All at once: a single piece finds room.
        mode.push_audio(&samples);
        if mode.turn_taking() == TurnTaking::Session {
            let length = self.input_rate.duration_of(samples.len() as u64);
            let run_up = self.hearing.told().map(|first| first.since(recording.began));
            mode.order(ModeOrder::SpeechBegan {
                ago: length.saturating_sub(run_up.unwrap_or_default()),
            });
        }
    }

    /// What happens when the mode fails that the session has now.
    pub(super) fn on_mode_failure(&mut self) -> OnModeFailure {
        self.fallback = fallback_of(&self.modes, &self.session.interaction, self.session.fallback);
        if self.fallback.is_some() {
            OnModeFailure::WaitForAnother
        } else {
            OnModeFailure::EndSession
        }
    }

    /// A cascade may make its answer ready early; a realtime provider does as it likes.
    pub(super) fn hear_eagerly(&mut self) {
        self.hearing
            .set_eager(self.is_eager && self.session.interaction.mode() == Mode::Cascade);
    }
}

/// What a session goes on with when its realtime provider fails; `None` when it shall end then.
pub(in crate::sessions) fn fallback_of(
    modes: &crate::modes::ModeFactory,
    interaction: &Interaction,
    policy: FallbackPolicy,
) -> Option<Interaction> {
    match interaction {
        Interaction::Realtime(config) if policy != FallbackPolicy::Off => {
            modes.fallback(config.language.as_deref())
        }
        Interaction::Realtime(_) | Interaction::Cascade(_) => None,
    }
}

/// The mode that is being opened, when it is; waits for ever while none is.
pub(super) async fn opened(opening: &mut Option<Opening>) -> Opened {
    match opening {
        Some(opening) => opening.as_mut().await,
        None => std::future::pending().await,
    }
}
