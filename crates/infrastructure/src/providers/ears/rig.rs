//! Ears in tests, beside an [`EarsServer`] that speaks as their vendor does.

use std::fmt::Debug;

use futures_util::future::LocalBoxFuture;
use serde_json::Value;
use tokio_util::task::TaskTracker;
use viva_domain::ports::SpeechToText;
use viva_domain::sessions::ProviderConfig;
use viva_fakes::CapturedLogs;
use viva_fakes::vendors::RecordedLine;
use viva_fakes::vendors::ears::{EarsScript, EarsServer, EarsVendor, Spoken};

use super::cases::{Bench, Condition, Heard, Server};
use super::talk::{Talk, config, http, patiently};
use crate::providers::Defaults;
use crate::providers::testing::{PROVIDER, account};
use crate::providers::transport::{Account, HttpClient};

/// How ears are made.
pub(in crate::providers) type Make<E> = fn(Account, HttpClient, Defaults, TaskTracker) -> E;

/// Ears, and how they are tested.
pub(in crate::providers) struct Kind<E> {
    pub(in crate::providers) vendor: EarsVendor,
    /// The default model.
    pub(in crate::providers) model: &'static str,
    pub(in crate::providers) make: Make<E>,
    /// The vendor's own address.
    pub(in crate::providers) address: &'static str,
}

/// A server, and ears that know where it is.
pub(in crate::providers) struct Rig<E> {
    pub(in crate::providers) server: EarsServer,
    pub(in crate::providers) ears: E,
    tasks: TaskTracker,
    kind: Kind<E>,
}

/// The key of every server.
pub(in crate::providers) const KEY: &str = "ears-secret-key";

impl<E: SpeechToText + Debug + 'static> Rig<E> {
    pub(in crate::providers) async fn start(kind: Kind<E>) -> Self {
        Self::with(kind, EarsScript::default()).await
    }

    pub(in crate::providers) async fn with(kind: Kind<E>, script: EarsScript) -> Self {
        let server = EarsServer::start(kind.vendor, script).await.unwrap();
        let tasks = TaskTracker::new();
        let ears = kind.ears(account(&server.base_url(), Some(KEY)), &tasks);
        Self {
            server,
            ears,
            tasks,
            kind,
        }
    }

    pub(in crate::providers) async fn talk(&self, options: &[(&str, &str)]) -> Talk {
        Talk::open(&self.ears, &self.config(options)).await
    }

    pub(in crate::providers) fn config(&self, options: &[(&str, &str)]) -> ProviderConfig {
        config(PROVIDER, self.kind.model, options)
    }

    /// Waits until nothing runs any more.
    pub(in crate::providers) async fn ends(&self) {
        self.tasks.close();
        patiently(self.tasks.wait()).await;
    }

    /// What the first connection was asked for.
    pub(in crate::providers) fn line(&self) -> RecordedLine {
        self.server.requests().remove(0)
    }

    pub(in crate::providers) fn bench(self) -> Bench {
        let Self {
            server,
            ears,
            tasks,
            kind,
        } = self;
        Bench {
            shown: format!("{ears:?}"),
            config: config(PROVIDER, kind.model, &[]),
            key: KEY,
            vendor: kind.address,
            ears: Box::new(ears),
            server: Box::new(server),
            elsewhere: {
                let tasks = tasks.clone();
                Box::new(move |base_url, key| Box::new(kind.ears(account(base_url, key), &tasks)))
            },
            tasks,
        }
    }

    /// A case of the port's contract, after which nothing is left.
    pub(in crate::providers) async fn keeps(self, case: impl AsyncFnOnce(&dyn SpeechToText, ProviderConfig)) {
        case(&self.ears, self.config(&[])).await;
        self.ends().await;
        let closed = self
            .server
            .until(|lines| lines.iter().all(|line| line.closed.is_some()));
        patiently(closed).await;
    }
}

impl<E> Kind<E> {
    fn ears(&self, account: Account, tasks: &TaskTracker) -> E {
        let defaults = Defaults {
            model: Some(self.model.to_owned()),
            voice: None,
        };
        (self.make)(account, http(), defaults, tasks.clone())
    }
}

impl Server for EarsServer {
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
        self.refuse(status, message, retry_after);
    }

    fn say(&self, message: Value) {
        self.say(message);
    }

    fn say_malformed(&self, words: &str) {
        self.say_malformed(words);
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

/// Waits until the ears noticed so many times that their connection is gone.
pub(in crate::providers) async fn lost(logs: &CapturedLogs, times: usize) {
    let noticed = async {
        while logs.text().matches("Lost the connection").count() < times {
            tokio::task::yield_now().await;
        }
    };
    patiently(noticed).await;
}
