//! Conversations with a scripted OpenAI, on real sockets.

mod contract;
mod failures;
mod files;
mod realtime;
mod secrets;

use std::time::Duration;

use tokio_util::task::TaskTracker;
use viva_fakes::vendors::openai_transcription::{OpenAiTranscriptionScript, OpenAiTranscriptionServer};

use super::OpenAiSpeechToText;
use crate::providers::Defaults;
use crate::providers::ears::talk::{Talk, account, config, http, patiently};

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
        Talk::open(&self.ears, &config("openai", model, options)).await
    }

    /// Waits until nothing runs any more.
    async fn ends(&self) {
        self.tasks.close();
        patiently(self.tasks.wait()).await;
    }
}
