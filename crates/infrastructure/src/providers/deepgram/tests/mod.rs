//! Conversations with a scripted Deepgram, on real sockets.

mod contract;
mod failures;
mod flux;
mod nova;
mod secrets;

use std::time::Duration;

use tokio_util::task::TaskTracker;
use viva_fakes::vendors::deepgram::{DeepgramScript, DeepgramServer};

use super::DeepgramSpeechToText;
use crate::providers::Defaults;
use crate::providers::ears::talk::{Talk, account, config, http, patiently};

const KEY: &str = "dg-secret-key";
const NOVA: &str = "nova-3";
const FLUX: &str = "flux-general-en";

/// A server, and ears that know where it is.
struct Rig {
    server: DeepgramServer,
    ears: DeepgramSpeechToText,
    tasks: TaskTracker,
}

impl Rig {
    async fn start() -> Self {
        Self::with(DeepgramScript::default()).await
    }

    async fn with(script: DeepgramScript) -> Self {
        let server = DeepgramServer::start(script).await.unwrap();
        let tasks = TaskTracker::new();
        let defaults = Defaults {
            model: Some(NOVA.to_owned()),
            voice: None,
        };
        let ears = DeepgramSpeechToText::new(
            account(&server.base_url(), Some(KEY)),
            http(),
            defaults,
            tasks.clone(),
        );
        Self { server, ears, tasks }
    }

    /// Tells that it is there more often.
    fn restless(mut self) -> Self {
        self.ears.keep_alive = Duration::from_millis(20);
        self
    }

    /// Does not wait long for an answer.
    fn impatient(mut self) -> Self {
        self.ears.patience = Duration::from_millis(500);
        self
    }

    async fn talk(&self, model: &str, options: &[(&str, &str)]) -> Talk {
        Talk::open(&self.ears, &config("deepgram", model, options)).await
    }

    /// Waits until nothing runs any more.
    async fn ends(&self) {
        self.tasks.close();
        patiently(self.tasks.wait()).await;
    }
}
