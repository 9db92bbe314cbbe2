use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::time::{Instant, timeout};
use tokio_util::task::TaskTracker;
use viva_domain::ports::{
    ProviderError, RealtimeCommand, RealtimeEvent, RealtimeEventKind, RealtimeRequest, RealtimeSession,
    RealtimeVoice,
};
use viva_domain::sessions::ProviderConfig;
use viva_domain::turns::Generation;

use super::super::OfflineRealtimeVoice;
use crate::providers::speech::SpeechSynthesizer;
use crate::providers::testing;

/// Longer than anything that happens.
pub(super) const HOUR: Duration = Duration::from_hours(1);

/// Answers of a fraction of a second, so that tests are quick.
pub(super) const SHORT: (&str, &str) = ("answers", r#"["Hi you.", "Go on."]"#);

pub(super) fn voice() -> OfflineRealtimeVoice {
    OfflineRealtimeVoice::new(SpeechSynthesizer::synthetic(), TaskTracker::new())
}

pub(super) fn config(options: &[(&str, &str)]) -> ProviderConfig {
    ProviderConfig {
        provider: "offline".to_owned(),
        model: None,
        voice: None,
        language: None,
        options: testing::options(options),
    }
}

pub(super) fn request(config: ProviderConfig) -> RealtimeRequest {
    RealtimeRequest {
        config,
        instructions: String::new(),
        ai_role: None,
        history: Vec::new(),
    }
}

/// An open conversation, and the generation of its last order.
pub(super) struct Talk {
    pub(super) session: RealtimeSession,
    pub(super) generation: Generation,
}

/// One answer, from the order to its last event.
#[derive(Debug)]
pub(super) struct Heard {
    /// Time from the order to the first audio.
    pub(super) first_audio: Option<Duration>,
    /// Time from the order to the last event.
    pub(super) end: Duration,
    pub(super) transcript: Option<String>,
    pub(super) text: String,
    pub(super) chunks: Vec<Vec<i16>>,
    pub(super) failure: Option<Arc<ProviderError>>,
}

impl Heard {
    pub(super) fn samples(&self) -> Vec<i16> {
        self.chunks.concat()
    }
}

impl Talk {
    pub(super) async fn open(options: &[(&str, &str)]) -> Self {
        Self::with(&voice(), request(config(options))).await
    }

    pub(super) async fn with(voice: &OfflineRealtimeVoice, request: RealtimeRequest) -> Self {
        let config = voice.resolve(&request.config).unwrap();
        let session = voice
            .connect(RealtimeRequest { config, ..request })
            .await
            .unwrap();
        Self {
            session,
            generation: Generation::FIRST,
        }
    }

    pub(super) async fn send(&mut self, command: RealtimeCommand) {
        self.session.commands.send(command).await.unwrap();
    }

    pub(super) async fn commit(&mut self) {
        self.generation = self.generation.next();
        self.send(RealtimeCommand::Commit(self.generation)).await;
    }

    pub(super) async fn greet(&mut self) {
        self.generation = self.generation.next();
        self.send(RealtimeCommand::Greet(self.generation)).await;
    }

    pub(super) async fn interrupt(&mut self) {
        self.generation = self.generation.next();
        self.send(RealtimeCommand::Interrupt {
            generation: self.generation,
            heard: None,
            taken: 0,
        })
        .await;
    }

    pub(super) async fn speak(&mut self, loudness: i16, ms: usize) {
        for portion in vec![loudness; ms * 16].chunks(320) {
            self.send(RealtimeCommand::Audio(portion.into())).await;
        }
    }

    pub(super) async fn next(&mut self) -> RealtimeEvent {
        let event = timeout(HOUR, self.session.events.next()).await;
        event.expect("nothing is said").expect("the conversation is over")
    }

    /// Checks that nothing is said any more without a new order.
    pub(super) async fn stays_silent(&mut self) {
        if let Ok(event) = timeout(HOUR, self.session.events.next()).await {
            panic!("nobody asked for {event:?}");
        }
    }

    /// Orders an answer and listens to its end.
    pub(super) async fn answer(&mut self) -> Heard {
        self.commit().await;
        self.listen().await
    }

    /// Listens to the end of what was just ordered.
    pub(super) async fn listen(&mut self) -> Heard {
        let ordered = Instant::now();
        let mut heard = Heard {
            first_audio: None,
            end: Duration::ZERO,
            transcript: None,
            text: String::new(),
            chunks: Vec::new(),
            failure: None,
        };
        loop {
            let event = self.next().await;
            assert_eq!(event.generation, self.generation, "{event:?}");
            let after = event.at.duration_since(ordered.into_std());
            let is_last = heard.take(event.kind, after);
            heard.end = after;
            if is_last {
                return heard;
            }
        }
    }
}

impl Heard {
    fn take(&mut self, kind: RealtimeEventKind, after: Duration) -> bool {
        match kind {
            RealtimeEventKind::UserTranscript { text, is_final } => {
                assert!(is_final && self.transcript.is_none());
                self.transcript = Some(text);
            }
            RealtimeEventKind::ResponseStarted => assert!(self.text.is_empty() && self.chunks.is_empty()),
            RealtimeEventKind::TextDelta(delta) => self.text.push_str(&delta),
            RealtimeEventKind::Audio(samples) => {
                self.first_audio.get_or_insert(after);
                self.chunks.push(samples);
            }
            RealtimeEventKind::ResponseDone { usage } => {
                assert_eq!(usage, None);
                return true;
            }
            RealtimeEventKind::ResponseFailed(err) | RealtimeEventKind::Failed(err) => {
                self.failure = Some(err);
                return true;
            }
            RealtimeEventKind::SpeechStarted | RealtimeEventKind::SpeechEnded => {
                panic!("it does not detect turns");
            }
        }
        false
    }
}
