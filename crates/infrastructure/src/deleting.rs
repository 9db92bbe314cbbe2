//! Sessions that are deleted, or whose recordings are purged, from the adapters of a real machine, by a process that dies at
//! each of its steps.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::TryStreamExt;
use tempfile::TempDir;
use tokio_util::task::TaskTracker;
use viva_application::deletion::{Deletions, DeletionsPorts};
use viva_application::retention::{Retention, RetentionRun};
use viva_contract::samples::{OWNER, at, session, session_id, turn};
use viva_domain::ports::{AudioSpool, BlobKey, BlobStore, RetentionStore, TurnJournal};
use viva_domain::sessions::{EndStatus, Session, SessionState};
use viva_fakes::{Crash, CrashPoint, Crashing, ManualClock, SequentialIds};

use crate::blobs::ObjectBlobStore;
use crate::blobs::testing::S3Server;
use crate::db::{Database, DatabaseConfig, SqlRetentionStore, SqlSessionStore};
use crate::journal::FileTurnJournal;
use crate::spool::LocalAudioSpool;

/// The tombstone, the rows, a look whether they are gone, the journal, the spool, the list of files, three files, what else
/// there is, and the tombstone again.
const STEPS: usize = 11;

/// The spool, that they are purged, the list of files, three files, and what else there is.
const STEPS_OF_A_PURGE: usize = 7;
const MONTH: Duration = Duration::from_hours(30 * 24);

/// Two sessions with everything that can be left of one.
struct Kept {
    ports: DeletionsPorts,
    _place: TempDir,
}

impl Kept {
    async fn with(blob_store: Arc<dyn BlobStore>) -> Self {
        let place = tempfile::tempdir().unwrap();
        let path = |name: &str| place.path().join(name);
        let config = DatabaseConfig {
            timeout: Duration::from_mins(1),
            ..DatabaseConfig::new(format!("sqlite://{}", path("viva.db").display()))
        };
        let database = Database::connect(&config).await.unwrap();
        database.migrate().await.unwrap();
        let kept = Self {
            ports: DeletionsPorts {
                session_store: Arc::new(SqlSessionStore::new(database.clone())),
                retention_store: Arc::new(SqlRetentionStore::new(database)),
                blob_store,
                audio_spool: Arc::new(LocalAudioSpool::open(path("spool")).await.unwrap()),
                turn_journal: Arc::new(FileTurnJournal::open(path("journal")).await.unwrap()),
            },
            _place: place,
        };
        for n in [1, 2] {
            kept.fill(n).await;
        }
        kept
    }

    async fn fill(&self, n: u16) {
        let state = SessionState::Ended {
            at: at(i64::from(n)),
            status: EndStatus::Completed,
        };
        let over = Session { state, ..session(n) };
        self.ports.session_store.insert(&over).await.unwrap();
        let first = turn(n, 1);
        self.ports.session_store.save_turn(OWNER, &first).await.unwrap();
        let keys = [first.user_audio, first.ai_audio].map(|recording| recording.unwrap().key);
        let peaks = BlobKey::parse(&format!("{}/peaks", BlobKey::of_session(session_id(n))));
        for key in keys.into_iter().chain(peaks) {
            let content = Bytes::from_static(b"sound");
            self.ports.blob_store.put(&key, content).await.unwrap();
        }
        let second = turn(n, 2);
        self.ports.turn_journal.keep(OWNER, &second).await.unwrap();
        let key = second.ai_audio.unwrap().key;
        let mut file = self.ports.audio_spool.create(&key, 24_000).await.unwrap();
        file.append(&[1, 2, 3]).await.unwrap();
    }

    fn until(&self, point: &Arc<CrashPoint>) -> Deletions {
        let ports = self.ports.clone();
        let ports = DeletionsPorts {
            session_store: ports.session_store,
            retention_store: Crashing::<dyn RetentionStore>::new(ports.retention_store, point),
            blob_store: Crashing::<dyn BlobStore>::new(ports.blob_store, point),
            audio_spool: Crashing::<dyn AudioSpool>::new(ports.audio_spool, point),
            turn_journal: Crashing::<dyn TurnJournal>::new(ports.turn_journal, point),
        };
        Deletions::new(ports, TaskTracker::new())
    }

    /// How much there is of a session: rows of turns, files, journalled turns, spooled recordings.
    async fn left_of(&self, n: u16) -> [usize; 4] {
        let (id, folder) = (session_id(n), BlobKey::of_session(session_id(n)));
        let turns = self.ports.session_store.turns(OWNER, id).await.unwrap();
        let files: Vec<_> = self.ports.blob_store.list(&folder).try_collect().await.unwrap();
        let journal = self.ports.turn_journal.kept().await.unwrap();
        let spool = self.ports.audio_spool.left_over().await.unwrap();
        [
            turns.len(),
            files.len(),
            journal.iter().filter(|(_, turn)| turn.session_id == id).count(),
            spool
                .iter()
                .filter(|left| left.audio.key.is_below(&folder))
                .count(),
        ]
    }

    async fn tombstones(&self) -> usize {
        let tombstones = self.ports.blob_store.list(&BlobKey::of_tombstones());
        let tombstones: Vec<_> = tombstones.try_collect().await.unwrap();
        tombstones.len()
    }
}

