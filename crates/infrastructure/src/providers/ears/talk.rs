//! Talking to ears in tests, on real time and real sockets; nothing here waits for longer than it must.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::time::timeout;
use viva_domain::ports::{
    ProviderErrorKind, SpeechToText, SpeechToTextCommand, SpeechToTextEvent, SpeechToTextEventKind,
    SpeechToTextSession,
};
use viva_domain::sessions::ProviderConfig;
use viva_fakes::CapturedLogs;

use crate::providers::testing::{self, PROVIDER};
use crate::providers::transport::{HttpClient, HttpLimits};

/// Only a test that fails waits for it.
const PATIENCE: Duration = Duration::from_secs(10);

/// An open session.
pub(in crate::providers) struct Talk {
    rate: usize,
    /// Orders to write down so far.
    ordered: u64,
    pub(in crate::providers) session: SpeechToTextSession,
}

/// A client that asks again soon.
pub(in crate::providers) fn http() -> HttpClient {
    let limits = HttpLimits {
        first_wait: Duration::from_millis(5),
        ..HttpLimits::default()
    };
    HttpClient::new().unwrap().with_limits(limits)
}

pub(in crate::providers) fn config(provider: &str, model: &str, options: &[(&str, &str)]) -> ProviderConfig {
    ProviderConfig {
        provider: provider.to_owned(),
        model: Some(model.to_owned()),
        ..testing::config(options)
    }
}

pub(in crate::providers) async fn patiently<T>(work: impl Future<Output = T>) -> T {
    timeout(PATIENCE, work).await.expect("nothing happened")
}

/// So much time passes at once.
pub(in crate::providers) async fn later(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

/// What was logged, without the lines in which the WebSocket library traces every message that it takes.
pub(in crate::providers) fn logged(logs: &CapturedLogs) -> String {
    let text = logs.text();
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !(line.contains("TRACE") && line.contains("tungstenite")))
        .collect();
    lines.join("\n")
}

impl Talk {
    pub(in crate::providers) async fn open(ears: &dyn SpeechToText, config: &ProviderConfig) -> Self {
        Self {
            rate: ears.capabilities(config).input_rate as usize,
            ordered: 0,
            session: patiently(ears.connect(config.clone())).await.unwrap(),
        }
    }

    /// How many samples so many ms are.
    pub(in crate::providers) fn samples(&self, ms: usize) -> usize {
        self.rate * ms / 1_000
    }

    /// This much of one sample, in portions of 20 ms.
    pub(in crate::providers) async fn audio(&mut self, sample: i16, ms: usize) {
        let portion = vec![sample; self.rate / 50];
        for _ in 0..ms / 20 {
            self.send(SpeechToTextCommand::Audio(portion.clone().into()))
                .await;
        }
    }

    pub(in crate::providers) async fn began(&mut self, ago_ms: u64) {
        let ago = Duration::from_millis(ago_ms);
        self.send(SpeechToTextCommand::SpeechBegan { ago }).await;
    }

    /// 400 ms of sound; that it began is told after 100 ms.
    pub(in crate::providers) async fn speak(&mut self) {
        self.audio(8_000, 100).await;
        self.began(100).await;
        self.audio(8_000, 300).await;
    }

    pub(in crate::providers) async fn finalize(&mut self) {
        self.ordered += 1;
        let number = self.ordered;
        self.send(SpeechToTextCommand::Finalize { number }).await;
    }

    pub(in crate::providers) async fn send(&mut self, command: SpeechToTextCommand) {
        patiently(self.session.commands.send(command)).await.unwrap();
    }

    /// The next event.
    pub(in crate::providers) async fn event(&mut self) -> SpeechToTextEvent {
        let event = patiently(self.session.events.next()).await;
        event.expect("the session ended")
    }

    /// What the next event says.
    pub(in crate::providers) async fn next(&mut self) -> SpeechToTextEventKind {
        self.event().await.kind
    }

    /// The next event that is no partial text.
    pub(in crate::providers) async fn answer(&mut self) -> SpeechToTextEventKind {
        loop {
            let kind = self.next().await;
            if !matches!(kind, SpeechToTextEventKind::Partial(_)) {
                return kind;
            }
        }
    }

    /// The next answer, which must be a text.
    pub(in crate::providers) async fn text(&mut self) -> String {
        match self.answer().await {
            SpeechToTextEventKind::Final(text) => text,
            other => panic!("expected a final text, got {other:?}"),
        }
    }

    /// Why the next answer is none.
    pub(in crate::providers) async fn failure(&mut self) -> ProviderErrorKind {
        match self.answer().await {
            SpeechToTextEventKind::FinalFailed(err) => {
                assert_eq!(err.provider, PROVIDER);
                err.kind.clone()
            }
            other => panic!("expected a failure, got {other:?}"),
        }
    }

    /// Why the conversation ends.
    pub(in crate::providers) async fn end(&mut self) -> ProviderErrorKind {
        let SpeechToTextEventKind::Failed(err) = self.answer().await else {
            panic!("expected the end");
        };
        assert_eq!(err.provider, PROVIDER);
        assert_eq!(patiently(self.session.events.next()).await, None);
        err.kind.clone()
    }
}
