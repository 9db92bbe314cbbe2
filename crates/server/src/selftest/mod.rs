//! The self-test: are the figures true that Viva reports? It calls a private server over the same path as everybody, has
//! the offline providers take times that it knows, and writes down how far the reported latencies were from them.
//!
//! The newest certificate lies in the storage, so that the page shows it whoever ran the test.

mod certificate;
mod plan;
mod run;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use viva_presentation::{CertificateUnreadable, SelfTestRuns, SelfTests};
use viva_protocol::rest::{Certificate, SelfTest, SelfTestProgress};

pub(crate) use certificate::text;
pub(crate) use plan::SEED;
pub(crate) use run::{Measured, SelfTestPlan, run};

/// In the storage.
const NEWEST: &str = "selftest.json";
/// What the page starts: some conversations may go on meanwhile.
const FROM_THE_PAGE: SelfTestPlan = SelfTestPlan {
    turns: 200,
    concurrency: 10,
    seed: SEED,
};

/// Runs self-tests beside a server that serves.
pub(crate) struct SelfTestRunner {
    storage: PathBuf,
    tasks: TaskTracker,
    /// Cancelled when the server stops.
    stopping: CancellationToken,
    running: Arc<Mutex<Running>>,
}

#[derive(Debug, Default)]
struct Running {
    progress: Option<SelfTestProgress>,
    failure: Option<String>,
}

impl SelfTestRunner {
    pub(crate) fn new(storage: PathBuf, tasks: TaskTracker, stopping: CancellationToken) -> Self {
        Self {
            storage,
            tasks,
            stopping,
            running: Arc::default(),
        }
    }
}

#[async_trait]
impl SelfTests for SelfTestRunner {
    async fn state(&self) -> Result<SelfTest, CertificateUnreadable> {
        let newest = read_newest(&self.storage)
            .await
            .map_err(|err| CertificateUnreadable(err.into()))?;
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(SelfTest {
            progress: running.progress,
            failure: running.failure.clone(),
            newest,
        })
    }

    fn start(&self) -> Result<SelfTestProgress, SelfTestRuns> {
        let begins = SelfTestProgress {
            done: 0,
            total: FROM_THE_PAGE.turns,
        };
        {
            let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
            if running.progress.is_some() {
                return Err(SelfTestRuns);
            }
            *running = Running {
                progress: Some(begins),
                failure: None,
            };
        }
        let (running, storage) = (Arc::clone(&self.running), self.storage.clone());
        let stopping = self.stopping.clone();
        self.tasks.spawn(async move {
            let tell = |progress| set(&running, Some(progress), None);
            let Some(measured) = stopping.run_until_cancelled(run(FROM_THE_PAGE, tell)).await else {
                return set(&running, None, Some("the server stopped".to_owned()));
            };
            let done = match measured {
                Ok(measured) => keep(&storage, &measured.certificate)
                    .await
                    .map_err(anyhow::Error::from),
                Err(err) => Err(err),
            };
            let failure = done.err();
            if let Some(err) = &failure {
                tracing::error!(
                    event = "selftest.failed",
                    error = &**err as &dyn std::error::Error,
                    "The self-test failed"
                );
            }
            set(&running, None, failure.map(|err| format!("{err:#}")));
        });
        Ok(begins)
    }
}

fn set(running: &Mutex<Running>, progress: Option<SelfTestProgress>, failure: Option<String>) {
    *running.lock().unwrap_or_else(PoisonError::into_inner) = Running { progress, failure };
}

/// Keeps a certificate as the newest one.
///
/// # Errors
/// When it cannot be written.
pub(crate) async fn keep(storage: &Path, certificate: &Certificate) -> io::Result<()> {
    tokio::fs::create_dir_all(storage).await?;
    let json = serde_json::to_vec_pretty(certificate)?;
    // Whoever reads meanwhile finds the old one or the new one.
    let unfinished = storage.join(format!("{NEWEST}.new"));
    tokio::fs::write(&unfinished, json).await?;
    tokio::fs::rename(&unfinished, storage.join(NEWEST)).await
}