async fn dies_at_each_step(fresh: impl AsyncFn() -> Kept) {
    for step in 1..=STEPS {
        for crash in [Crash::Before, Crash::After] {
            let kept = fresh().await;
            let point = CrashPoint::at(step, crash);
            let deleted = kept.until(&point).delete(OWNER, session_id(1)).await;
            assert!(deleted.is_err(), "{crash:?} step {step}");
            kept.until(&CrashPoint::never()).finish_begun().await.unwrap();
            let expected = if (step, crash) == (1, Crash::Before) {
                [1, 3, 1, 1]
            } else {
                [0; 4]
            };
            assert_eq!(kept.left_of(1).await, expected, "{crash:?} step {step}");
            assert_eq!(kept.left_of(2).await, [1, 3, 1, 1], "{crash:?} step {step}");
            assert_eq!(kept.tombstones().await, 0, "{crash:?} step {step}");
        }
    }
}

/// A month after the first session ended, and a µs less after the second did.
fn retention(deletions: Deletions) -> Retention {
    let clock = Arc::new(ManualClock::new(at(2)));
    clock.advance(MONTH);
    Retention::new(deletions, clock, Arc::new(SequentialIds::default()), Some(MONTH))
}

/// Answers whether it came to its end.
async fn purge_until(kept: &Kept, point: &Arc<CrashPoint>) -> bool {
    let retention = retention(kept.until(point));
    retention.run(RetentionRun::Careful, &mut |_| ()).await.is_ok()
}

async fn assert_purged(kept: &Kept, told: &str) {
    assert_eq!(kept.left_of(1).await, [1, 0, 1, 0], "{told}");
    assert_eq!(kept.left_of(2).await, [1, 3, 1, 1], "{told}");
    let purged = async |n| {
        let session = kept.ports.session_store.find(OWNER, session_id(n)).await.unwrap();
        session.unwrap().recordings_purged_at.is_some()
    };
    assert_eq!((purged(1).await, purged(2).await), (true, false), "{told}");
}

async fn purges_and_dies_at_each_step(fresh: impl AsyncFn() -> Kept) {
    let adopted = async || {
        let kept = fresh().await;
        retention(kept.until(&CrashPoint::never())).adopt().await.unwrap();
        kept
    };
    let kept = adopted().await;
    let point = CrashPoint::never();
    assert!(purge_until(&kept, &point).await);
    assert_purged(&kept, "in one go").await;
    let calls = point.calls();
    let begins = calls.iter().position(|call| *call == "empty the spool").unwrap() + 1;
    let ends = calls
        .iter()
        .position(|call| *call == "delete what is below")
        .unwrap()
        + 1;
    assert_eq!(ends + 1 - begins, STEPS_OF_A_PURGE, "{calls:?}");
    for step in begins..=ends {
        for crash in [Crash::Before, Crash::After] {
            let told = format!("{crash:?} step {step}");
            let kept = adopted().await;
            assert!(!purge_until(&kept, &CrashPoint::at(step, crash)).await, "{told}");
            assert!(purge_until(&kept, &CrashPoint::never()).await, "{told}");
            assert_purged(&kept, &told).await;
        }
    }
}

async fn has_these_steps(kept: &Kept) {
    let point = CrashPoint::never();
    kept.until(&point).delete(OWNER, session_id(1)).await.unwrap();
    assert_eq!(point.calls().len(), STEPS);
    assert_eq!(kept.left_of(1).await, [0; 4]);
}

#[tokio::test]
async fn a_crash_at_any_step_leaves_nothing_half_in_a_folder() {
    let place = tempfile::tempdir().unwrap();
    let names = AtomicUsize::new(0);
    let fresh = async || {
        let name = names.fetch_add(1, Ordering::Relaxed).to_string();
        let store = ObjectBlobStore::open_folder(place.path().join(name))
            .await
            .unwrap();
        Kept::with(Arc::new(store)).await
    };
    let kept = fresh().await;
    let folder = place
        .path()
        .join("0")
        .join(BlobKey::of_session(session_id(1)).as_str());
    // A process died while it stored this.
    std::fs::write(folder.join("turn_003_user.wav#1"), "so").unwrap();
    has_these_steps(&kept).await;
    assert!(!folder.exists());
    dies_at_each_step(fresh).await;
}

#[tokio::test]
async fn a_crash_at_any_step_leaves_nothing_half_in_a_bucket() {
    let server = S3Server::start().await;
    let names = AtomicUsize::new(0);
    let fresh = async || {
        let name = names.fetch_add(1, Ordering::Relaxed).to_string();
        Kept::with(Arc::new(server.open(&name).await)).await
    };
    has_these_steps(&fresh().await).await;
    dies_at_each_step(fresh).await;
}

#[tokio::test]
async fn a_purge_that_is_broken_off_comes_to_its_end_in_a_folder() {
    let place = tempfile::tempdir().unwrap();
    let names = AtomicUsize::new(0);
    purges_and_dies_at_each_step(async || {
        let name = names.fetch_add(1, Ordering::Relaxed).to_string();
        let store = ObjectBlobStore::open_folder(place.path().join(name))
            .await
            .unwrap();
        Kept::with(Arc::new(store)).await
    })
    .await;
}

#[tokio::test]
async fn a_purge_that_is_broken_off_comes_to_its_end_in_a_bucket() {
    let server = S3Server::start().await;
    let names = AtomicUsize::new(0);
    purges_and_dies_at_each_step(async || {
        let name = names.fetch_add(1, Ordering::Relaxed).to_string();
        Kept::with(Arc::new(server.open(&name).await)).await
    })
    .await;
}
