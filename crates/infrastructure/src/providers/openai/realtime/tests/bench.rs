use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use tokio::time::timeout;
use tokio_util::task::TaskTracker;
use viva_domain::ports::{
    Heard, Message, ProviderError, RealtimeCommand, RealtimeEvent, RealtimeEventKind, RealtimeRequest,
    RealtimeSession, RealtimeVoice,
};
use viva_domain::sessions::ProviderConfig;
use viva_domain::turns::Generation;
use viva_fakes::vendors::RecordedLine;
use viva_fakes::vendors::openai::realtime::{OpenAiRealtimeScript, OpenAiRealtimeServer, RealtimeHost};

use crate::providers::Defaults;
use crate::providers::azure_openai;
use crate::providers::openai::realtime::{OpenAiRealtimeVoice, RealtimeSettings};
use crate::providers::testing;
use crate::providers::transport::{Account, HttpClient};

/// Longer than anything takes. Only a test that fails waits for it.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) const KEY: &str = "sk-secret-key";
/// What an operator may call a provider: no adapter's own name.
pub(super) const PROVIDER: &str = "my-own";

/// A server and an adapter that uses it.
pub(super) struct Bench {
    pub(super) server: OpenAiRealtimeServer,
    pub(super) voice: OpenAiRealtimeVoice,
    tasks: TaskTracker,
}

/// An open conversation, and the generation of its last order.
pub(super) struct Talk {
    pub(super) session: RealtimeSession,
    pub(super) generation: Generation,
    /// Events that were taken.
    taken: u64,
}

/// One answer, from its beginning to its end.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub(super) text: String,
    pub(super) samples: Vec<i16>,
    pub(super) first_audio: Option<Instant>,
    pub(super) transcript: Option<String>,
    /// The event that ended it.
    pub(super) end: Option<RealtimeEventKind>,
}

pub(super) fn settings() -> RealtimeSettings {
    RealtimeSettings {
        defaults: Defaults {
            model: Some("speaks-2".to_owned()),
            voice: Some("marin".to_owned()),
        },
        transcription_model: Some("hears-2".to_owned()),
        ..RealtimeSettings::default()
    }
}

pub(super) fn config(options: &[(&str, &str)]) -> ProviderConfig {
    ProviderConfig {
        language: Some("en-GB".to_owned()),
        options: testing::options(options),
        ..ProviderConfig::of(PROVIDER)
    }
}

/// The session finds turns.
pub(super) const ORDERED: (&str, &str) = ("turn_detection", "\"none\"");

impl Bench {
    pub(super) async fn new() -> Self {
        Self::at(RealtimeHost::OpenAi).await
    }

    pub(super) async fn at(host: RealtimeHost) -> Self {
        let script = OpenAiRealtimeScript {
            host,
            ..OpenAiRealtimeScript::default()
        };
        Self::with(script, settings(), Some(KEY)).await
    }

    pub(super) async fn with(
        script: OpenAiRealtimeScript,
        settings: RealtimeSettings,
        key: Option<&str>,
    ) -> Self {
        let host = script.host;
        let server = OpenAiRealtimeServer::start(script).await.unwrap();
        let account = Account {
            provider: PROVIDER.to_owned(),
            base_url: server.base_url().parse().unwrap(),
            api_key: key.map(Into::into),
            organization: None,
        };
        let tasks = TaskTracker::new();
        let http = HttpClient::new().unwrap();
        let voice = match host {
            RealtimeHost::OpenAi => OpenAiRealtimeVoice::new(account, http, settings, tasks.clone()),
            RealtimeHost::Azure => azure_openai::realtime_voice(account, http, settings, tasks.clone()),
        };
        Self { server, voice, tasks }
    }

    pub(super) async fn connect(
        &self,
        config: &ProviderConfig,
        history: Vec<Message>,
    ) -> Result<RealtimeSession, ProviderError> {
        connect(&self.voice, config, history).await
    }

    pub(super) async fn talk(&self, options: &[(&str, &str)]) -> Talk {
        Talk::over(self.connect(&config(options), Vec::new()).await.unwrap())
    }

    /// Waits until what the provider was told meets the condition.
    pub(super) async fn until_told(
        &self,
        condition: impl FnMut(&[RecordedLine]) -> bool,
    ) -> Vec<RecordedLine> {
        patiently(self.server.until(condition)).await
    }

    /// Waits until nothing runs.
    pub(super) async fn until_over(&self) {
        self.tasks.close();
        patiently(self.tasks.wait()).await;
    }
}

