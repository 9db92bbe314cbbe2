//! Removes what is no longer kept, once a day.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::task::block_in_place;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{error, info, warn};
use viva_application::deletion::RemovalError;
use viva_application::meters::{Meters, RunOutcome};
use viva_application::retention::{Removal, Retention, RetentionRun};
use viva_domain::ports::Clock as _;
use viva_infrastructure::system::SystemClock;

use crate::config::Settings;
use crate::wiring;

const DAY: Duration = Duration::from_hours(24);
/// How far a run goes by the past at most where the server runs every day.
const USUAL: TimeDelta = TimeDelta::days(3);

/// Runs at once, and then every day until the server stops. A run that is broken off then leaves nothing that the next one
/// does not find.
pub(crate) fn run_daily(
    retention: Retention,
    settings: Settings,
    meters: Meters,
    tasks: &TaskTracker,
    stopping: CancellationToken,
) {
    tasks.spawn(async move {
        let mut days = interval(DAY);
        days.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let every_day = async {
            loop {
                days.tick().await;
                run_once(&retention, &settings, &meters).await;
            }
        };
        stopping.run_until_cancelled(every_day).await;
    });
}

async fn run_once(retention: &Retention, settings: &Settings, meters: &Meters) {
    let mut lock = match wiring::lock_retention(settings).await {
        Ok(Some(lock)) => lock,
        Ok(None) => {
            info!(
                event = "retention.skipped",
                "Another process removes what is no longer kept"
            );
            return meters.retention_ran(RunOutcome::Skipped);
        }
        Err(err) => {
            warn!(
                event = "retention.failed",
                error = &*err as &dyn std::error::Error,
                "What is no longer kept stays until tomorrow"
            );
            return meters.retention_ran(RunOutcome::Failed);
        }
    };
    let as_of = match block_in_place(|| lock.note(SystemClock.now())) {
        Ok(as_of) => explained(as_of),
        Err(err) => {
            warn!(
                event = "retention.failed",
                error = &err as &dyn std::error::Error,
                "What is no longer kept stays until tomorrow, since the time cannot be written down"
            );
            return meters.retention_ran(RunOutcome::Failed);
        }
    };
    let retention = retention.as_of(as_of);
    let mut tell = |removal: &Removal| {
        log(removal);
        meters.removed(removal);
    };
    let outcome = match retention.run(RetentionRun::Careful, &mut tell).await {
        Ok(_) => RunOutcome::Done(SystemClock.now()),
        Err(RemovalError::Foreign(err)) => {
            error!(
                event = "retention.foreign_storage",
                error = &err as &dyn std::error::Error,
                "What is no longer kept stays"
            );
            RunOutcome::Failed
        }
        Err(err) => {
            warn!(
                event = "retention.failed",
                error = &err as &dyn std::error::Error,
                "What else is no longer kept stays until tomorrow"
            );
            RunOutcome::Failed
        }
    };
    meters.retention_ran(outcome);
    drop(lock);
}

/// As of when things are removed. The clock may be wrong, and what is removed does not come back: what it shows counts once it
/// has held to that for a day.
fn explained(as_of: Option<DateTime<Utc>>) -> DateTime<Utc> {
    match as_of {
        None => {
            info!(
                event = "retention.first_run",
                "The first run removes nothing by its age: the clock has to hold to its time for a day"
            );
        }
        Some(as_of) if SystemClock.now() - as_of > USUAL => {
            warn!(
                event = "retention.cautious", retention.as_of = %as_of,
                "It is long since {as_of}, when the server ran last, or the clock was set: what is no longer kept since then \
                 goes tomorrow"
            );
        }
        Some(_) => {}
    }
    as_of.unwrap_or(DateTime::UNIX_EPOCH)
}

/// Says what goes.
fn log(removal: &Removal) {
    match removal {
        Removal::Begun(id) => {
            info!(event = "retention.deletion_finished", session.id = %id, "Finished the deletion of session {id}");
        }
        Removal::Recordings(session, gone) => info!(
            event = "retention.recordings_purged",
            session.id = %session.id, retention.recordings = gone.files, retention.bytes = gone.bytes,
            "Purged {} recordings of session {}, which ended at {}", gone.files, session.id, session.ended_at
        ),
        Removal::Orphan(file) => {
            info!(event = "retention.orphan_removed", blob.key = %file.key, "Removed {}, which belongs to no session", file.key);
        }
        Removal::Lost(lost) => {
            info!(event = "retention.recording_forgotten", session.id = %lost.session, turn.id = %lost.turn,
            "Forgot the recording {}, which has no file", lost.key);
        }
    }
}
