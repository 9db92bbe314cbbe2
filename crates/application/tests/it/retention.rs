//! What is no longer kept, and what stays.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use viva_application::deletion::{Deletions, DeletionsPorts, RemovalError};
use viva_application::retention::{Removal, Retention, RetentionReport, RetentionRun};
use viva_contract::samples::{OWNER, at, session_id, turn};
use viva_domain::ids::{SessionId, TurnId, UserId};
use viva_domain::ports::{
    AudioSpool as _, BlobErrorKind, BlobKey, BlobStore as _, Clock, KeptEnd, RetentionStore as _,
    SessionStore as _, SpoolError, SpoolErrorKind, TurnJournal,
};
use viva_domain::turns::Turn;
use viva_fakes::{ManualClock, MemorySessionStore, MemoryTurnJournal, SequentialIds};

use crate::deleting::{Kept, recordings};

const DAY: Duration = Duration::from_hours(24);
const MONTH: Duration = Duration::from_hours(30 * 24);

/// Sessions that ended `n` seconds after 2026-03-01 12:00, and a clock.
struct Bench {
    kept: Kept,
    clock: Arc<ManualClock>,
}

#[expect(
    clippy::unwrap_used,
    reason = "what tests are made of fails as they do, by panicking"
)]
impl Bench {
    async fn with_sessions(count: u16) -> Self {
        let bench = Self {
            kept: Kept::nothing(),
            clock: Arc::new(ManualClock::new(at(0))),
        };
        bench.kept.blob_store.clock().set(at(0));
        for n in 1..=count {
            bench.kept.end(n).await;
        }
        bench.retention(None).adopt().await.unwrap();
        bench
    }

    /// So long after 2026-03-01 12:00.
    fn later(self, by: Duration) -> Self {
        self.clock.advance(by);
        self
    }

    async fn run(&self, keep_for: Option<Duration>, run: RetentionRun) -> (RetentionReport, Vec<Removal>) {
        let mut removals = Vec::new();
        let report = self
            .retention(keep_for)
            .run(run, &mut |removal| removals.push(removal.clone()))
            .await;
        (report.unwrap(), removals)
    }

    fn retention(&self, keep_for: Option<Duration>) -> Retention {
        let ids = Arc::new(SequentialIds::default());
        Retention::new(self.kept.deletions(), self.clock.clone(), ids, keep_for)
    }

    /// A file that no row names.
    async fn stray(&self, name: &str, modified: DateTime<Utc>) -> BlobKey {
        let key = BlobKey::parse(name).unwrap();
        let now = Clock::now(self.kept.blob_store.clock());
        self.kept.blob_store.clock().set(modified);
        self.kept.store(&key).await;
        self.kept.blob_store.clock().set(now);
        key
    }

    /// Of which sessions the recordings are purged.
    async fn purged(&self) -> Vec<u16> {
        let mut purged = Vec::new();
        for n in 1..=10 {
            let session = self.kept.session_store.whose(session_id(n)).await.unwrap();
            if session.is_some_and(|session| session.recordings_purged_at.is_some()) {
                purged.push(n);
            }
        }
        purged
    }
}

fn of_session(n: u16, name: &str) -> String {
    format!("{}/{name}", BlobKey::of_session(session_id(n)))
}

#[tokio::test]
async fn recordings_go_when_their_time_is_over_and_all_else_stays() {
    // The first two ended 30 days ago or more, the third a second less.
    let bench = Bench::with_sessions(3)
        .await
        .later(MONTH + Duration::from_micros(2_000_001));
    let (report, removals) = bench.run(Some(MONTH), RetentionRun::Careful).await;
    assert_eq!((report.sessions, report.recordings, report.failed), (2, 10, 0));
    assert!(report.bytes > 0);
    let gone: Vec<SessionId> = removals
        .iter()
        .filter_map(|removal| match removal {
            Removal::Recordings(session, gone) if gone.files == 5 => Some(session.id),
            _ => None,
        })
        .collect();
    assert_eq!(gone, [1, 2].map(session_id));
    let now = Clock::now(&*bench.clock);
    for n in [1, 2] {
        assert_eq!(bench.kept.purged_at(n).await, Some(now));
        assert_eq!(bench.kept.files_of(n), [""; 0]);
        let turns = bench.kept.turns_of(n).await;
        assert_eq!(turns, [turn(n, 1), turn(n, 2)], "with places");
    }
    assert_eq!(bench.kept.files_of(3).len(), 5);
    assert_eq!(bench.purged().await, [1, 2]);
    let bench = bench.later(Duration::from_micros(1));
    let (report, _) = bench.run(Some(MONTH), RetentionRun::Careful).await;
    assert_eq!(report, RetentionReport::default(), "nothing is left to do");
}

