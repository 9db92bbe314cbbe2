//! Keeps what a session leaves behind. Three tasks, so that a slow database or storage never holds up a recording, nor one of
//! them the other: the recorder writes audio to the spool while a turn runs, and turns and the session's end into the journal
//! when they are over, so that they are on the disk before the client is told; the keeper stores turns and the end, the carrier
//! recordings.

mod carrier;
mod keeper;
mod late;
mod recorder;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use metrics::Gauge;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{Instrument as _, error, info_span};
use viva_audio::SampleRate;
use viva_domain::ids::{SessionId, UserId};
use viva_domain::ports::{BlobKey, InvalidBlobKey, KeptEnd, SpooledAudio};
use viva_domain::sessions::Interaction;
use viva_domain::turns::{AmendedTranscript, NoticeCode, Placement, Turn, TurnNumber};

pub(super) use self::late::LateRecordings;
pub(super) use self::recorder::LONGEST_READ_BACK;
use super::service::SessionsPorts;
use crate::history::Side;
use crate::meters::{Counted, Queue};

/// Jobs for the recorder: 5 s of 20 ms frames of both sides. Overflow: audio is dropped and the client is told.
const RECORDER_CAPACITY: usize = 512;
/// Room that audio leaves to orders, so that they do not wait.
const RESERVED_FOR_ORDERS: usize = 64;
/// Notices to the client. Overflow: dropped; the same was said before.
const NOTICE_CAPACITY: usize = 8;
/// Finished turns on their way to the database. Overflow: the recorder waits.
const KEEPER_CAPACITY: usize = 64;

/// How long the client is not told that a turn is over because it is not on the disk yet; one that hangs must not hold up the
/// conversation.
const WRITING_WAIT: Duration = Duration::from_secs(2);
/// How long a session waits for its own recording, and hears nobody meanwhile.
const READ_BACK_WAIT: Duration = Duration::from_secs(2);

/// The driver's end of the archive.
#[derive(Debug)]
pub(super) struct Archive {
    /// `None` after the end.
    jobs: Option<mpsc::Sender<(Counted, Job)>>,
    /// Counts what waits for the recorder.
    waiting: Gauge,
    /// What the client should know.
    pub(super) notices: mpsc::Receiver<NoticeCode>,
    /// Cancelled when everything is stored.
    pub(super) drained: CancellationToken,
}

#[derive(Debug)]
enum Job {
    Append {
        turn: TurnNumber,
        side: Side,
        samples: Arc<[i16]>,
    },
    Complete {
        turn: TurnNumber,
        side: Side,
    },
    ReadBack {
        turn: TurnNumber,
        reply: oneshot::Sender<Vec<i16>>,
    },
    /// Answers when the turn is on the disk, or cannot be written there.
    Save(Box<Turn>, Placements, oneshot::Sender<()>),
    Amend(AmendedTranscript),
    Switch(Box<Interaction>),
    End(SessionEnd),
}

/// Where the recordings of a turn lie in time.
#[derive(Debug)]
pub(super) struct Placements {
    pub(super) user: Option<Placement>,
    pub(super) ai: Option<Placement>,
}

/// How and when the session ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct SessionEnd {
    pub(super) at: chrono::DateTime<chrono::Utc>,
    pub(super) status: viva_domain::sessions::EndStatus,
}

/// A finished turn on its way to the disk.
#[derive(Debug)]
pub(super) struct Writing {
    written: oneshot::Receiver<()>,
    until: Instant,
}

impl Writing {
    /// Resolves when a killed process does not lose the turn any more, or when that takes too long.
    pub(super) async fn done(&mut self) {
        // A recorder that is gone writes nothing more.
        let _ = timeout_at(self.until, &mut self.written).await;
    }
}

/// Whose session it is, and at what rates it is recorded.
#[derive(Debug, Clone, Copy)]
pub(super) struct ArchiveSettings {
    pub(super) owner: UserId,
    pub(super) session: SessionId,
    pub(super) input_rate: SampleRate,
    pub(super) output_rate: SampleRate,
}

/// A finished turn with the recordings that are still in the spool.
#[derive(Debug)]
struct SpooledTurn {
    turn: Box<Turn>,
    recordings: Vec<SpooledAudio>,
    is_in_journal: bool,
}

#[derive(Debug)]
enum Keep {
    Turn(SpooledTurn),
    Amend(AmendedTranscript),
    Switch(Box<Interaction>),
    End { end: SessionEnd, is_in_journal: bool },
}

