//! What is no longer kept: sessions that ended long ago, what is left of deletions that were begun, files that belong to no
//! session, and recordings of turns whose file is gone.

mod report;
mod sweep;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tracing::{info, warn};
use viva_domain::ports::{Clock, EndedSession};

use self::sweep::Sweep;
use crate::deletion::{Deletions, RemovalError};

pub use report::{LostRecording, Removal, RetentionReport};

/// What is younger is not swept: it may be about to be written, or to be stored at the next start.
const MARGIN: TimeDelta = TimeDelta::days(1);
/// Sessions that are looked up at once.
const PAGE: u32 = 500;
/// So many failures in a row are none of the single session.
const MOST_FAILURES: u32 = 5;

/// Removes what is no longer kept. Everything can be broken off and done again.
#[derive(Clone)]
pub struct Retention {
    deletions: Deletions,
    clock: Arc<dyn Clock>,
    keep_for: Option<Duration>,
}

/// How a run goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetentionRun {
    /// Only says what would go.
    Dry,
    /// Removes it. Where most files belong to no session, or most recordings have no file, they stay: that looks like the
    /// storage of another database.
    Careful,
    /// Removes it also then.
    Forced,
}

impl Retention {
    /// Keeps sessions for so long after their end; `None`: for ever.
    pub fn new(deletions: Deletions, clock: Arc<dyn Clock>, keep_for: Option<Duration>) -> Self {
        Self {
            deletions,
            clock,
            keep_for,
        }
    }

    /// Removes what is no longer kept, and tells of each thing as it goes. Only one may run at a time.
    ///
    /// # Errors
    /// [`RemovalError`] when the database, the storage, the spool or the journal does not answer; the next run goes on.
    pub async fn run(
        &self,
        run: RetentionRun,
        tell: &mut (dyn FnMut(&Removal) + Send),
    ) -> Result<RetentionReport, RemovalError> {
        let mut report = RetentionReport::default();
        self.finish_begun(run, tell, &mut report).await?;
        self.purge(run, tell, &mut report).await?;
        let before = self.clock.now() - MARGIN;
        Sweep::new(&self.deletions, before)
            .run(run, tell, &mut report)
            .await?;
        if run != RetentionRun::Dry {
            let said = report.to_string();
            info!(
                retention.sessions = report.sessions,
                retention.files = report.files,
                retention.bytes = report.bytes,
                retention.begun = report.begun,
                retention.orphans = report.orphans,
                retention.lost = report.lost,
                retention.failed = report.failed,
                "Removed what is no longer kept: {said}"
            );
        }
        Ok(report)
    }

    async fn finish_begun(
        &self,
        run: RetentionRun,
        tell: &mut (dyn FnMut(&Removal) + Send),
        report: &mut RetentionReport,
    ) -> Result<(), RemovalError> {
        let begun = self.deletions.begun().await?;
        for id in &begun {
            tell(&Removal::Begun(*id));
        }
        if run == RetentionRun::Dry {
            report.begun = begun.len() as u64;
            return Ok(());
        }
        let done = self.deletions.finish_begun().await?;
        report.begun = done.finished;
        report.failed += done.failed;
        Ok(())
    }

    /// Deletes the sessions that ended too long ago.
    async fn purge(
        &self,
        run: RetentionRun,
        tell: &mut (dyn FnMut(&Removal) + Send),
        report: &mut RetentionReport,
    ) -> Result<(), RemovalError> {
        let Some(before) = self.oldest_kept() else {
            return Ok(());
        };
        let store = &self.deletions.ports.retention_store;
        let (mut last, mut failures) = (None::<EndedSession>, 0);
        loop {
            let sessions = store.ended_before(before, last.as_ref(), PAGE).await?;
            let Some(session) = sessions.last() else {
                return Ok(());
            };
            last = Some(*session);
            for session in &sessions {
                let gone = match run {
                    RetentionRun::Dry => self
                        .deletions
                        .measure(session.id)
                        .await
                        .map_err(RemovalError::from),
                    RetentionRun::Careful | RetentionRun::Forced => self.deletions.purge(session).await,
                };
                match gone {
                    Ok(gone) => {
                        failures = 0;
                        report.sessions += 1;
                        report.files += gone.files;
                        report.bytes += gone.bytes;
                        tell(&Removal::Session(*session, gone));
                    }
                    Err(err) if failures == MOST_FAILURES => return Err(err),
                    Err(err) => {
                        failures += 1;
                        report.failed += 1;
                        warn!(session.id = %session.id, error = &err as &dyn std::error::Error,
                            "Session {} is no longer kept, but stays for now", session.id);
                    }
                }
            }
        }
    }

    /// Sessions that ended before are no longer kept; `None` when all are.
    fn oldest_kept(&self) -> Option<DateTime<Utc>> {
        let keep_for = TimeDelta::from_std(self.keep_for?).ok()?;
        self.clock.now().checked_sub_signed(keep_for)
    }
}