#[tokio::test]
async fn for_ever_is_for_ever_and_active_sessions_are_never_over() {
    let bench = Bench::with_sessions(1).await.later(MONTH * 1_000);
    bench.kept.begin(2).await;
    let (report, _) = bench.run(None, RetentionRun::Careful).await;
    assert_eq!(report, RetentionReport::default());
    bench.run(Some(MONTH), RetentionRun::Careful).await;
    assert_eq!(bench.purged().await, [1]);
}

#[tokio::test]
async fn a_dry_run_says_what_would_go_and_removes_nothing() {
    let bench = Bench::with_sessions(2)
        .await
        .later(MONTH + Duration::from_micros(1_000_001));
    bench.stray(&of_session(9, "turn_001_ai.wav"), at(0)).await;
    let lost = turn(2, 1).ai_audio.unwrap().key;
    bench.kept.blob_store.delete(&lost).await.unwrap();
    let tombstone = BlobKey::tombstone_of(session_id(8));
    bench.kept.store(&tombstone).await;
    // Of a session whose recordings go, nothing is missing or too much.
    let first = turn(1, 1).ai_audio.unwrap().key;
    bench.kept.blob_store.delete(&first).await.unwrap();
    bench.stray(&of_session(1, "turn_003_ai.wav"), at(0)).await;
    let before = bench.kept.blob_store.keys();
    let (dry, dry_removals) = bench.run(Some(MONTH), RetentionRun::Dry).await;
    assert_eq!(bench.kept.blob_store.keys(), before);
    assert_eq!(bench.purged().await, [0; 0]);
    assert_eq!(bench.kept.turns_of(2).await, [turn(2, 1), turn(2, 2)]);
    assert_eq!((dry.sessions, dry.orphans, dry.lost, dry.begun), (1, 1, 1, 1));
    assert_eq!(dry.recordings, 5);

    let (report, removals) = bench.run(Some(MONTH), RetentionRun::Careful).await;
    assert_eq!((report, removals), (dry, dry_removals), "it said what went");
    assert_eq!(bench.purged().await, [1]);
    assert!(!bench.kept.blob_store.keys().contains(&tombstone));
}

#[tokio::test]
async fn files_without_a_session_go_when_they_are_old_enough() {
    let bench = Bench::with_sessions(1).await.later(DAY);
    let old = bench.stray(&of_session(9, "turn_001_ai.wav"), at(-1)).await;
    let young = bench.stray(&of_session(9, "turn_001_user.wav"), at(0)).await;
    // Not ours to remove.
    let foreign = bench.stray("interactions/readme.txt", at(-1)).await;
    let beside = bench.stray("selftest/9.json", at(-1)).await;
    let (report, removals) = bench.run(None, RetentionRun::Careful).await;
    assert_eq!((report.orphans, report.lost), (1, 0));
    assert_eq!(report.orphan_bytes, old.as_str().len() as u64);
    assert!(
        matches!(&removals[..], [Removal::Orphan(file)] if file.key == old),
        "{removals:?}"
    );
    let left = bench.kept.blob_store.keys();
    assert!(!left.contains(&old));
    assert!([young, foreign, beside].iter().all(|key| left.contains(key)));
    assert_eq!(bench.kept.files_of(1).len(), 5, "also what no turn names");
}

#[tokio::test]
async fn files_of_a_turn_that_is_not_there_go() {
    let bench = Bench::with_sessions(1).await.later(DAY * 2);
    bench.stray(&of_session(1, "turn_003_ai.wav"), at(0)).await;
    bench.stray(&of_session(1, "turn_004.peaks"), at(0)).await;
    bench.stray(&of_session(1, "turn_002.peaks"), at(0)).await;
    let (report, _) = bench.run(None, RetentionRun::Careful).await;
    assert_eq!(report.orphans, 2);
    assert_eq!(bench.kept.files_of(1).len(), 6);
}

