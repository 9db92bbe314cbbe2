//! A storage that is not the database's, or may not be.

use std::sync::Arc;
use std::time::Duration;

use chrono::DateTime;
use viva_application::deletion::{Deletions, RemovalError};
use viva_application::retention::{Retention, RetentionReport, RetentionRun};
use viva_contract::samples::{OWNER, at, session_id, turn};
use viva_domain::ports::{
    BlobKey, BlobStore as _, Ids as _, KnownStorage, RetentionStore as _, SessionStore as _,
};
use viva_fakes::{Crash, CrashPoint, ManualClock, SequentialIds};

use crate::deleting::Kept;

const DAY: Duration = Duration::from_hours(24);

/// What was kept two days ago.
async fn keep(sessions: u16) -> Kept {
    let kept = Kept::nothing();
    kept.blob_store.clock().set(at(0));
    for n in 1..=sessions {
        kept.end(n).await;
    }
    kept
}

fn retention(kept: &Kept) -> Retention {
    retention_of(kept.deletions(), SequentialIds::default())
}

fn retention_of(deletions: Deletions, ids: SequentialIds) -> Retention {
    let clock = Arc::new(ManualClock::new(at(0)));
    clock.advance(DAY * 2);
    Retention::new(deletions, clock, Arc::new(ids), None)
}

/// Keeps recordings for an hour.
fn impatient(kept: &Kept) -> Retention {
    let clock = Arc::new(ManualClock::new(at(0)));
    clock.advance(DAY * 2);
    let hour = Some(Duration::from_hours(1));
    Retention::new(kept.deletions(), clock, Arc::new(SequentialIds::default()), hour)
}

async fn run(kept: &Kept, run: RetentionRun) -> Result<RetentionReport, RemovalError> {
    retention(kept).run(run, &mut |_| ()).await
}

/// Files of a session that this database does not know.
#[expect(
    clippy::unwrap_used,
    reason = "what tests are made of fails as they do, by panicking"
)]
async fn stray(kept: &Kept, count: u16) {
    for number in 1..=count {
        let key = turn(9, number).ai_audio.unwrap().key;
        kept.store(&key).await;
    }
}

/// The same storage, and a database in which nothing is.
fn with_another_database(kept: &Kept) -> Kept {
    Kept {
        blob_store: kept.blob_store.clone(),
        ..Kept::nothing()
    }
}

/// The same database, and a storage in which nothing is.
fn with_another_storage(kept: &Kept) -> Kept {
    Kept {
        session_store: kept.session_store.clone(),
        ..Kept::nothing()
    }
}

fn is_foreign(run: &Result<RetentionReport, RemovalError>) -> bool {
    matches!(run, Err(RemovalError::Foreign(_)))
}

#[tokio::test]
async fn the_first_run_takes_a_storage_that_looks_like_its_own() {
    let kept = keep(2).await;
    stray(&kept, 2).await;
    let dry = run(&kept, RetentionRun::Dry).await.unwrap();
    assert_eq!(kept.session_store.storage().await.unwrap(), None);
    let report = run(&kept, RetentionRun::Careful).await.unwrap();
    assert_eq!((report, report.orphans), (dry, 2));
    let known = kept.session_store.storage().await.unwrap().unwrap();
    assert!(known.is_marked);
    let mark = kept.blob_store.read(&BlobKey::of_mark(), 0, 36).await.unwrap();
    assert_eq!(mark.unwrap(), known.id.to_string().as_bytes());
}

#[tokio::test]
async fn a_new_database_does_not_take_a_storage_that_is_full() {
    // However few they are.
    let kept = keep(0).await;
    stray(&kept, 1).await;
    let report = run(&kept, RetentionRun::Careful).await.unwrap();
    assert_eq!((report.orphans, report.orphans_left), (0, 1));
    assert_eq!(kept.session_store.storage().await.unwrap(), None);
    assert_eq!(kept.blob_store.keys().len(), 1);
    // However young they are.
    let kept = keep(0).await;
    kept.blob_store.clock().advance(DAY * 2);
    stray(&kept, 1).await;
    run(&kept, RetentionRun::Careful).await.unwrap();
    assert_eq!(kept.session_store.storage().await.unwrap(), None);
}

#[tokio::test]
async fn an_empty_storage_is_not_taken_for_that_of_a_database_with_recordings() {
    let kept = with_another_storage(&keep(1).await);
    let report = run(&kept, RetentionRun::Careful).await.unwrap();
    assert_eq!((report.lost, report.lost_left), (0, 4));
    assert_eq!(kept.blob_store.keys(), []);
    let turns = kept.session_store.turns(OWNER, session_id(1)).await.unwrap();
    assert_eq!(turns, [turn(1, 1), turn(1, 2)]);
}

