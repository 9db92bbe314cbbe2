//! Measures: calls a server of its own, with providers whose delays are known.

use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use chrono::{DateTime, Utc};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use viva_application::meters::Registry;
use viva_audio::Clip;
use viva_client::{Call, Caller, Client, HangUp};
use viva_protocol::rest::{Certificate, SelfTestProgress};

use super::certificate::{Circumstances, Ledger};
use super::plan::{Trial, trials};
use crate::config::defaults;
use crate::wiring;

/// "What time is it?", with silence before it and none that matters after it.
const UTTERANCE: &[u8] = include_bytes!("utterance.wav");

/// What is tested, and how hard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SelfTestPlan {
    pub(crate) turns: u32,
    pub(crate) concurrency: u32,
    pub(crate) seed: u64,
}

/// What was measured, and why turns are missing.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) certificate: Certificate,
    /// Why the first turn failed; `None` when none did.
    pub(crate) failure: Option<anyhow::Error>,
}

/// Runs the self-test; tells after every turn how far it has come.
///
/// # Errors
/// When the server does not start, or no turn could be measured.
pub(crate) async fn run(plan: SelfTestPlan, mut progress: impl FnMut(SelfTestProgress)) -> Result<Measured> {
    let began = Instant::now();
    let server = PrivateServer::start(plan.concurrency).await?;
    let caller = Caller::new(Client::new(&server.url)?);
    let clip = Arc::new(utterance()?);
    let said = Arc::clone(&clip);
    // A millisecond each, for the detector listens to what is said.
    let drawn = tokio::task::spawn_blocking(move || trials(plan.turns, plan.seed, &said));
    let mut waiting = drawn.await.context("the delays were not drawn")?.into_iter();
    let mut calls = JoinSet::new();
    let mut ledger = Ledger::default();
    let mut failure = None;
    loop {
        while calls.len() < plan.concurrency as usize
            && let Some(trial) = waiting.next()
        {
            calls.spawn(measure(caller.clone(), Arc::clone(&clip), trial));
        }
        let Some(measured) = calls.join_next().await else {
            break;
        };
        match measured.context("a call ended abnormally")? {
            Ok((mode, errors)) => ledger.enter(mode, &errors),
            Err(err) => {
                tracing::warn!(
                    event = "selftest.turn_failed",
                    error = &*err as &dyn std::error::Error,
                    "A turn of the self-test failed"
                );
                ledger.enter_failure();
                failure.get_or_insert(err);
            }
        }
        progress(SelfTestProgress {
            done: ledger.done(),
            total: plan.turns,
        });
    }
    let taken_at = server.started_at;
    server.stop().await;
    let certificate = ledger.close(Circumstances {
        taken_at,
        seed: plan.seed,
        concurrency: plan.concurrency,
        duration: began.elapsed(),
    });
    ensure!(
        certificate.turns > 0,
        "no turn could be measured: {}",
        failure.map_or_else(|| "none was planned".to_owned(), |err| format!("{err:#}"))
    );
    Ok(Measured { certificate, failure })
}

/// What callers say.
pub(super) fn utterance() -> Result<Clip> {
    Clip::read(UTTERANCE).context("the built-in utterance")
}

async fn measure(
    caller: Caller<Client>,
    clip: Arc<Clip>,
    trial: Trial,
) -> Result<(viva_protocol::ws::Mode, Vec<(&'static str, f64)>)> {
    let mut call = Call::new(trial.start, clip);
    call.expected_turns = Some(1);
    call.hang_up = HangUp::AfterLatency;
    call.device_latency = trial.device_latency;
    let report = caller.call(&call, |_| {}).await?;
    ensure!(
        report.is_success(),
        "the call did not succeed: {}",
        report.outcome
    );
    let [turn] = report.turns.as_slice() else {
        anyhow::bail!("the call has {} turns", report.turns.len());
    };
    let errors = trial.truth.errors(turn);
    ensure!(
        trial.truth.are_complete(&errors),
        "parts of the latency are missing: {turn:?}"
    );
    Ok((trial.truth.mode, errors))
}

/// A server for the self-test alone, with a storage that goes with it.
struct PrivateServer {
    url: String,
    started_at: DateTime<Utc>,
    stop: DropGuard,
    tasks: TaskTracker,
    _lock: wiring::ServerLock,
    _folder: tempfile::TempDir,
}

impl PrivateServer {
    async fn start(concurrency: u32) -> Result<Self> {
        let folder = tempfile::tempdir().context("cannot create a temporary folder")?;
        let path = |name: &str| folder.path().join(name).display().to_string();
        let settings = defaults(&[
            ("database.url", format!("sqlite://{}", path("viva.db"))),
            ("storage.url", path("storage")),
            ("web.site", path("site")),
            ("sessions.per_user", concurrency.max(1).to_string()),
            // Its callers are one client.
            ("limits.reads_per_min", "0".to_owned()),
            ("limits.connections_per_min", "0".to_owned()),
            ("limits.open_connections", "0".to_owned()),
            ("limits.requests_at_once", "0".to_owned()),
        ])?;
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .context("cannot listen for the self-test")?;
        let url = format!("http://{}", listener.local_addr()?);
        let tasks = TaskTracker::new();
        let lock = wiring::lock(&settings).await?;
        let wired = wiring::wire(&settings, &lock, &tasks, Registry::none()).await?;
        let state = wired.state;
        let started_at = state.clock.now();
        let stop = CancellationToken::new();
        let serving = viva_presentation::serve(listener, state, stop.clone().cancelled_owned());
        tasks.spawn(async move {
            if let Err(err) = serving.await {
                tracing::warn!(
                    event = "selftest.server_failed",
                    error = &err as &dyn std::error::Error,
                    "The server of the self-test broke off"
                );
            }
        });
        tasks.close();
        Ok(Self {
            url,
            started_at,
            stop: stop.drop_guard(),
            tasks,
            _lock: lock,
            _folder: folder,
        })
    }

    /// Stops it and waits until nothing of it is left.
    async fn stop(self) {
        drop(self.stop);
        self.tasks.wait().await;
    }
}