#[tokio::test]
async fn files_stay_whose_turn_is_in_the_journal_or_whose_session_goes_on() {
    let bench = Bench::with_sessions(1).await.later(DAY * 2);
    bench.kept.turn_journal.keep(OWNER, &turn(1, 3)).await.unwrap();
    bench.kept.begin(2).await;
    for n in [1, 2] {
        bench.stray(&of_session(n, "turn_003_ai.wav"), at(0)).await;
    }
    let (report, _) = bench.run(None, RetentionRun::Careful).await;
    assert_eq!(report, RetentionReport::default());
    bench.kept.turn_journal.remove(&turn(1, 3)).await.unwrap();
    let (report, _) = bench.run(None, RetentionRun::Careful).await;
    assert_eq!(report.orphans, 1);
}

/// A journal that a server which starts empties right before somebody looks into it.
struct BeingRecovered {
    journal: Arc<MemoryTurnJournal>,
    session_store: Arc<MemorySessionStore>,
}

#[async_trait]
impl TurnJournal for BeingRecovered {
    async fn keep(&self, owner: UserId, turn: &Turn) -> Result<(), SpoolError> {
        self.journal.keep(owner, turn).await
    }

    async fn kept_after(&self, after: Option<TurnId>) -> Result<Vec<(UserId, Turn)>, SpoolError> {
        self.journal.kept_after(after).await
    }

    async fn remove(&self, turn: &Turn) -> Result<(), SpoolError> {
        self.journal.remove(turn).await
    }

    async fn keep_end(&self, end: KeptEnd) -> Result<(), SpoolError> {
        self.journal.keep_end(end).await
    }

    async fn ends_after(&self, after: Option<SessionId>) -> Result<Vec<KeptEnd>, SpoolError> {
        self.journal.ends_after(after).await
    }

    async fn remove_end(&self, session: SessionId) -> Result<(), SpoolError> {
        self.journal.remove_end(session).await
    }

    async fn has_session(&self, session: SessionId) -> Result<bool, SpoolError> {
        for (owner, turn) in self.journal.kept().await? {
            self.session_store
                .save_turn(owner, &turn)
                .await
                .expect("there is its session");
            self.journal.remove(&turn).await?;
        }
        self.journal.has_session(session).await
    }

    async fn remove_session(&self, session: SessionId) -> Result<(), SpoolError> {
        self.journal.remove_session(session).await
    }
}

#[tokio::test]
async fn files_stay_whose_turn_comes_out_of_the_journal_meanwhile() {
    let bench = Bench::with_sessions(1).await.later(DAY * 2);
    bench.kept.turn_journal.keep(OWNER, &turn(1, 3)).await.unwrap();
    let file = bench.stray(&of_session(1, "turn_003_ai.wav"), at(0)).await;
    let ports = DeletionsPorts {
        turn_journal: Arc::new(BeingRecovered {
            journal: bench.kept.turn_journal.clone(),
            session_store: bench.kept.session_store.clone(),
        }),
        ..bench.kept.ports()
    };
    let deletions = Deletions::new(ports, bench.kept.tasks.clone());
    let ids = Arc::new(SequentialIds::default());
    let retention = Retention::new(deletions, bench.clock.clone(), ids, None);
    let report = retention.run(RetentionRun::Careful, &mut |_| {}).await.unwrap();
    assert_eq!(report.orphans, 0);
    assert!(bench.kept.blob_store.keys().contains(&file));
    assert_eq!(bench.kept.turns_of(1).await.len(), 3);
}

