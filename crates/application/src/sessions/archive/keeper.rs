use std::collections::VecDeque;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};
use viva_domain::ports::{StoreError, StoreErrorKind};
use viva_domain::turns::{NoticeCode, Turn};

use super::{ArchiveSettings, Keep, SessionEnd, SpooledTurn};
use crate::sessions::recover::store_recording;
use crate::sessions::service::SessionsPorts;

/// The first wait before the database is asked again; each further one is twice as long.
const FIRST_RETRY: Duration = Duration::from_millis(250);
/// The longest wait.
const LAST_RETRY: Duration = Duration::from_secs(8);
/// Turns that wait in memory while the database is away. Overflow: they stay in the journal until the next start.
const MOST_WAITING: usize = 1_000;

/// Stores a session's turns and its end, in order. While the database is away, turns are kept in the journal.
pub(super) struct Keeper {
    ports: SessionsPorts,
    settings: ArchiveSettings,
    notices: mpsc::Sender<NoticeCode>,
    shutdown: CancellationToken,
    waiting: VecDeque<Waiting>,
    retry: Duration,
}

enum Waiting {
    /// It is in the journal too.
    Turn(Box<Turn>),
    End(SessionEnd),
}

impl Keeper {
    pub(super) fn new(
        ports: SessionsPorts,
        settings: ArchiveSettings,
        notices: mpsc::Sender<NoticeCode>,
        shutdown: CancellationToken,
    ) -> Self {
        Self {
            ports,
            settings,
            notices,
            shutdown,
            waiting: VecDeque::new(),
            retry: FIRST_RETRY,
        }
    }

    pub(super) async fn run(mut self, mut jobs: mpsc::Receiver<Keep>, drained: CancellationToken) {
        let mut is_open = true;
        let mut next_try = Instant::now();
        while is_open || !self.waiting.is_empty() {
            tokio::select! {
                job = jobs.recv(), if is_open => match job {
                    Some(job) => {
                        if self.waiting.is_empty() {
                            next_try = Instant::now() + self.retry;
                        }
                        self.keep(job).await;
                    }
                    None => is_open = false,
                },
                () = sleep_until(next_try), if !self.waiting.is_empty() => {
                    self.try_again().await;
                    next_try = Instant::now() + self.retry;
                }
                // What came before the shutdown is still taken; what waits for the database is in the journal.
                () = self.shutdown.cancelled(), if !is_open => break,
            }
        }
        drained.cancel();
    }

    async fn keep(&mut self, job: Keep) {
        let job = match job {
            Keep::Turn(SpooledTurn { turn, recordings }) => {
                for recording in &recordings {
                    if !store_recording(&self.ports, recording).await {
                        let _ = self.notices.try_send(NoticeCode::StorageDelayed);
                    }
                }
                Waiting::Turn(turn)
            }
            Keep::End(end) => Waiting::End(end),
        };
        if self.waiting.is_empty() && self.store(&job).await {
            return;
        }
        if let Waiting::Turn(turn) = &job {
            self.journal(turn).await;
        }
        if self.waiting.len() < MOST_WAITING {
            self.waiting.push_back(job);
        }
    }

    async fn try_again(&mut self) {
        self.retry = (self.retry * 2).min(LAST_RETRY);
        while let Some(job) = self.waiting.front() {
            if !self.store(job).await {
                return;
            }
            if let Some(Waiting::Turn(turn)) = self.waiting.pop_front()
                && let Err(err) = self.ports.turn_journal.remove(&turn).await
            {
                warn!(
                    error = &err as &dyn std::error::Error,
                    "A stored turn stays in the journal"
                );
            }
        }
        self.retry = FIRST_RETRY;
        info!(session.id = %self.settings.session, "The database is back; every finished turn is stored");
    }

    /// Stores one thing; `false` when it should be tried again.
    async fn store(&self, job: &Waiting) -> bool {
        let ArchiveSettings { owner, session, .. } = self.settings;
        let (stored, what) = match job {
            Waiting::Turn(turn) => (
                self.ports.session_store.save_turn(owner, turn).await,
                "a finished turn",
            ),
            Waiting::End(end) => (
                self.ports
                    .session_store
                    .end(owner, session, end.at, end.status)
                    .await,
                "the session's end",
            ),
        };
        match stored {
            Ok(()) => true,
            Err(err) if err.kind == StoreErrorKind::Unavailable => {
                if self.waiting.is_empty() {
                    self.delayed(&err, what);
                }
                false
            }
            Err(err) => {
                error!(session.id = %session, error = &err as &dyn std::error::Error, "Cannot store {what}");
                if let Waiting::Turn(turn) = job {
                    self.journal(turn).await;
                }
                true
            }
        }
    }

    fn delayed(&self, err: &StoreError, what: &str) {
        warn!(session.id = %self.settings.session, error = err as &dyn std::error::Error,
            "Cannot store {what} now; it is kept and tried again");
        let _ = self.notices.try_send(NoticeCode::StorageDelayed);
    }

    async fn journal(&self, turn: &Turn) {
        if let Err(err) = self.ports.turn_journal.keep(self.settings.owner, turn).await {
            error!(session.id = %self.settings.session, error = &err as &dyn std::error::Error,
                "Cannot keep turn {} in the journal; it is in memory only", turn.number);
        }
    }
}
