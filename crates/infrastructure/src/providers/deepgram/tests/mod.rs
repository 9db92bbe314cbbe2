//! Conversations with a scripted Deepgram, on real sockets.

mod contract;
mod failures;
mod flux;
mod nova;
mod secrets;
mod strict;

use std::time::Duration;

use futures_util::future::LocalBoxFuture;
use serde_json::{Value, json};
use tokio_util::task::TaskTracker;
use viva_fakes::vendors::RecordedLine;
use viva_fakes::vendors::deepgram::{DeepgramScript, DeepgramServer, Spoken};

use super::DeepgramSpeechToText;
use crate::providers::Defaults;
use crate::providers::ears::cases::{Bench, Condition, Heard, Server, ears_tests};
use crate::providers::ears::talk::{Talk, config, http, patiently};
use crate::providers::testing::{PROVIDER, account};

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
        Talk::open(&self.ears, &config(PROVIDER, model, options)).await
    }

    /// Waits until nothing runs any more.
    async fn ends(&self) {
        self.tasks.close();
        patiently(self.tasks.wait()).await;
    }
}

async fn nova_ears() -> Bench {
    bench(NOVA).await
}

async fn flux_ears() -> Bench {
    bench(FLUX).await
}

async fn bench(model: &str) -> Bench {
    let Rig { server, ears, tasks } = Rig::start().await;
    Bench {
        shown: format!("{ears:?}"),
        ears: Box::new(ears.clone()),
        elsewhere: Box::new(move |base_url, key| {
            Box::new(DeepgramSpeechToText {
                account: account(base_url, key),
                ..ears.clone()
            })
        }),
        config: config(PROVIDER, model, &[]),
        key: KEY,
        vendor: "https://api.deepgram.com",
        server: Box::new(server),
        tasks,
    }
}

ears_tests!(nova_ears);
ears_tests!(flux_ears);

impl Server for DeepgramServer {
    fn base_url(&self) -> String {
        self.base_url()
    }

    fn hear(&self, heard: Heard) {
        self.hear(match heard {
            Heard::As(text, delay) => Spoken::of(text).after(delay),
            Heard::Never => Spoken::of("").hangs(),
            Heard::Cut => Spoken::of("").cuts(),
        });
    }

    fn refuse(&self, status: u16, message: &str, retry_after: Option<u64>) {
        self.refuse(status, "ODD", message, retry_after);
    }

    fn say(&self, message: Value) {
        self.say(message);
    }

    fn say_malformed(&self, words: &str) {
        // One for each way in which it listens.
        self.say(json!({"type": "Results", "start": words}));
        self.say(json!({"type": "TurnInfo", "event": "Update", "turn_index": words}));
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