#[tokio::test]
async fn a_recording_without_a_file_is_forgotten_and_its_turn_stays() {
    let bench = Bench::with_sessions(2).await.later(DAY * 2);
    let lost = turn(1, 1).ai_audio.unwrap().key;
    bench.kept.blob_store.delete(&lost).await.unwrap();
    // Of the other session there is no file at all.
    for turn in [turn(2, 1), turn(2, 2)] {
        for recording in recordings(&turn) {
            bench.kept.blob_store.delete(&recording.key).await.unwrap();
        }
    }
    let peaks = BlobKey::parse(&of_session(2, "peaks")).unwrap();
    bench.kept.blob_store.delete(&peaks).await.unwrap();
    let (report, removals) = bench.run(None, RetentionRun::Careful).await;
    assert_eq!((report.lost, report.orphans), (5, 0));
    assert!(
        matches!(&removals[0], Removal::Lost(first) if first.key == lost),
        "{removals:?}"
    );
    let without = Turn {
        ai_audio: None,
        ..turn(1, 1)
    };
    assert_eq!(bench.kept.turns_of(1).await, [without, turn(1, 2)]);
    let turns = bench.kept.turns_of(2).await;
    assert!(turns.iter().all(|turn| recordings(turn).count() == 0));
    assert_eq!(turns.len(), 2);
}

#[tokio::test]
async fn a_recording_that_waits_in_the_spool_or_is_young_is_not_lost() {
    // The first session ended a day ago and a µs more, the second one later.
    let bench = Bench::with_sessions(2)
        .await
        .later(DAY + Duration::from_micros(1_000_001));
    for n in [1, 2] {
        let key = turn(n, 1).ai_audio.unwrap().key;
        bench.kept.blob_store.delete(&key).await.unwrap();
    }
    let key = turn(1, 1).ai_audio.unwrap().key;
    let _growing = bench.kept.audio_spool.create(&key, 24_000).await.unwrap();
    let (report, _) = bench.run(None, RetentionRun::Careful).await;
    assert_eq!(report, RetentionReport::default());
    bench.kept.audio_spool.remove(&key).await.unwrap();
    let (report, _) = bench.run(None, RetentionRun::Careful).await;
    assert_eq!(report.lost, 1, "that of the session that ended earlier");
}

#[tokio::test]
async fn most_files_stay_unless_it_is_forced() {
    let bench = Bench::with_sessions(1).await.later(DAY * 2);
    for number in 1..=101 {
        bench
            .stray(&of_session(9, &format!("turn_{number:03}_ai.wav")), at(0))
            .await;
    }
    let (report, removals) = bench.run(None, RetentionRun::Careful).await;
    assert_eq!((report.orphans, report.orphans_left), (0, 101));
    assert_eq!(removals, []);
    let (report, _) = bench.run(None, RetentionRun::Forced).await;
    assert_eq!((report.orphans, report.orphans_left), (101, 0));
    assert_eq!(bench.kept.files_of(9), [""; 0]);
}

#[tokio::test]
async fn a_storage_that_lost_its_files_costs_no_row_unless_it_is_forced() {
    let bench = Bench::with_sessions(0).await.later(DAY * 2);
    for n in 1..=26 {
        bench.kept.end(n).await;
    }
    bench
        .kept
        .blob_store
        .delete_below(&BlobKey::of_sessions())
        .await
        .unwrap();
    let (report, _) = bench.run(None, RetentionRun::Careful).await;
    assert_eq!((report.lost, report.lost_left), (0, 104));
    assert_eq!(bench.kept.turns_of(1).await, [turn(1, 1), turn(1, 2)]);
    let (report, _) = bench.run(None, RetentionRun::Forced).await;
    assert_eq!((report.lost, report.lost_left), (104, 0));
}

#[tokio::test]
async fn what_was_begun_is_finished() {
    let bench = Bench::with_sessions(1).await;
    bench
        .kept
        .turn_journal
        .faults()
        .fail_next(1, SpoolErrorKind::Unavailable);
    bench
        .kept
        .deletions()
        .delete(OWNER, session_id(1))
        .await
        .unwrap_err();
    let (report, removals) = bench.run(None, RetentionRun::Careful).await;
    assert_eq!((report.begun, report.sessions, report.orphans), (1, 0, 0));
    assert_eq!(removals, [Removal::Begun(session_id(1))]);
    bench.kept.assert_gone(1).await;
}

