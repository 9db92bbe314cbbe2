//! Sessions that are deleted, and what of them must be gone then.

mod crashing;
mod ports;

use viva_application::deletion::{DeleteError, FinishedDeletions};
use viva_contract::samples::{OWNER, STRANGER, session_id};
use viva_domain::ids::SessionId;
use viva_domain::ports::{BlobErrorKind, BlobKey, BlobStore as _, RemovedBlobs, SpoolErrorKind};
use viva_fakes::{Crash, CrashPoint};

pub(crate) use ports::{Kept, recordings};

/// What a sample session has stored.
const FILES: u64 = 5;

#[tokio::test]
async fn everything_of_a_session_goes() {
    let kept = Kept::two_sessions().await;
    let deleted = kept.deletions().delete(OWNER, session_id(1)).await.unwrap();
    assert_eq!(deleted.files, FILES);
    assert!(deleted.bytes > 0, "{deleted:?}");
    kept.assert_gone(1).await;
    kept.assert_whole(2).await;
    let again = kept.deletions().delete(OWNER, session_id(1)).await;
    assert!(matches!(again, Err(DeleteError::Unknown(id)) if id == session_id(1)));
}

#[tokio::test]
async fn nothing_of_it_comes_back_at_the_next_start() {
    let kept = Kept::two_sessions().await;
    kept.deletions().delete(OWNER, session_id(1)).await.unwrap();
    kept.restart().await;
    kept.assert_gone(1).await;
    kept.assert_recovered(2).await;
}

#[tokio::test]
async fn somebody_elses_session_is_not_there() {
    let kept = Kept::two_sessions().await;
    for id in [session_id(1), session_id(3)] {
        let deleted = kept.deletions().delete(STRANGER, id).await;
        assert!(matches!(deleted, Err(DeleteError::Unknown(unknown)) if unknown == id));
    }
    kept.assert_whole(1).await;
}

#[tokio::test]
async fn a_session_that_goes_on_is_refused() {
    let kept = Kept::two_sessions().await;
    kept.begin(3).await;
    let deleted = kept.deletions().delete(OWNER, session_id(3)).await;
    assert!(matches!(deleted, Err(DeleteError::Active(id)) if id == session_id(3)));
    assert_eq!(kept.tombstones(), []);
}

#[tokio::test]
async fn what_came_of_each_of_a_selection_is_told() {
    let kept = Kept::two_sessions().await;
    kept.begin(3).await;
    let ids = [4, 1, 3, 2].map(session_id);
    let done = kept.deletions().delete_each(OWNER, ids.to_vec()).await.unwrap();
    assert_eq!(done.iter().map(|(id, _)| *id).collect::<Vec<_>>(), ids);
    let results: Vec<_> = done.into_iter().map(|(_, deleted)| deleted).collect();
    assert!(
        matches!(
            results[..],
            [
                Err(DeleteError::Unknown(_)),
                Ok(RemovedBlobs { files: FILES, .. }),
                Err(DeleteError::Active(_)),
                Ok(RemovedBlobs { files: FILES, .. })
            ]
        ),
        "{results:?}"
    );
    kept.assert_gone(1).await;
    kept.assert_gone(2).await;
}

#[tokio::test]
async fn when_something_does_not_answer_the_rest_of_a_selection_is_not_tried() {
    let kept = Kept::two_sessions().await;
    kept.blob_store.faults().fail(BlobErrorKind::Unavailable);
    let ids = [1, 2].map(session_id).to_vec();
    let done = kept.deletions().delete_each(OWNER, ids).await.unwrap();
    assert!(
        matches!(
            &done[..],
            [(_, Err(DeleteError::Unfinished { .. })), (_, Err(DeleteError::NotTried(id)))] if *id == session_id(2)
        ),
        "{done:?}"
    );
    assert_eq!(
        kept.blob_store.faults().failures(),
        2,
        "it was asked once more what it did"
    );
    kept.blob_store.faults().recover();
    kept.assert_whole(1).await;
    kept.assert_whole(2).await;
}

#[tokio::test]
async fn that_nothing_has_changed_is_said_only_where_it_is_known() {
    // The storage says no, and then that there is no tombstone.
    let kept = Kept::two_sessions().await;
    kept.blob_store.faults().fail_next(1, BlobErrorKind::Unavailable);
    let deleted = kept.deletions().delete(OWNER, session_id(1)).await;
    assert!(matches!(deleted, Err(DeleteError::Blob(_))), "{deleted:?}");
    kept.assert_whole(1).await;
    // It did what it was told, and nobody heard of it.
    let point = CrashPoint::at(1, Crash::After);
    let deleted = kept.deletions_until(&point).delete(OWNER, session_id(1)).await;
    assert!(
        matches!(deleted, Err(DeleteError::Unfinished { .. })),
        "{deleted:?}"
    );
    assert_eq!(kept.tombstones(), [session_id(1)]);
}

