//! Conversations with a scripted OpenAI, on real sockets.

mod contract;
mod failures;
mod files;
mod realtime;
mod secrets;
mod strict;

use std::time::Duration;

use futures_util::future::LocalBoxFuture;
use serde_json::{Value, json};
use tokio_util::task::TaskTracker;
use viva_fakes::vendors::RecordedLine;
use viva_fakes::vendors::openai_transcription::{
    OpenAiTranscriptionScript, OpenAiTranscriptionServer, SpokenText,
};

use super::OpenAiSpeechToText;
use crate::providers::Defaults;
use crate::providers::ears::cases::{Bench, Condition, Heard, Server, ears_tests};
use crate::providers::ears::talk::{Talk, config, http, patiently};
use crate::providers::testing::{PROVIDER, account};

const KEY: &str = "sk-secret-key";
const FILES: &str = "gpt-transcribe";
const REALTIME: &str = "gpt-live-transcribe";

/// A server, and ears that know where it is.
struct Rig {
    server: OpenAiTranscriptionServer,
    ears: OpenAiSpeechToText,
    tasks: TaskTracker,
}

impl Rig {
    async fn start() -> Self {
        Self::with(OpenAiTranscriptionScript::default()).await
    }

    async fn with(script: OpenAiTranscriptionScript) -> Self {
        let key = script.api_key.clone();
        let server = OpenAiTranscriptionServer::start(script).await.unwrap();
        let tasks = TaskTracker::new();
        let defaults = Defaults {
            model: Some(FILES.to_owned()),
            voice: None,
        };
        let account = account(&server.base_url(), key.as_deref());
        let ears = OpenAiSpeechToText::new(account, &http(), defaults, tasks.clone());
        Self { server, ears, tasks }
    }

    /// Does not wait long for an answer.
    fn impatient(mut self) -> Self {
        self.ears.patience = Duration::from_millis(500);
        self
    }

    async fn talk(&self, model: &str, options: &[(&str, &str)]) -> Talk {
        Talk::open(&self.ears, &config(PROVIDER, model, options)).await
    }

    /// Waits until nothing runs any more.
    async fn ends(&self) {
        self.tasks.close();
        patiently(self.tasks.wait()).await;
    }
}

async fn session_ears() -> Bench {
    let Rig { server, ears, tasks } = Rig::start().await;
    Bench {
        shown: format!("{ears:?}"),
        ears: Box::new(ears.clone()),
        elsewhere: Box::new(move |base_url, key| {
            Box::new(OpenAiSpeechToText {
                account: account(base_url, key),
                ..ears.clone()
            })
        }),
        config: config(PROVIDER, REALTIME, &[]),
        key: KEY,
        vendor: "https://api.openai.com/v1",
        server: Box::new(server),
        tasks,
    }
}

ears_tests!(session_ears);

impl Server for OpenAiTranscriptionServer {
    fn base_url(&self) -> String {
        self.base_url()
    }

    fn hear(&self, heard: Heard) {
        self.hear(match heard {
            Heard::As(text, delay) => SpokenText::of(text).after(delay),
            Heard::Never => SpokenText::of("").hangs(),
            Heard::Cut => SpokenText::of("").cuts(),
        });
    }

    fn refuse(&self, status: u16, message: &str, retry_after: Option<u64>) {
        self.refuse(status, "odd", message, retry_after);
    }

    fn say(&self, message: Value) {
        self.say(message);
    }

    fn say_malformed(&self, words: &str) {
        self.say(json!({"type": "input_audio_buffer.committed", "item_id": [words]}));
    }

    fn cut(&self) {
        self.cut();
    }

    fn lines(&self) -> Vec<RecordedLine> {
        self.requests()
    }

    fn until<'a>(&'a self, condition: &'a mut Condition<'a>) -> LocalBoxFuture<'a, Vec<RecordedLine>> {
        Box::pin(self.until(condition))
    }
}
