//! The `openai` realtime provider: OpenAI's Realtime API (GA) over a WebSocket, PCM16 at 24 kHz both ways. `config.rs` lists
//! the options. Azure OpenAI speaks the same way at another address, see [`Host`]; some servers speak as the beta did, see
//! `dialect.rs`.
//!
//! A connection lives an hour at most. Before that, at a moment when nobody speaks and nothing is owed, the conversation
//! moves to a new one and takes along what was said, as text. A connection that breaks is replaced in the same way, if its
//! close code says that this is worth while.

mod config;
mod connection;
mod dialect;
mod dialogue;
mod failures;
#[cfg(feature = "fuzzing")]
mod fuzzing;
#[cfg(test)]
mod tests;
mod wire;

use std::sync::OnceLock;
use std::time::Duration;

use async_trait::async_trait;
use futures_channel::mpsc;
use tokio_util::task::TaskTracker;
use tracing::{Instrument as _, instrument};
use viva_domain::ports::{
    ProviderError, RealtimeCapabilities, RealtimeRequest, RealtimeSession, RealtimeVoice, WAITING_COMMANDS,
};
use viva_domain::sessions::ProviderConfig;

use self::config::{Options, RATE, TRANSCRIPTION_MODEL};
use self::connection::{Connector, Conversation};
use self::dialogue::{Dialogue, Style};
use self::failures::Failures;
#[cfg(feature = "fuzzing")]
pub(in crate::providers) use self::fuzzing::fuzzed;
use crate::providers::Defaults;
use crate::providers::transport::errors::invalid_config;
use crate::providers::transport::socket::{self, Oddities};
use crate::providers::transport::{Account, HttpClient};

/// Events that wait, besides the one that every sender may have there. An event is worked out only when the session has
/// taken the one before the last: so an interruption that answers what the user began to say is known here before the
/// answer to it is told, and that answer is not mistaken for one that was interrupted.
const EVENTS: usize = 0;

/// A realtime provider that speaks OpenAI's protocol.
#[derive(Debug, Clone)]
pub struct OpenAiRealtimeVoice {
    host: Host,
    account: Account,
    http: HttpClient,
    settings: RealtimeSettings,
    tasks: TaskTracker,
}

/// What differs between servers of the same protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Host {
    /// Follows the account's address.
    pub path: &'static str,
    /// How the key is sent.
    pub key: KeyHeader,
}

/// How a key is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyHeader {
    /// `Authorization: Bearer`, if there is a key.
    Bearer,
    /// `api-key`; a key is needed.
    ApiKey,
}

/// What the server's catalogue and its operator decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RealtimeSettings {
    /// What a session gets that leaves it open.
    pub defaults: Defaults,
    /// What writes down what the user says, unless a session says otherwise; without one nothing does.
    pub transcription_model: Option<String>,
    /// The age from which on a connection is replaced, as soon as the conversation is quiet. The provider closes it after 60
    /// minutes.
    pub connection_age: Duration,
}

impl Default for RealtimeSettings {
    fn default() -> Self {
        Self {
            defaults: Defaults::default(),
            transcription_model: None,
            connection_age: Duration::from_mins(50),
        }
    }
}

/// A session's configuration, checked.
struct Checked {
    config: ProviderConfig,
    model: String,
    options: Options,
}

impl OpenAiRealtimeVoice {
    /// OpenAI, or a server that takes its place; every conversation is a task of `tasks`.
    pub fn new(account: Account, http: HttpClient, settings: RealtimeSettings, tasks: TaskTracker) -> Self {
        let host = Host {
            path: "realtime",
            key: KeyHeader::Bearer,
        };
        Self::at(host, account, http, settings, tasks)
    }

    /// A server of the same protocol.
    pub fn at(
        host: Host,
        account: Account,
        http: HttpClient,
        settings: RealtimeSettings,
        tasks: TaskTracker,
    ) -> Self {
        Self {
            host,
            account,
            http,
            settings,
            tasks,
        }
    }

    fn check(&self, config: &ProviderConfig) -> Result<Checked, ProviderError> {
        let invalid = |message| invalid_config(&self.account.provider, message);
        let mut options = Options::parse(&config.options).map_err(invalid)?;
        let mut config = config.clone();
        let defaults = &self.settings.defaults;
        let model = defaults.model_of(&config).map_err(invalid)?;
        config.model = Some(model.clone());
        config.voice = defaults.optional_voice_of(&config).map_err(invalid)?;
        if options.transcription_model.is_none()
            && let Some(model) = &self.settings.transcription_model
        {
            let json = serde_json::Value::from(model.as_str()).to_string();
            config.options.insert(TRANSCRIPTION_MODEL.to_owned(), json);
            options.transcription_model = Some(model.clone());
        }
        Ok(Checked {
            config,
            model,
            options,
        })
    }
}

#[async_trait]
impl RealtimeVoice for OpenAiRealtimeVoice {
    fn capabilities(&self, config: &ProviderConfig) -> RealtimeCapabilities {
        // Options that are wrong are refused elsewhere.
        let turns = Options::parse(&config.options).unwrap_or_default().turns;
        RealtimeCapabilities {
            detects_turns: turns.are_the_providers(),
            greets: true,
            input_rate: RATE,
            output_rate: RATE,
        }
    }

    fn resolve(&self, config: &ProviderConfig) -> Result<ProviderConfig, ProviderError> {
        self.check(config).map(|checked| checked.config)
    }

    #[instrument(name = "provider.openai.connect", skip_all, fields(provider.name = self.account.provider))]
    async fn connect(&self, request: RealtimeRequest) -> Result<RealtimeSession, ProviderError> {
        let Checked {
            config,
            model,
            options,
        } = self.check(&request.config)?;
        let failures = Failures {
            account: self.account.clone(),
        };
        let connector = Connector {
            host: self.host,
            http: self.http.clone(),
            model,
            session: config::session(&config, &options, &request.instructions),
            failures: failures.clone(),
            dialect: OnceLock::new(),
            oddities: Oddities::default(),
        };
        let socket = socket::begin(&self.account, || connector.open()).await?;
        let (commands, commands_rx) = mpsc::channel(WAITING_COMMANDS);
        let (events_tx, events) = mpsc::channel(EVENTS);
        let dialect = connector.dialect();
        let style = Style {
            dialect,
            turns: options.turns,
            final_silence: options.final_silence(),
            transcribes: options.transcription_model.is_some(),
        };
        let dialogue = Dialogue::new(style, request.history, failures);
        let age = self.settings.connection_age;
        let age = dialect.longest_age().map_or(age, |longest| longest.min(age));
        let conversation = Conversation::new(connector, dialogue, commands_rx, events_tx, age);
        self.tasks.spawn(conversation.run(socket).in_current_span());
        Ok(RealtimeSession { commands, events })
    }
}
