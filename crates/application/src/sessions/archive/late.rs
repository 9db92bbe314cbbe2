use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{Instrument as _, Span, info, warn};
use viva_domain::ports::{BlobError, SpooledAudio};
use viva_domain::turns::TurnNumber;

use crate::meters::{Counted, Queue};
use crate::sessions::service::SessionsPorts;

/// The first wait before the storage is asked again; each further one is twice as long, until it takes something.
const FIRST_RETRY: Duration = Duration::from_secs(1);
/// The longest wait.
const LAST_RETRY: Duration = Duration::from_mins(1);

/// Recordings that the storage did not take: they wait in the spool, and one task of the server tries them again until it does.
/// Those of sessions that are over are among them, and may be deleted meanwhile.
#[derive(Clone)]
pub(in crate::sessions) struct LateRecordings {
    ports: SessionsPorts,
    tasks: TaskTracker,
    shutdown: CancellationToken,
    waiting: Arc<Mutex<Waiting>>,
}

#[derive(Debug, Default)]
struct Waiting {
    recordings: VecDeque<(Counted, SpooledAudio)>,
    /// Whether the task runs.
    is_tried: bool,
}

impl fmt::Debug for LateRecordings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LateRecordings").field(&*self.waiting()).finish()
    }
}

impl LateRecordings {
    /// None, for now. What waits at a shutdown is recovered at the next start.
    pub(in crate::sessions) fn new(
        ports: SessionsPorts,
        tasks: TaskTracker,
        shutdown: CancellationToken,
    ) -> Self {
        Self {
            ports,
            tasks,
            shutdown,
            waiting: Arc::default(),
        }
    }

    /// Moves a recording from the spool to the storage; answers `false` when that does not take it now, and is asked again.
    pub(in crate::sessions) async fn store(&self, recording: &SpooledAudio) -> bool {
        let Err(err) = store(&self.ports, recording).await else {
            return true;
        };
        warn!(
            event = "recording.not_stored", blob.key = %recording.key,
            session.id = recording.key.session().map(display), turn.number = recording.key.turn().map(TurnNumber::get),
            error = &err as &dyn std::error::Error,
            "Cannot store recording {} now; it stays in the spool and is tried again", recording.key
        );
        self.add(recording.clone());
        false
    }

    /// It is tried later, whenever that is.
    pub(in crate::sessions) fn add(&self, recording: SpooledAudio) {
        let counted = Counted::new(self.ports.meters.queue(Queue::Storage));
        let mut waiting = self.waiting();
        waiting.recordings.push_back((counted, recording));
        if !std::mem::replace(&mut waiting.is_tried, true) {
            let late = self.clone();
            // Those of any session: the one of this recording is not that of the task.
            let trying = async move {
                late.shutdown.run_until_cancelled(late.try_again()).await;
            };
            self.tasks.spawn(trying.instrument(Span::none()));
        }
    }

    /// Resolves when the server stops.
    pub(in crate::sessions) async fn stopped(&self) {
        self.shutdown.cancelled().await;
    }

    async fn try_again(&self) {
        let (mut retry, mut stored) = (FIRST_RETRY, 0_usize);
        while !self.is_done() {
            sleep(retry).await;
            retry = (retry * 2).min(LAST_RETRY);
            while let Some(recording) = self.first() {
                if store(&self.ports, &recording).await.is_err() {
                    break;
                }
                self.waiting().recordings.pop_front();
                stored += 1;
                retry = FIRST_RETRY;
            }
            // If it is this one that is not taken, the others are.
            self.put_first_last();
        }
        info!(
            event = "recording.caught_up",
            recording.count = stored,
            "No recording waits for the storage any more: {stored} were stored, or deleted meanwhile"
        );
    }

    fn is_done(&self) -> bool {
        let mut waiting = self.waiting();
        waiting.is_tried = !waiting.recordings.is_empty();
        !waiting.is_tried
    }

    fn first(&self) -> Option<SpooledAudio> {
        let waiting = self.waiting();
        waiting.recordings.front().map(|(_, recording)| recording.clone())
    }

    fn put_first_last(&self) {
        let mut waiting = self.waiting();
        if !waiting.recordings.is_empty() {
            waiting.recordings.rotate_left(1);
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        // It is whole after every change.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Moves a recording from the spool to the storage. One that is not in the spool any more was deleted, and so is what became
/// of it while it was being stored.
async fn store(ports: &SessionsPorts, recording: &SpooledAudio) -> Result<(), BlobError> {
    let key = &recording.key;
    // A spool that does not say has it.
    let is_there = async || ports.audio_spool.contains(key).await.unwrap_or(true);
    if is_there().await {
        ports.blob_store.put_file(key, &recording.path).await?;
    }
    // What this or an earlier attempt stored of what was deleted goes, until that succeeds.
    if !is_there().await {
        return ports.blob_store.delete(key).await;
    }
    if let Err(err) = ports.audio_spool.remove(key).await {
        warn!(
            event = "recording.left_in_spool", blob.key = %key,
            session.id = key.session().map(display), turn.number = key.turn().map(TurnNumber::get),
            error = &err as &dyn std::error::Error,
            "A stored recording stays in the spool"
        );
    }
    Ok(())
}
