use std::time::Duration;

use metrics::Gauge;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{sleep, timeout};
use tokio_util::task::TaskTracker;
use tracing::{Instrument as _, debug};
use viva_domain::ports::SpooledAudio;
use viva_domain::turns::NoticeCode;

use super::LateRecordings;
use crate::meters::{Counted, Queue};
use crate::sessions::service::SessionsPorts;

/// Turns whose recordings are on their way to the storage. Overflow: they wait with those that are late.
const CAPACITY: usize = 128;
/// How long the end of a session waits for its recordings: less than the client waits for the end.
const REST_WAIT: Duration = Duration::from_secs(2);

/// Moves a session's recordings from the spool to the storage, one after the other: a storage that takes minutes to refuse one
/// must not keep turns from the database.
#[derive(Debug)]
pub(super) struct Carrier {
    jobs: mpsc::Sender<(Counted, Job)>,
    late: LateRecordings,
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
    /// Its task ends with it, after what it was given, or soon after the server is to stop.
    pub(super) fn start(
        ports: &SessionsPorts,
        late: LateRecordings,
        notices: mpsc::Sender<NoticeCode>,
        tasks: &TaskTracker,
    ) -> Self {
        let (jobs, jobs_rx) = mpsc::channel(CAPACITY);
        let carrying = {
            let late = late.clone();
            async move {
                let too_late = async {
                    late.stopped().await;
                    sleep(2 * REST_WAIT).await;
                };
                tokio::select! {
                    () = run(jobs_rx, &late, notices) => {}
                    // What is not stored then is recovered at the next start.
                    () = too_late => {}
                }
            }
        };
        tasks.spawn(carrying.in_current_span());
        Self {
            jobs,
            late,
            waiting: ports.meters.queue(Queue::Keeper).clone(),
        }
    }

    /// Never waits: turns must not.
    pub(super) fn store(&self, of_turn: Vec<SpooledAudio>) {
        let job = (Counted::new(&self.waiting), Job::Store(of_turn));
        if let Err(TrySendError::Full((_, Job::Store(of_turn)))) = self.jobs.try_send(job) {
            for recording in of_turn {
                self.late.add(recording);
            }
        }
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
    late: &LateRecordings,
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
