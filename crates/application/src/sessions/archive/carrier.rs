use std::time::Duration;

use metrics::Gauge;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tokio_util::task::TaskTracker;
use tracing::{Instrument as _, debug};
use viva_domain::ports::SpooledAudio;
use viva_domain::turns::NoticeCode;

use super::LateRecordings;
use crate::meters::{Counted, Queue};
use crate::sessions::service::SessionsPorts;

/// Turns whose recordings are on their way to the storage. Overflow: the keeper waits.
const CAPACITY: usize = 128;
/// How long the end of a session waits for its recordings: less than the client waits for the end.
const REST_WAIT: Duration = Duration::from_secs(2);

/// Moves a session's recordings from the spool to the storage, one after the other: a storage that takes minutes to refuse one
/// must not keep turns from the database.
#[derive(Debug)]
pub(super) struct Carrier {
    jobs: mpsc::Sender<(Counted, Job)>,
    waiting: Gauge,
}

#[derive(Debug)]
enum Job {
    /// Those of one turn.
    Store(Vec<SpooledAudio>),
    /// Answers when everything before it was tried.
    Rest(oneshot::Sender<()>),
}

impl Carrier {
    /// Its task ends with it, after what it was given.
    pub(super) fn start(
        ports: &SessionsPorts,
        late: LateRecordings,
        notices: mpsc::Sender<NoticeCode>,
        tasks: &TaskTracker,
    ) -> Self {
        let (jobs, jobs_rx) = mpsc::channel(CAPACITY);
        tasks.spawn(run(jobs_rx, late, notices).in_current_span());
        Self {
            jobs,
            waiting: ports.meters.queue(Queue::Keeper).clone(),
        }
    }

    pub(super) async fn store(&self, of_turn: Vec<SpooledAudio>) {
        self.order(Job::Store(of_turn)).await;
    }

    /// Waits until everything was tried, but not for long: what is late is stored when it can be.
    pub(super) async fn rest(&self) {
        let (reply, is_done) = oneshot::channel();
        let resting = async {
            self.order(Job::Rest(reply)).await;
            is_done.await
        };
        if timeout(REST_WAIT, resting).await.is_err() {
            debug!(
                event = "archive.ended_early",
                "The session ends before its recordings are stored"
            );
        }
    }

    async fn order(&self, job: Job) {
        // The task outlives this.
        let _ = self.jobs.send((Counted::new(&self.waiting), job)).await;
    }
}

async fn run(
    mut jobs: mpsc::Receiver<(Counted, Job)>,
    late: LateRecordings,
    notices: mpsc::Sender<NoticeCode>,
) {
    while let Some((_waiting, job)) = jobs.recv().await {
        match job {
            Job::Store(recordings) => {
                let mut are_stored = true;
                for recording in &recordings {
                    are_stored &= late.store(recording).await;
                }
                if !are_stored {
                    let _ = notices.try_send(NoticeCode::StorageDelayed);
                }
            }
            Job::Rest(reply) => {
                // Who asked may not wait any more.
                let _ = reply.send(());
            }
        }
    }
}