/// Opens a conversation.
pub(super) async fn connect(
    voice: &OpenAiRealtimeVoice,
    config: &ProviderConfig,
    history: Vec<Message>,
) -> Result<RealtimeSession, ProviderError> {
    let request = RealtimeRequest {
        config: voice.resolve(config)?,
        instructions: "Be brief.".to_owned(),
        ai_role: None,
        history,
    };
    patiently(voice.connect(request)).await
}

impl Talk {
    pub(super) fn over(session: RealtimeSession) -> Self {
        Self {
            session,
            generation: Generation::FIRST,
            taken: 0,
        }
    }

    pub(super) async fn send(&mut self, command: RealtimeCommand) {
        patiently(self.session.commands.send(command)).await.unwrap();
    }

    /// Speech, or silence at loudness 0.
    pub(super) async fn speak(&mut self, loudness: i16, ms: usize) {
        for portion in vec![loudness; ms * 24].chunks(480) {
            self.send(RealtimeCommand::Audio(portion.into())).await;
        }
    }

    /// Half a second of speech and enough silence after it.
    pub(super) async fn say_something(&mut self) {
        self.speak(3_000, 500).await;
        self.speak(0, 500).await;
    }

    pub(super) async fn commit(&mut self) {
        self.generation = self.generation.next();
        self.send(RealtimeCommand::Commit(self.generation)).await;
    }

    pub(super) async fn greet(&mut self) {
        self.generation = self.generation.next();
        self.send(RealtimeCommand::Greet(self.generation)).await;
    }

    pub(super) async fn interrupt(&mut self, heard_ms: u64, chars: usize) {
        self.generation = self.generation.next();
        self.send(RealtimeCommand::Interrupt {
            generation: self.generation,
            heard: Some(Heard {
                audio: Duration::from_millis(heard_ms),
                chars,
            }),
            taken: self.taken,
        })
        .await;
    }

    /// A turn that the session finds, and its answer.
    pub(super) async fn ask(&mut self) -> Answer {
        self.speak(3_000, 200).await;
        self.commit().await;
        self.answer().await
    }

    pub(super) async fn next(&mut self) -> Option<RealtimeEvent> {
        let event = patiently(self.session.events.next()).await;
        self.taken += u64::from(event.is_some());
        event
    }

    pub(super) async fn until(&mut self, mut is_it: impl FnMut(&RealtimeEventKind) -> bool) -> RealtimeEvent {
        loop {
            let event = self.next().await.expect("the conversation is over");
            if is_it(&event.kind) {
                return event;
            }
        }
    }

    /// Listens to an answer, and to the words that it answers as far as they come before its end.
    pub(super) async fn answer(&mut self) -> Answer {
        let mut answer = Answer::default();
        loop {
            let RealtimeEvent { generation, at, kind } = self.next().await.expect("the conversation is over");
            let is_of_user = matches!(kind, RealtimeEventKind::UserTranscript { .. });
            assert!(
                is_of_user || generation == self.generation,
                "{generation:?}: {kind:?}"
            );
            match kind {
                RealtimeEventKind::TextDelta(delta) => answer.text.push_str(&delta),
                RealtimeEventKind::Audio(samples) => {
                    answer.first_audio.get_or_insert(at);
                    answer.samples.extend(samples);
                }
                RealtimeEventKind::UserTranscript { text, .. } => answer.transcript = Some(text),
                RealtimeEventKind::ResponseDone { .. }
                | RealtimeEventKind::ResponseFailed(_)
                | RealtimeEventKind::Failed(_) => {
                    answer.end = Some(kind);
                    return answer;
                }
                RealtimeEventKind::ResponseStarted
                | RealtimeEventKind::SpeechStarted
                | RealtimeEventKind::SpeechEnded => {}
            }
        }
    }

    /// Hangs up; what was left to be told.
    pub(super) async fn hang_up(self) -> Vec<RealtimeEvent> {
        drop(self.session.commands);
        patiently(self.session.events.collect()).await
    }
}

impl Answer {
    pub(super) fn is_done(&self) -> bool {
        matches!(self.end, Some(RealtimeEventKind::ResponseDone { .. }))
    }

    /// Why it failed.
    pub(super) fn failure(&self) -> &ProviderError {
        match &self.end {
            Some(RealtimeEventKind::ResponseFailed(err) | RealtimeEventKind::Failed(err)) => {
                assert_eq!(err.provider, PROVIDER);
                err
            }
            other => panic!("it did not fail: {other:?}"),
        }
    }
}

pub(super) async fn patiently<T>(work: impl Future<Output = T>) -> T {
    timeout(PATIENCE, work).await.expect("nothing happened")
}
