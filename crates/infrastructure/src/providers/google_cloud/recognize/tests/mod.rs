//! Conversations with a scripted Google Cloud, on real sockets.

mod failures;
mod strict;
mod utterances;

use tokio_util::task::TaskTracker;
use viva_contract::speech_to_text_contract;
use viva_domain::ports::SpeechToText;
use viva_domain::sessions::ProviderConfig;
use viva_fakes::vendors::google_cloud::GoogleSpeechServer;

use super::GoogleCloudSpeechToText;
use crate::providers::Defaults;
use crate::providers::ears::talk::{Talk, config, http, patiently};
use crate::providers::testing::{PROVIDER, account};

const KEY: &str = "google-secret-key";
const MODEL: &str = "latest_short";

/// A server, and ears that know where it is.
struct Rig {
    server: GoogleSpeechServer,
    ears: GoogleCloudSpeechToText,
    tasks: TaskTracker,
}

impl Rig {
    async fn start() -> Self {
        let server = GoogleSpeechServer::start(KEY).await.unwrap();
        let tasks = TaskTracker::new();
        let defaults = Defaults {
            model: Some(MODEL.to_owned()),
            voice: None,
        };
        let account = account(&server.base_url(), Some(KEY));
        let ears = GoogleCloudSpeechToText::new(account, http(), defaults, tasks.clone());
        Self { server, ears, tasks }
    }

    async fn talk(&self, options: &[(&str, &str)]) -> Talk {
        Talk::open(&self.ears, &config(PROVIDER, MODEL, options)).await
    }

    /// Waits until nothing runs any more.
    async fn ends(&self) {
        self.tasks.close();
        patiently(self.tasks.wait()).await;
    }
}

async fn google_cloud(case: impl AsyncFnOnce(&dyn SpeechToText, ProviderConfig)) {
    let rig = Rig::start().await;
    case(&rig.ears, config("google-cloud", MODEL, &[])).await;
    rig.ends().await;
}

speech_to_text_contract!(google_cloud);