#[tokio::test]
async fn a_run_that_reaches_back_to_nothing_takes_no_storage_for_that_of_the_database() {
    let kept = with_another_storage(&keep(1).await);
    let first = retention(&kept).as_of(DateTime::UNIX_EPOCH);
    first.run(RetentionRun::Careful, &mut |_| ()).await.unwrap();
    assert_eq!(kept.session_store.storage().await.unwrap(), None);
}

#[tokio::test]
async fn no_recording_goes_while_its_storage_is_not_known() {
    let kept = keep(1).await;
    let away = with_another_storage(&kept);
    let report = impatient(&away)
        .run(RetentionRun::Careful, &mut |_| ())
        .await
        .unwrap();
    assert_eq!((report.sessions, report.lost_left), (0, 4));
    assert_eq!(kept.session_store.storage().await.unwrap(), None);
    // It is back.
    let report = impatient(&kept)
        .run(RetentionRun::Careful, &mut |_| ())
        .await
        .unwrap();
    assert_eq!((report.sessions, report.recordings), (1, 5));
    assert_eq!(kept.files_of(1), [""; 0]);
}

#[tokio::test]
async fn a_mark_that_the_database_does_not_know_of_is_known_after_the_next_run() {
    let kept = keep(1).await;
    let id = retention(&kept).adopt().await.unwrap();
    let unsure = KnownStorage { id, is_marked: false };
    kept.session_store.keep_storage(unsure).await.unwrap();
    run(&kept, RetentionRun::Careful).await.unwrap();
    assert!(kept.session_store.storage().await.unwrap().unwrap().is_marked);
    assert!(is_foreign(
        &run(&with_another_storage(&kept), RetentionRun::Careful).await
    ));
}

#[tokio::test]
async fn nothing_goes_from_the_storage_of_another_database() {
    let kept = keep(2).await;
    retention(&kept).adopt().await.unwrap();
    let files = kept.blob_store.keys();
    let other = with_another_database(&kept);
    for how in [RetentionRun::Dry, RetentionRun::Careful, RetentionRun::Forced] {
        assert!(
            is_foreign(&run(&other, how).await),
            "it knows no storage, {how:?}"
        );
    }
    let ids = SequentialIds::default();
    ids.uuid();
    let its_own = with_another_storage(&other).deletions();
    retention_of(its_own, ids).adopt().await.unwrap();
    for how in [RetentionRun::Dry, RetentionRun::Careful, RetentionRun::Forced] {
        assert!(
            is_foreign(&run(&other, how).await),
            "it knows another one, {how:?}"
        );
    }
    assert_eq!(kept.blob_store.keys(), files);
}

#[tokio::test]
async fn nothing_is_forgotten_while_the_storage_is_away() {
    let kept = keep(1).await;
    retention(&kept).adopt().await.unwrap();
    let unmounted = with_another_storage(&kept);
    assert!(is_foreign(&run(&unmounted, RetentionRun::Careful).await));
    // Whoever says that the empty one is the right one keeps what is known of recordings all the same.
    retention(&unmounted).adopt().await.unwrap();
    let report = run(&unmounted, RetentionRun::Careful).await.unwrap();
    assert_eq!((report.lost, report.lost_left), (0, 4));
    let report = run(&unmounted, RetentionRun::Forced).await.unwrap();
    assert_eq!((report.lost, report.lost_left), (4, 0));
}

#[tokio::test]
async fn deletions_of_another_database_are_not_gone_on_with() {
    let kept = keep(1).await;
    retention(&kept).adopt().await.unwrap();
    let tombstone = BlobKey::tombstone_of(session_id(1));
    kept.blob_store
        .put(&tombstone, OWNER.to_string().into())
        .await
        .unwrap();
    let done = with_another_database(&kept)
        .deletions()
        .finish_begun()
        .await
        .unwrap();
    assert_eq!((done.finished, done.failed), (0, 0));
    assert_eq!(kept.files_of(1).len(), 5);
    kept.deletions().finish_begun().await.unwrap();
    kept.assert_gone(1).await;
}

#[tokio::test]
async fn a_crash_while_a_storage_is_taken_leaves_one_that_can_be_taken() {
    let (mut steps, mut taken) = (0, false);
    while !taken {
        steps += 1;
        for crash in [Crash::Before, Crash::After] {
            let kept = keep(1).await;
            let deletions = kept.deletions_until(&CrashPoint::at(steps, crash));
            taken = retention_of(deletions, SequentialIds::default())
                .adopt()
                .await
                .is_ok();
            kept.deletions().finish_begun().await.unwrap();
            let report = run(&kept, RetentionRun::Careful).await;
            assert!(report.is_ok(), "{crash:?} step {steps}: {report:?}");
        }
    }
    assert_eq!(steps, 4, "after the id, the mark, and that it is there");
}
