//! A process that dies while it purges recordings: at each step of a run, with the step done and not done, and again at each
//! step of the next run. Neither a file that belongs to nothing nor a promise of one that is gone outlasts the next run.

use std::sync::Arc;
use std::time::Duration;

use viva_application::deletion::{Deletions, RemovalError};
use viva_application::retention::{Retention, RetentionReport, RetentionRun};
use viva_contract::samples::at;
use viva_fakes::{Crash, CrashPoint, ManualClock, SequentialIds};

use crate::deleting::Kept;

const MONTH: Duration = Duration::from_hours(30 * 24);

/// What is done with one session.
const STEPS: [&str; 9] = [
    "empty the spool",
    "mark as purged", // From here on nobody is promised any of it.
    "list files",
    "delete a file",
    "delete a file",
    "delete a file",
    "delete a file",
    "delete a file",
    "delete what is below",
];

/// A month after the first of two sessions ended, and before it is one after the second did.
async fn a_month_later() -> Kept {
    let kept = Kept::nothing();
    kept.blob_store.clock().set(at(0));
    kept.fill_two_sessions().await;
    let adopted = retention(kept.deletions()).adopt().await;
    adopted.expect("everything answers");
    kept
}

fn retention(deletions: Deletions) -> Retention {
    let clock = Arc::new(ManualClock::new(at(1_500_000)));
    clock.advance(MONTH);
    Retention::new(deletions, clock, Arc::new(SequentialIds::default()), Some(MONTH))
}

async fn run_until(kept: &Kept, point: &Arc<CrashPoint>) -> Result<RetentionReport, RemovalError> {
    let retention = retention(kept.deletions_until(point));
    retention.run(RetentionRun::Careful, &mut |_| ()).await
}

async fn run(kept: &Kept) -> RetentionReport {
    let done = run_until(kept, &CrashPoint::never()).await;
    done.expect("everything answers")
}

/// How many steps a run has.
async fn steps() -> usize {
    let kept = a_month_later().await;
    let point = CrashPoint::never();
    let report = run_until(&kept, &point).await.expect("everything answers");
    assert_eq!((report.sessions, report.recordings, report.failed), (1, 5, 0));
    kept.assert_purged(1).await;
    kept.assert_whole(2).await;
    let calls = point.calls();
    assert!(
        calls.windows(STEPS.len()).any(|window| window == STEPS),
        "{calls:?}"
    );
    calls.len()
}

#[tokio::test]
async fn until_the_next_run_recordings_are_there_or_said_to_be_purged() {
    for step in 1..=steps().await {
        for crash in [Crash::Before, Crash::After] {
            let kept = a_month_later().await;
            let broken_off = run_until(&kept, &CrashPoint::at(step, crash)).await;
            assert!(broken_off.is_err(), "{crash:?} step {step}");
            let is_purged = kept.purged_at(1).await.is_some();
            assert!(is_purged || kept.files_of(1).len() == 5, "{crash:?} step {step}");
            assert_eq!(kept.turns_of(1).await.len(), 2, "{crash:?} step {step}");
            kept.assert_whole(2).await;
        }
    }
}

#[tokio::test]
async fn a_crash_at_any_step_leaves_nothing_half_after_the_next_run() {
    for step in 1..=steps().await {
        for crash in [Crash::Before, Crash::After] {
            // As a command does beside a server, which goes on.
            let kept = a_month_later().await;
            assert!(run_until(&kept, &CrashPoint::at(step, crash)).await.is_err());
            assert_eq!(run(&kept).await.failed, 0, "{crash:?} step {step}");
            kept.assert_purged(1).await;
            kept.assert_whole(2).await;
            // As a server does: it starts again, and brings back what is in spool and journal.
            let kept = a_month_later().await;
            assert!(run_until(&kept, &CrashPoint::at(step, crash)).await.is_err());
            kept.restart().await;
            assert_eq!(run(&kept).await.failed, 0, "{crash:?} step {step}");
            kept.assert_purged(1).await;
            kept.assert_recovered(2).await;
            assert_eq!(
                run(&kept).await,
                RetentionReport::default(),
                "{crash:?} step {step}"
            );
        }
    }
}

#[tokio::test]
async fn a_crash_at_any_step_of_the_next_run_leaves_nothing_half_either() {
    for step in 1..=steps().await {
        let mut step_of_next = 0;
        let mut is_over = false;
        while !is_over {
            step_of_next += 1;
            for crash in [Crash::Before, Crash::After] {
                let kept = a_month_later().await;
                assert!(
                    run_until(&kept, &CrashPoint::at(step, Crash::After))
                        .await
                        .is_err()
                );
                kept.restart().await;
                let next = run_until(&kept, &CrashPoint::at(step_of_next, crash)).await;
                is_over = next.is_ok();
                run(&kept).await;
                kept.assert_purged(1).await;
                kept.assert_recovered(2).await;
            }
        }
        assert!(step_of_next > STEPS.len(), "step {step}");
    }
}

#[tokio::test]
async fn what_a_run_left_is_counted_by_the_next_one() {
    let kept = a_month_later().await;
    let point = CrashPoint::never();
    run_until(&kept, &point).await.expect("everything answers");
    let first_file = point.calls().iter().position(|call| *call == "delete a file");
    let first_file = first_file.expect("files are deleted") + 1;

    let kept = a_month_later().await;
    let died = run_until(&kept, &CrashPoint::at(first_file, Crash::After)).await;
    assert!(died.is_err());
    let report = run(&kept).await;
    assert_eq!((report.sessions, report.recordings, report.orphans), (1, 4, 0));
}