#[tokio::test]
async fn a_session_that_the_database_has_as_active_keeps_its_files_and_the_tombstone() {
    let kept = Kept::two_sessions().await;
    kept.begin(3).await;
    let file = BlobKey::parse(&format!("{}/turn_001_ai.wav", BlobKey::of_session(session_id(3)))).unwrap();
    kept.store(&file).await;
    // As after a restoration of the database from before the session's end.
    let tombstone = BlobKey::tombstone_of(session_id(3));
    kept.blob_store
        .put(&tombstone, OWNER.to_string().into())
        .await
        .unwrap();
    let done = kept.deletions().finish_begun().await.unwrap();
    assert_eq!((done.finished, done.failed), (0, 1));
    assert_eq!(kept.files_of(3), ["turn_001_ai.wav"]);
    assert_eq!(kept.tombstones(), [session_id(3)]);
    // The start ends it, and then it goes.
    kept.restart().await;
    let done = kept.deletions().finish_begun().await.unwrap();
    assert_eq!((done.finished, done.failed), (1, 0));
    kept.assert_gone(3).await;
}

#[tokio::test]
async fn asking_again_brings_to_an_end_what_was_begun() {
    let kept = Kept::two_sessions().await;
    kept.turn_journal
        .faults()
        .fail_next(1, SpoolErrorKind::Unavailable);
    let deleted = kept.deletions().delete(OWNER, session_id(1)).await;
    assert!(matches!(deleted, Err(DeleteError::Unfinished { id, .. }) if id == session_id(1)));
    assert_eq!(kept.tombstones(), [session_id(1)]);
    // Nobody else finds out that there was one.
    let foreign = kept.deletions().delete(STRANGER, session_id(1)).await;
    assert!(matches!(foreign, Err(DeleteError::Unknown(_))));
    let deleted = kept.deletions().delete(OWNER, session_id(1)).await.unwrap();
    assert_eq!(deleted.files, FILES);
    kept.assert_gone(1).await;
}

#[tokio::test]
async fn what_cannot_be_finished_does_not_keep_the_rest_from_it() {
    let kept = Kept::two_sessions().await;
    for id in [1, 2].map(session_id) {
        kept.turn_journal
            .faults()
            .fail_next(1, SpoolErrorKind::Unavailable);
        kept.deletions().delete(OWNER, id).await.unwrap_err();
    }
    kept.turn_journal
        .faults()
        .fail_next(1, SpoolErrorKind::Unavailable);
    let done = kept.deletions().finish_begun().await.unwrap();
    assert_eq!(
        done,
        FinishedDeletions {
            finished: 1,
            failed: 1
        }
    );
    let done = kept.deletions().finish_begun().await.unwrap();
    assert_eq!(
        done,
        FinishedDeletions {
            finished: 1,
            failed: 0
        }
    );
    kept.assert_gone(1).await;
    kept.assert_gone(2).await;
}

#[tokio::test]
async fn a_tombstone_that_says_nothing_counts_all_the_same() {
    for content in ["", "nobody", "\u{7f}"] {
        let kept = Kept::two_sessions().await;
        let tombstone = BlobKey::tombstone_of(session_id(1));
        kept.blob_store.put(&tombstone, content.into()).await.unwrap();
        let foreign = BlobKey::parse("tombstones/not-a-session").unwrap();
        kept.blob_store.put(&foreign, "".into()).await.unwrap();
        kept.deletions().finish_begun().await.unwrap();
        kept.assert_gone(1).await;
        kept.assert_whole(2).await;
    }
}

#[tokio::test]
async fn a_deletion_goes_on_when_nobody_waits_for_it() {
    let kept = Kept::two_sessions().await;
    let deletions = kept.deletions();
    {
        let mut asking = std::pin::pin!(deletions.delete(OWNER, session_id(1)));
        // It is begun, and whoever asked for it hangs up.
        assert!(futures_util::poll!(&mut asking).is_pending());
    }
    kept.tasks.close();
    kept.tasks.wait().await;
    kept.assert_gone(1).await;
}

/// The sessions whose deletion is begun.
fn sessions_of(keys: impl IntoIterator<Item = BlobKey>) -> Vec<SessionId> {
    keys.into_iter().filter_map(|key| key.session()).collect()
}
