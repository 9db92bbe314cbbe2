//! Conversations with the scripted server, on real sockets.

mod contract;
mod failing;
mod lifetime;
mod resuming;
mod secrets;
mod strict;
mod talking;

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use secrecy::SecretString;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;
use viva_domain::ports::{
    ProviderError, RealtimeCommand, RealtimeEvent, RealtimeEventKind, RealtimeRequest, RealtimeSession,
    RealtimeVoice,
};
use viva_domain::sessions::ProviderConfig;
use viva_domain::turns::{Generation, Usage};
use viva_fakes::vendors::gemini::live::{LiveScript, LiveServer};

use super::GeminiRealtimeVoice;
use crate::providers::Defaults;
use crate::providers::testing;
use crate::providers::transport::{Account, HttpClient};

const KEY: &str = "live-key";

/// Only a test that fails waits so long.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server and who talks to it.
struct Rig {
    server: LiveServer,
    voice: GeminiRealtimeVoice,
}

impl Rig {
    async fn start(script: LiveScript) -> Self {
        let server = LiveServer::start(script).await.unwrap();
        let voice = voice(&server.base_url(), Some(KEY));
        Self { server, voice }
    }

    async fn connect(&self, config: ProviderConfig) -> Result<RealtimeSession, ProviderError> {
        patiently(self.voice.connect(request(config))).await
    }

    async fn talk(&self, options: &[(&str, &str)]) -> Talk {
        Talk::of(self.connect(config(options)).await.unwrap())
    }

    /// Every task of the adapter is over.
    async fn ends(&self) {
        self.voice.tasks.close();
        patiently(self.voice.tasks.wait()).await;
    }
}

/// An open conversation.
struct Talk {
    session: RealtimeSession,
    generation: Generation,
    /// Events that were taken.
    taken: u64,
    /// What was said, all together.
    sent: Vec<i16>,
}

/// What came of a question.
#[derive(Debug, Default)]
struct Told {
    text: String,
    samples: Vec<i16>,
    transcript: String,
    is_final: bool,
    usage: Option<Usage>,
    first_audio: Option<Instant>,
    failure: Option<Arc<ProviderError>>,
}

impl Talk {
    fn of(session: RealtimeSession) -> Self {
        Self {
            session,
            generation: Generation::FIRST,
            taken: 0,
            sent: Vec::new(),
        }
    }

    async fn send(&mut self, command: RealtimeCommand) {
        patiently(self.session.commands.send(command)).await.unwrap();
    }

    /// 20 ms, each different.
    async fn audio(&mut self, loudness: i16) {
        let sample = i16::try_from(self.sent.len() / 320 % 100).unwrap() + loudness;
        let frame = [sample; 320];
        self.sent.extend(frame);
        self.send(RealtimeCommand::Audio(frame.into())).await;
    }

    /// 200 ms of speech that the session's detector finds.
    async fn speak(&mut self) {
        for _ in 0..5 {
            self.audio(8_000).await;
        }
        let ago = Duration::from_millis(100);
        self.send(RealtimeCommand::SpeechBegan { ago }).await;
        for _ in 0..5 {
            self.audio(8_000).await;
        }
    }

    async fn commit(&mut self) {
        self.generation = self.generation.next();
        self.send(RealtimeCommand::Commit(self.generation)).await;
    }

    async fn greet(&mut self) {
        self.generation = self.generation.next();
        self.send(RealtimeCommand::Greet(self.generation)).await;
    }

    async fn interrupt(&mut self) {
        self.generation = self.generation.next();
        let generation = self.generation;
        self.send(RealtimeCommand::Interrupt {
            generation,
            heard: None,
            taken: self.taken,
        })
        .await;
    }

    async fn ask(&mut self) -> Told {
        self.speak().await;
        self.commit().await;
        self.told().await
    }

    async fn next(&mut self) -> RealtimeEvent {
        let event = patiently(self.session.events.next())
            .await
            .expect("the conversation ended");
        self.taken += 1;
        event
    }

    async fn until_audio(&mut self) {
        while !matches!(self.next().await.kind, RealtimeEventKind::Audio(_)) {}
    }

    /// Everything of the newest generation until its answer ended.
    async fn told(&mut self) -> Told {
        let mut told = Told::default();
        loop {
            let event = self.next().await;
            if event.generation != self.generation {
                continue;
            }
            match event.kind {
                RealtimeEventKind::TextDelta(delta) => told.text.push_str(&delta),
                RealtimeEventKind::Audio(samples) => {
                    told.first_audio.get_or_insert(event.at);
                    told.samples.extend(samples);
                }
                RealtimeEventKind::UserTranscript { text, is_final } => {
                    (told.transcript, told.is_final) = (text, is_final);
                }
                RealtimeEventKind::ResponseDone { usage } => {
                    told.usage = usage;
                    return told;
                }
                RealtimeEventKind::ResponseFailed(err) => {
                    told.failure = Some(err);
                    return told;
                }
                RealtimeEventKind::Failed(err) => panic!("the conversation failed: {err}"),
                RealtimeEventKind::ResponseStarted
                | RealtimeEventKind::SpeechStarted
                | RealtimeEventKind::SpeechEnded => {}
            }
        }
    }

    /// The conversation fails, and ends with it.
    async fn fails(&mut self) -> Arc<ProviderError> {
        loop {
            if let RealtimeEventKind::Failed(err) = self.next().await.kind {
                assert_eq!(err.provider, PROVIDER);
                assert_eq!(patiently(self.session.events.next()).await, None);
                return err;
            }
        }
    }
}

/// What an operator may call a provider: not the adapter's own name.
const PROVIDER: &str = "my-own";

fn voice(base_url: &str, key: Option<&str>) -> GeminiRealtimeVoice {
    let account = Account {
        provider: PROVIDER.to_owned(),
        base_url: base_url.parse().unwrap(),
        api_key: key.map(SecretString::from),
        organization: None,
    };
    let defaults = Defaults {
        model: Some("gemini-3.1-flash-live-preview".to_owned()),
        voice: Some("Kore".to_owned()),
    };
    GeminiRealtimeVoice::new(account, HttpClient::new().unwrap(), defaults, TaskTracker::new())
}

fn config(options: &[(&str, &str)]) -> ProviderConfig {
    ProviderConfig {
        options: testing::options(options),
        ..ProviderConfig::of("gemini")
    }
}

fn request(config: ProviderConfig) -> RealtimeRequest {
    RealtimeRequest {
        config,
        instructions: "Be brief.".to_owned(),
        ai_role: None,
        history: Vec::new(),
    }
}

/// A script that does not think.
fn quick() -> LiveScript {
    LiveScript {
        thinking: Duration::ZERO,
        ..LiveScript::default()
    }
}

async fn patiently<T>(work: impl Future<Output = T>) -> T {
    timeout(PATIENCE, work).await.expect("nothing happened")
}