#[tokio::test]
async fn recordings_that_cannot_go_do_not_keep_the_others() {
    let bench = Bench::with_sessions(2).await.later(MONTH * 2);
    bench
        .kept
        .audio_spool
        .faults()
        .fail_next(1, SpoolErrorKind::Unavailable);
    let (report, _) = bench.run(Some(MONTH), RetentionRun::Careful).await;
    assert_eq!((report.sessions, report.failed), (1, 1));
    assert_eq!(bench.purged().await, [2]);
    let (report, _) = bench.run(Some(MONTH), RetentionRun::Careful).await;
    assert_eq!((report.sessions, report.failed), (1, 0));
    assert_eq!(bench.purged().await, [1, 2]);
}

#[tokio::test]
async fn files_that_cannot_go_do_not_keep_the_others() {
    let bench = Bench::with_sessions(2).await.later(MONTH * 2);
    let store = &bench.kept.blob_store;
    store.hold(Some(BlobKey::of_session(session_id(1))));
    for purged in [1, 0] {
        let stray = bench.stray(&of_session(9, "turn_001_user.wav"), at(0)).await;
        let (report, _) = bench.run(Some(MONTH), RetentionRun::Careful).await;
        assert_eq!(
            (report.sessions, report.failed, report.orphans),
            (purged, 1, 1),
            "counted once"
        );
        assert!(!store.keys().contains(&stray));
        assert_eq!(bench.purged().await, [1, 2]);
    }
    store.hold(None);
    let (report, _) = bench.run(Some(MONTH), RetentionRun::Careful).await;
    assert_eq!((report.sessions, report.failed), (1, 0));
    assert!(bench.kept.files_of(1).is_empty());
}

#[tokio::test]
async fn a_run_stops_when_nothing_answers() {
    let bench = Bench::with_sessions(9).await.later(MONTH * 2);
    bench.kept.audio_spool.faults().fail(SpoolErrorKind::Unavailable);
    let run = bench.retention(Some(MONTH));
    let failed = run.run(RetentionRun::Careful, &mut |_| {}).await;
    assert!(matches!(failed, Err(RemovalError::Spool(_))), "{failed:?}");
    assert_eq!(
        bench.kept.audio_spool.faults().failures(),
        2,
        "the first, and a look"
    );
    bench.kept.blob_store.faults().fail(BlobErrorKind::Unavailable);
    let failed = run.run(RetentionRun::Careful, &mut |_| {}).await;
    assert!(matches!(failed, Err(RemovalError::Blob(_))), "{failed:?}");
}

#[tokio::test]
async fn nothing_is_missing_of_a_session_whose_recordings_are_purged() {
    let bench = Bench::with_sessions(2).await.later(MONTH + DAY);
    bench.run(Some(MONTH), RetentionRun::Careful).await;
    assert_eq!(bench.purged().await, [1, 2]);
    for keep_for in [Some(MONTH), None] {
        for run in [RetentionRun::Dry, RetentionRun::Careful, RetentionRun::Forced] {
            let (report, _) = bench.run(keep_for, run).await;
            assert_eq!(report, RetentionReport::default());
        }
    }
    for n in [1, 2] {
        assert_eq!(bench.kept.turns_of(n).await, [turn(n, 1), turn(n, 2)]);
    }
}

#[tokio::test]
async fn recordings_that_come_back_after_they_were_purged_go_however_many_and_young() {
    let bench = Bench::with_sessions(1).await.later(MONTH + DAY);
    bench.run(Some(MONTH), RetentionRun::Careful).await;
    let purged_at = bench.kept.purged_at(1).await;
    let bench = bench.later(DAY);
    let now = Clock::now(&*bench.clock);
    for number in 1..=101 {
        bench
            .stray(&of_session(1, &format!("turn_{number:03}_ai.wav")), now)
            .await;
    }
    // Also where recordings are kept for ever by now.
    let (dry, dry_removals) = bench.run(None, RetentionRun::Dry).await;
    assert_eq!((dry.sessions, dry.recordings, dry.orphans), (1, 101, 0));
    let (report, removals) = bench.run(None, RetentionRun::Careful).await;
    assert_eq!((report, removals), (dry, dry_removals));
    assert_eq!(bench.kept.files_of(1), [""; 0]);
    assert_eq!(bench.kept.purged_at(1).await, purged_at, "it was then");
}