impl Archive {
    /// Starts its tasks. They end when the archive is dropped and everything is stored, or at `shutdown`; what is not
    /// stored then is in the spool and the journal, and is recovered at the next start.
    pub(super) fn start(
        ports: &SessionsPorts,
        settings: ArchiveSettings,
        late: LateRecordings,
        tasks: &TaskTracker,
        shutdown: CancellationToken,
    ) -> Self {
        let waiting = ports.meters.queue(Queue::Recorder).clone();
        let (jobs, jobs_rx) = mpsc::channel(RECORDER_CAPACITY);
        let (keep, keep_rx) = mpsc::channel(KEEPER_CAPACITY);
        let (notices_tx, notices) = mpsc::channel(NOTICE_CAPACITY);
        let drained = CancellationToken::new();
        // Of the session, but not of the turn that runs: what is stored is of turns before.
        let span = info_span!(parent: None, "session.archive", session.id = %settings.session);
        let recorder = recorder::Recorder::new(ports.clone(), settings, notices_tx.clone());
        tasks.spawn(recorder.run(jobs_rx, keep).instrument(span.clone()));
        let carrier = span.in_scope(|| carrier::Carrier::start(ports, late, notices_tx.clone(), tasks));
        let keeper = keeper::Keeper::new(ports.clone(), settings, carrier, notices_tx, shutdown);
        tasks.spawn(keeper.run(keep_rx, drained.clone()).instrument(span));
        Self {
            jobs: Some(jobs),
            waiting,
            notices,
            drained,
        }
    }

    /// Records audio. Never waits; answers `false` when it had to be dropped.
    pub(super) fn append(&self, turn: TurnNumber, side: Side, samples: Arc<[i16]>) -> bool {
        self.jobs.as_ref().is_some_and(|jobs| {
            jobs.capacity() > RESERVED_FOR_ORDERS
                && jobs
                    .try_send((Counted::new(&self.waiting), Job::Append { turn, side, samples }))
                    .is_ok()
        })
    }

    /// One side of a turn is recorded completely.
    pub(super) async fn complete(&self, turn: TurnNumber, side: Side) {
        self.order(Job::Complete { turn, side }).await;
    }

    /// Stores a finished turn with its recordings, and answers what to wait for before anybody is told that it is over.
    pub(super) async fn save(&self, turn: Turn, placements: Placements) -> Writing {
        let (written, writing) = oneshot::channel();
        self.order(Job::Save(Box::new(turn), placements, written)).await;
        Writing {
            written: writing,
            until: Instant::now() + WRITING_WAIT,
        }
    }

    /// Stores what the user said in a turn that was given to [`Self::save`] before.
    pub(super) async fn amend(&self, amended: AmendedTranscript) {
        self.order(Job::Amend(amended)).await;
    }

    /// What was recorded of the user in a turn that is open, the last two minutes of it; nothing when it could not be recorded, or takes too long.
    pub(super) async fn read_back(&self, turn: TurnNumber) -> Vec<i16> {
        let (reply, samples) = oneshot::channel();
        let reading = async {
            self.order(Job::ReadBack { turn, reply }).await;
            samples.await.unwrap_or_default()
        };
        timeout(READ_BACK_WAIT, reading).await.unwrap_or_default()
    }

    /// Stores that the session goes on with another stack.
    pub(super) async fn switch(&self, interaction: Interaction) {
        self.order(Job::Switch(Box::new(interaction))).await;
    }

    /// Stores the session's end, after everything else; nothing follows.
    pub(super) async fn end(&mut self, end: SessionEnd) {
        self.order(Job::End(end)).await;
        self.jobs = None;
    }

    async fn order(&self, job: Job) {
        // There is room: audio leaves some. The recorder outlives the driver, so it cannot be gone.
        if let Some(jobs) = &self.jobs {
            let _ = jobs.send((Counted::new(&self.waiting), job)).await;
        }
    }
}

/// Writes down how the session ended, which is in the journal until it is stored. Answers whether it is there.
async fn write_down_end(ports: &SessionsPorts, settings: ArchiveSettings, end: SessionEnd) -> bool {
    let ArchiveSettings { owner, session, .. } = settings;
    let SessionEnd { at, status } = end;
    let end = KeptEnd {
        owner,
        session,
        at,
        status,
    };
    let kept = ports.turn_journal.keep_end(end).await;
    if let Err(err) = &kept {
        error!(event = "archive.end_not_in_journal", session.id = %session, error = err as &dyn std::error::Error,
            "Cannot keep the end of session {session} in the journal; it is in memory only");
    }
    kept.is_ok()
}

/// Where one side of a turn is stored: `interactions/<session>/turn_001_user.wav`.
pub(super) fn recording_key(
    session: SessionId,
    turn: TurnNumber,
    side: Side,
) -> Result<BlobKey, InvalidBlobKey> {
    let side = match side {
        Side::User => "user",
        Side::Ai => "ai",
    };
    BlobKey::parse(&format!(
        "interactions/{session}/turn_{:03}_{side}.wav",
        turn.get()
    ))
}
