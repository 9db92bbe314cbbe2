//! A process that dies while it deletes: at each of its steps, with the step done and not done, and again while it goes on
//! with it at the next start. Neither a file without a row nor a row without a file is left, ever.

use std::sync::Arc;

use viva_contract::samples::{OWNER, session_id};
use viva_fakes::{Crash, CrashPoint};

use super::Kept;

/// What a deletion does that lasts, and what it looks at. A new step gets a row here, and is crashed at thereby.
const STEPS: [&str; 13] = [
    "store content", // The tombstone: from here on there is no way back.
    "delete rows",
    "find the owner", // Whether they are gone.
    "empty the journal",
    "empty the spool",
    "list files",
    "delete a file",
    "delete a file",
    "delete a file",
    "delete a file",
    "delete a file",
    "delete what is below",
    "delete a file", // The tombstone.
];

/// What a start does with what is left, when nothing was removed yet.
const STEPS_OF_A_START: [&str; 17] = [
    "find the storage's id",
    "measure a file", // The storage's mark.
    "list files",     // The tombstones.
    "measure a file",
    "read a file",
    "delete rows",
    "find the owner",
    "empty the journal",
    "empty the spool",
    "list files",
    "delete a file",
    "delete a file",
    "delete a file",
    "delete a file",
    "delete a file",
    "delete what is below",
    "delete a file",
];

async fn delete_until(kept: &Kept, point: &Arc<CrashPoint>) -> bool {
    let deleted = kept.deletions_until(point).delete(OWNER, session_id(1)).await;
    deleted.is_ok()
}

#[tokio::test]
async fn these_are_the_steps() {
    let kept = Kept::two_sessions().await;
    let point = CrashPoint::never();
    assert!(delete_until(&kept, &point).await);
    assert_eq!(point.calls(), STEPS);

    let kept = Kept::two_sessions().await;
    assert!(!delete_until(&kept, &CrashPoint::at(1, Crash::After)).await);
    let point = CrashPoint::never();
    kept.deletions_until(&point).finish_begun().await.unwrap();
    assert_eq!(point.calls(), STEPS_OF_A_START);
}

#[tokio::test]
async fn a_crash_at_any_step_leaves_nothing_half() {
    for step in 1..=STEPS.len() {
        for crash in [Crash::Before, Crash::After] {
            let kept = Kept::two_sessions().await;
            assert!(!delete_until(&kept, &CrashPoint::at(step, crash)).await);
            kept.restart().await;
            if (step, crash) == (1, Crash::Before) {
                kept.assert_recovered(1).await;
            } else {
                kept.assert_gone(1).await;
            }
            kept.assert_recovered(2).await;
            assert_eq!(kept.tombstones(), [], "{crash:?} step {step}");
        }
    }
}

#[tokio::test]
async fn a_crash_at_any_step_of_the_next_start_leaves_nothing_half_either() {
    for step in 1..=STEPS.len() {
        for step_of_start in 1..=STEPS_OF_A_START.len() {
            for crash in [Crash::Before, Crash::After] {
                let kept = Kept::two_sessions().await;
                delete_until(&kept, &CrashPoint::at(step, Crash::After)).await;
                let point = CrashPoint::at(step_of_start, crash);
                // It may not get so far: less is left to do after a later step.
                let _ = kept.deletions_until(&point).finish_begun().await;
                kept.restart().await;
                kept.assert_gone(1).await;
                kept.assert_recovered(2).await;
                assert_eq!(
                    kept.tombstones(),
                    [],
                    "step {step}, {crash:?} step {step_of_start}"
                );
            }
        }
    }
}

#[tokio::test]
async fn until_the_next_start_a_session_is_whole_or_not_there() {
    for step in 1..=STEPS.len() {
        for crash in [Crash::Before, Crash::After] {
            let kept = Kept::two_sessions().await;
            delete_until(&kept, &CrashPoint::at(step, crash)).await;
            let turns = kept.turns_of(1).await;
            let files = kept.files_of(1);
            // A row that is there has its files; what has none is marked.
            assert!(turns.is_empty() || files.len() == 5, "{crash:?} step {step}");
            let is_marked = kept.tombstones() == [session_id(1)];
            assert!(
                is_marked || turns.len() == 2 || files.is_empty(),
                "{crash:?} step {step}"
            );
        }
    }
}