async fn read_newest(storage: &Path) -> io::Result<Option<Certificate>> {
    match tokio::fs::read(storage.join(NEWEST)).await {
        Ok(json) => Ok(Some(serde_json::from_slice(&json)?)),
        Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(err) => Err(err),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use viva_protocol::rest::CertifiedPart;

    use super::*;

    fn runner(folder: &tempfile::TempDir) -> SelfTestRunner {
        let storage = folder.path().to_owned();
        SelfTestRunner::new(storage, TaskTracker::new(), CancellationToken::new())
    }

    #[tokio::test]
    async fn before_the_first_there_is_nothing() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(runner(&folder).state().await.unwrap(), SelfTest::default());
    }

    #[tokio::test]
    async fn a_damaged_certificate_is_told() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(NEWEST), "{").unwrap();
        let err = runner(&folder).state().await.unwrap_err();
        assert!(err.to_string().contains("run the self-test again"), "{err}");
    }

    /// How far off a part may be in the turn in which nothing on the machine was late.
    const BEST_MS: f64 = 5.0;
    /// And in half of the turns, on a busy machine too.
    const MEDIAN_MS: f64 = 50.0;
    /// A busy machine is late now and then: each part must be true in one of so many runs.
    const RUNS: u64 = 4;
    /// What a provider takes is never reported to be less; what Viva takes is never less than nothing.
    const NEVER_EARLY: [&str; 5] = [
        "provider_ms",
        "stt_ms",
        "llm_ttft_ms",
        "tts_ttfb_ms",
        "overhead_ms",
    ];

    async fn certified(seed: u64) -> Certificate {
        let plan = SelfTestPlan {
            turns: 12,
            concurrency: 4,
            seed,
        };
        let mut steps = Vec::new();
        let measured = run(plan, |progress| steps.push(progress.done)).await.unwrap();
        let certificate = measured.certificate;
        assert_eq!(steps, (1..=12).collect::<Vec<_>>());
        assert_eq!(
            (certificate.turns, certificate.failed),
            (12, 0),
            "{certificate:?}"
        );
        let is_certain = |part: &&CertifiedPart| part.part != "network_playout_ms";
        let certain = certificate.parts.iter().filter(is_certain).count();
        assert_eq!(certain, 6 + 9, "{certificate:?}");
        for part in &certificate.parts {
            assert!(part.count == 6 || part.part == "network_playout_ms", "{part:?}");
            let magnitudes = [part.best_ms, part.p50_ms, Some(part.p95_ms), Some(part.worst_ms)];
            assert!(magnitudes.is_sorted(), "{part:?}");
            if NEVER_EARLY.contains(&part.part.as_str()) {
                assert!(part.bias_ms > -1.0, "{part:?}");
            }
            if part.part == "leading_silence_ms" {
                assert!(part.worst_ms < 0.1, "exact to the sample: {part:?}");
            }
        }
        certificate
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_is_reported_is_what_was_programmed() {
        let is_true = |part: &CertifiedPart| {
            let is_within = |ms: Option<f64>, limit_ms| ms.is_some_and(|ms| ms <= limit_ms);
            is_within(part.best_ms, BEST_MS) && is_within(part.p50_ms, MEDIAN_MS)
        };
        let mut off: Option<Vec<CertifiedPart>> = None;
        for seed in SEED..SEED + RUNS {
            let certificate = certified(seed).await;
            let was_off = |part: &CertifiedPart| {
                let same = |off: &CertifiedPart| (off.mode, &off.part) == (part.mode, &part.part);
                off.as_ref().is_none_or(|off| off.iter().any(same))
            };
            let parts = certificate.parts.iter();
            let still_off = parts.filter(|part| !is_true(part) && was_off(part));
            let still_off: Vec<CertifiedPart> = still_off.cloned().collect();
            if still_off.is_empty() {
                let folder = tempfile::tempdir().unwrap();
                keep(folder.path(), &certificate).await.unwrap();
                let newest = runner(&folder).state().await.unwrap().newest;
                assert_eq!(newest, Some(certificate));
                return;
            }
            off = Some(still_off);
        }
        panic!("in no run within {BEST_MS} ms once and within {MEDIAN_MS} ms mostly: {off:?}");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_server_that_stops_does_not_wait_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let (tasks, stopping) = (TaskTracker::new(), CancellationToken::new());
        let runner = SelfTestRunner::new(folder.path().to_owned(), tasks.clone(), stopping.clone());
        runner.start().unwrap();
        stopping.cancel();
        tasks.close();
        tokio::time::timeout(Duration::from_secs(5), tasks.wait())
            .await
            .expect("it does not go on");
        let state = runner.state().await.unwrap();
        assert_eq!((state.progress, state.newest), (None, None));
    }

    #[tokio::test]
    async fn one_runs_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let runner = runner(&folder);
        let begun = runner.start().unwrap();
        assert_eq!((begun.done, begun.total), (0, FROM_THE_PAGE.turns));
        assert_eq!(runner.start(), Err(SelfTestRuns));
        assert_eq!(runner.state().await.unwrap().progress, Some(begun));
    }
}
