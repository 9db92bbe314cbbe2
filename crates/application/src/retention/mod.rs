//! What is no longer kept: recordings of sessions that ended long ago, what is left of deletions that were begun, files that
//! belong to no session, and recordings of turns whose file is gone.

mod clock_record;
mod report;
mod sweep;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tracing::{info, warn};
use viva_domain::ids::{SessionId, StorageId};
use viva_domain::ports::{Clock, EndedSession, Ids};

use self::sweep::Sweep;
use crate::deletion::{Deletions, Pairing, RemovalError};

pub use clock_record::ClockRecord;
pub use report::{LostRecording, Removal, RetentionReport};

/// What is younger is not swept: it may be about to be written, or to be stored at the next start.
const MARGIN: TimeDelta = TimeDelta::days(1);
/// Sessions that are looked up at once.
const PAGE: u32 = 500;

/// Removes what is no longer kept. Everything can be broken off and done again.
#[derive(Clone)]
pub struct Retention {
    deletions: Deletions,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    keep_for: Option<Duration>,
    /// What the time is taken to be, whatever the clock shows.
    as_of: Option<DateTime<Utc>>,
}

/// How a run goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetentionRun {
    /// Only says what would go.
    Dry,
    /// Removes it. Where most files belong to no session, or most recordings have no file, they stay: that looks as if
    /// something were not there that should be.
    Careful,
    /// Removes it also then.
    Forced,
}

impl Retention {
    /// Keeps recordings for so long after the end of their session; `None`: for ever.
    pub fn new(
        deletions: Deletions,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
        keep_for: Option<Duration>,
    ) -> Self {
        Self {
            deletions,
            clock,
            ids,
            keep_for,
            as_of: None,
        }
    }

    /// Removes what was no longer kept at this time, which no clock has to tell.
    #[must_use]
    pub fn as_of(&self, time: DateTime<Utc>) -> Self {
        Self {
            as_of: Some(time),
            ..self.clone()
        }
    }

    /// Says that the storage is the database's, whatever either knew before, and answers the id by which they know each
    /// other.
    ///
    /// # Errors
    /// [`RemovalError`] when the database or the storage does not answer.
    pub async fn adopt(&self) -> Result<StorageId, RemovalError> {
        // A copy of a database or a storage has the id of the original, and shall not go on with it.
        let id = self.new_id();
        self.deletions.pair(id).await?;
        Ok(id)
    }

    /// Removes what is no longer kept, and tells of each thing as it goes. Only one may run at a time.
    ///
    /// # Errors
    /// [`RemovalError`] when the database, the storage, the spool or the journal does not answer; the next run goes on. Nothing
    /// is removed from a storage that is not the database's.
    pub async fn run(
        &self,
        run: RetentionRun,
        tell: &mut (dyn FnMut(&Removal) + Send),
    ) -> Result<RetentionReport, RemovalError> {
        let mut report = RetentionReport::default();
        let before = self.now() - MARGIN;
        if let Pairing::Unpaired(id) = self.deletions.pairing().await? {
            // Whether they belong together is seen by all that there is, however far back the run goes.
            let mut sweep = Sweep::of(&self.deletions, self.clock.now() - MARGIN, None).await?;
            if !self.pair(run, id, &sweep).await? {
                sweep.is_paired = false;
                sweep.remove(run, tell, &mut report).await?;
                return Ok(report);
            }
        }
        self.finish_begun(run, tell, &mut report).await?;
        let purged_before = self.oldest_kept();
        if let Some(before) = purged_before {
            self.purge(before, run, tell, &mut report).await?;
        }
        let sweep = Sweep::of(&self.deletions, before, purged_before).await?;
        sweep.remove(run, tell, &mut report).await?;
        if run != RetentionRun::Dry {
            let said = report.to_string();
            info!(
                event = "retention.finished",
                retention.sessions = report.sessions,
                retention.recordings = report.recordings,
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
        let tell_of = &mut |id: SessionId| tell(&Removal::Begun(id));
        if run == RetentionRun::Dry {
            report.begun = self.deletions.tell_begun(tell_of).await?;
            return Ok(());
        }
        let done = self.deletions.finish_each(tell_of).await?;
        report.begun = done.finished;
        report.failed += done.failed;
        Ok(())
    }

    /// The first run takes a storage that has no mark, where it looks like the database's; and answers whether it did. Whoever
    /// forces a run says that it is.
    async fn pair(
        &self,
        run: RetentionRun,
        id: Option<StorageId>,
        sweep: &Sweep<'_>,
    ) -> Result<bool, RemovalError> {
        let is_ours = run == RetentionRun::Forced || sweep.looks_whole();
        if is_ours && run != RetentionRun::Dry {
            let id = id.unwrap_or_else(|| self.new_id());
            self.deletions.pair(id).await?;
        }
        Ok(is_ours)
    }

    fn new_id(&self) -> StorageId {
        StorageId::from_uuid(self.ids.uuid())
    }

    /// Says of how many sessions the recordings are about to go, since there is no way back.
    async fn announce(&self, before: DateTime<Utc>) -> Result<(), RemovalError> {
        let store = &self.deletions.ports.retention_store;
        let (mut last, mut count) = (None::<EndedSession>, 0);
        loop {
            let sessions = store.unpurged_before(before, last.as_ref(), PAGE).await?;
            let Some(session) = sessions.last() else { break };
            last = Some(*session);
            count += sessions.len();
        }
        if count > 0 {
            warn!(
                event = "retention.announced",
                retention.due = count,
                "{count} sessions ended before {before}: their recordings are purged now, and all else of them stays; \
                 `retention.days` says how long recordings are kept"
            );
        }
        Ok(())
    }

    /// Purges the recordings of the sessions that ended before.
    async fn purge(
        &self,
        before: DateTime<Utc>,
        run: RetentionRun,
        tell: &mut (dyn FnMut(&Removal) + Send),
        report: &mut RetentionReport,
    ) -> Result<(), RemovalError> {
        if run != RetentionRun::Dry {
            self.announce(before).await?;
        }
        let store = &self.deletions.ports.retention_store;
        let mut last = None::<EndedSession>;
        loop {
            let sessions = store.unpurged_before(before, last.as_ref(), PAGE).await?;
            let Some(session) = sessions.last() else {
                return Ok(());
            };
            last = Some(*session);
            for session in &sessions {
                let gone = match run {
                    RetentionRun::Dry => self
                        .deletions
                        .measure_recordings(session.id)
                        .await
                        .map(Some)
                        .map_err(RemovalError::from),
                    RetentionRun::Careful | RetentionRun::Forced => {
                        self.deletions.purge_recordings(session, self.clock.now()).await
                    }
                };
                match gone {
                    Ok(Some(gone)) => report.purged(*session, gone, tell),
                    // The sweep tells of it.
                    Ok(None) => {}
                    Err(err) if self.deletions.is_away(&err, session.id).await => return Err(err),
                    Err(err) => {
                        report.failed += 1;
                        warn!(event = "retention.recordings_left", session.id = %session.id, error = &err as &dyn std::error::Error,
                            "The recordings of session {} are no longer kept, but stay for now", session.id);
                    }
                }
            }
        }
    }

    /// Recordings of sessions that ended before are no longer kept; `None` when all are.
    fn oldest_kept(&self) -> Option<DateTime<Utc>> {
        let keep_for = TimeDelta::from_std(self.keep_for?).ok()?;
        self.now().checked_sub_signed(keep_for)
    }

    fn now(&self) -> DateTime<Utc> {
        self.as_of.unwrap_or_else(|| self.clock.now())
    }
}
