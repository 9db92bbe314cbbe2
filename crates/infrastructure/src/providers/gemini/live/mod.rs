//! Gemini Live: hears and speaks by itself, over a WebSocket (`BidiGenerateContent`).
//!
//! - `options.rs` lists what a session configures, `setup.rs` makes the first message of it.
//! - `talk/` decides what is sent and told, without I/O; `conversation.rs` does the waiting, `dialing.rs` opens connections.
//! - A connection lasts about ten minutes. The server announces its end (`goAway`) and hands out points to go on from; the
//!   conversation moves to another connection when nobody speaks, at the latest one second before the end, and the user's
//!   audio is kept meanwhile. Where a connection breaks during an answer, only that answer fails.
//!
//! What the protocol cannot do:
//! - It has no message that stops an answer. Where the session finds the turns, `activityStart` does; with
//!   `turn_detection` `"server"` an answer that the client stopped goes on at the server, unheard, until its turn ends.
//! - What was heard of an answer cannot be told: the server assumes that it was played as fast as it is spoken.
//! - With `turn_detection` `"server"`, the user's speech is known from transcripts, `interrupted`, or the answer itself.

mod closing;
mod conversation;
mod dialing;
#[cfg(feature = "fuzzing")]
mod fuzzing;
mod options;
mod setup;
mod talk;
#[cfg(test)]
mod tests;
mod wire;

use async_trait::async_trait;
use futures_channel::mpsc;
use tokio_util::task::TaskTracker;
use tracing::{Instrument as _, instrument};
use viva_domain::ports::{
    ProviderError, RealtimeCapabilities, RealtimeRequest, RealtimeSession, RealtimeVoice, WAITING_COMMANDS,
};
use viva_domain::sessions::ProviderConfig;

use self::conversation::Conversation;
use self::dialing::Dialer;
#[cfg(feature = "fuzzing")]
pub(in crate::providers) use self::fuzzing::fuzzed;
use self::options::Options;
use self::setup::Settings;
use self::talk::{INPUT_RATE, OUTPUT_RATE, Talk, TurnTaking};
use crate::providers::Defaults;
use crate::providers::transport::{Account, HttpClient, errors};

/// Events that wait. When it is full nothing more is read from the server.
const EVENTS: usize = 64;

/// The `gemini` realtime provider.
#[derive(Debug, Clone)]
pub struct GeminiRealtimeVoice {
    account: Account,
    http: HttpClient,
    defaults: Defaults,
    tasks: TaskTracker,
}

impl GeminiRealtimeVoice {
    /// Talks to the service at the account's base URL, `https://generativelanguage.googleapis.com` with or without a
    /// version, or to a server that takes its place and may do without a key; every conversation is a task of `tasks`.
    pub fn new(account: Account, http: HttpClient, defaults: Defaults, tasks: TaskTracker) -> Self {
        Self {
            account,
            http,
            defaults,
            tasks,
        }
    }

    fn settings(&self, config: &ProviderConfig) -> Result<Settings, ProviderError> {
        Settings::of(config, &self.defaults)
            .map_err(|message| errors::invalid_config(&self.account.provider, message))
    }
}

#[async_trait]
impl RealtimeVoice for GeminiRealtimeVoice {
    fn capabilities(&self, config: &ProviderConfig) -> RealtimeCapabilities {
        let options = Options::parse(&config.options).unwrap_or_default();
        RealtimeCapabilities {
            detects_turns: options.turn_taking == TurnTaking::Server,
            greets: true,
            input_rate: INPUT_RATE.hz(),
            output_rate: OUTPUT_RATE,
        }
    }

    fn resolve(&self, config: &ProviderConfig) -> Result<ProviderConfig, ProviderError> {
        let settings = self.settings(config)?;
        Ok(ProviderConfig {
            model: Some(settings.model),
            voice: settings.voice,
            ..config.clone()
        })
    }

    #[instrument(name = "provider.gemini.connect", skip_all)]
    async fn connect(&self, request: RealtimeRequest) -> Result<RealtimeSession, ProviderError> {
        let settings = self.settings(&request.config)?;
        let setup = settings.setup(&request);
        let dialer = Dialer::new(self.http.clone(), self.account.clone(), setup);
        let socket = dialer.dial().await?;

        let talk = Talk::new(
            &self.account.provider,
            settings.options.turn_taking,
            settings.client_content(),
        );
        let mut acts = Vec::new();
        talk.begin(&request.history, &mut acts);
        let (commands, commands_rx) = mpsc::channel(WAITING_COMMANDS);
        let (events_tx, events) = mpsc::channel(EVENTS);
        let conversation = Conversation::new(commands_rx, events_tx, dialer, socket, talk);
        self.tasks.spawn(conversation.run(acts).in_current_span());
        Ok(RealtimeSession { commands, events })
    }
}
