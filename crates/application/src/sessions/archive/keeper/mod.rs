#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};
use viva_domain::ports::{StoreError, StoreErrorKind};
use viva_domain::sessions::{EndStatus, Interaction};
use viva_domain::turns::{AmendedTranscript, NoticeCode, Turn};

use super::carrier::Carrier;
use super::{ArchiveSettings, Keep, SessionEnd, SpooledTurn, write_down_end};
use crate::meters::{Counted, Queue, Share};
use crate::sessions::service::SessionsPorts;

/// The first wait before the database is asked again; each further one is twice as long.
const FIRST_RETRY: Duration = Duration::from_millis(250);
/// The longest wait.
const LAST_RETRY: Duration = Duration::from_secs(8);
/// Turns that wait in memory while the database is away. Overflow: they stay in the journal until the next start; those it
/// has no room for wait all the same, up to the 65,535 that a session may have.
const MOST_WAITING: usize = 1_000;
/// Turns that were stored and may still get their last words: as many as are waited for.
const MOST_STORED: usize = 4;

/// Stores a session's turns and its end, in order. Turns are in the journal until then.
pub(super) struct Keeper {
    ports: SessionsPorts,
    settings: ArchiveSettings,
    carrier: Carrier,
    notices: mpsc::Sender<NoticeCode>,
    shutdown: CancellationToken,
    waiting: VecDeque<Waiting>,
    /// The last turns that were stored, oldest first.
    stored: VecDeque<Box<Turn>>,
    retry: Duration,
    /// Whether the session's end was told.
    has_end: bool,
}

enum Waiting {
    Turn {
        turn: Box<Turn>,
        /// Whether it is in the journal too, which it is if that has room.
        is_in_journal: bool,
    },
    /// In the journal is the whole turn, if it is one of the last.
    Amend(AmendedTranscript, Option<Box<Turn>>),
    Switch(Box<Interaction>),
    /// It is in the journal too, if that has room.
    End {
        end: SessionEnd,
        is_in_journal: bool,
    },
}

impl Waiting {
    /// The number of the turn that it is of.
    fn turn(&self) -> Option<u16> {
        match self {
            Self::Turn { turn, .. } => Some(turn.number.get()),
            Self::Amend(amended, _) => Some(amended.turn.get()),
            Self::Switch(_) | Self::End { .. } => None,
        }
    }
}

/// What the database did with something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Stored,
    /// It is away: asking again may help.
    Away,
    /// It will never take it. A turn stays in the journal, if that has room, for a person to look at.
    Refused,
}

impl Keeper {
    pub(super) fn new(
        ports: SessionsPorts,
        settings: ArchiveSettings,
        carrier: Carrier,
        notices: mpsc::Sender<NoticeCode>,
        shutdown: CancellationToken,
    ) -> Self {
        Self {
            ports,
            settings,
            carrier,
            notices,
            shutdown,
            waiting: VecDeque::new(),
            stored: VecDeque::new(),
            retry: FIRST_RETRY,
            has_end: false,
        }
    }

    pub(super) async fn run(mut self, mut jobs: mpsc::Receiver<(Counted, Keep)>, drained: CancellationToken) {
        let mut waiting = Share::of(self.ports.meters.queue(Queue::Database));
        let mut is_open = true;
        let mut next_try = Instant::now();
        while is_open || !self.waiting.is_empty() {
            waiting.set(self.waiting.len());
            tokio::select! {
                job = jobs.recv(), if is_open => {
                    if self.waiting.is_empty() {
                        next_try = Instant::now() + self.retry;
                    }
                    is_open = job.is_some();
                    self.on_job(job.map(|(_waited, job)| job)).await;
                }
                () = sleep_until(next_try), if !self.waiting.is_empty() => {
                    self.try_again().await;
                    next_try = Instant::now() + self.retry;
                }
                // What came before the shutdown is still taken; what waits for the database is in the journal, if that had room.
                () = self.shutdown.cancelled(), if !is_open => break,
            }
        }
        drained.cancel();
    }

    async fn on_job(&mut self, job: Option<Keep>) {
        match job {
            Some(job) => self.keep(job).await,
            None if self.has_end => {}
            None => self.end_what_broke_off().await,
        }
    }

    /// A session whose task broke off without a word must not look alive until the next start.
    async fn end_what_broke_off(&mut self) {
        let session = self.settings.session;
        error!(event = "session.broke_off", session.id = %session, "Session {session} broke off");
        let at = self.ports.clock.now();
        let status = EndStatus::Error;
        let end = SessionEnd { at, status };
        let is_in_journal = write_down_end(&self.ports, self.settings, end).await;
        self.keep(Keep::End { end, is_in_journal }).await;
    }

    async fn keep(&mut self, job: Keep) {
        let mut job = match job {
            Keep::Turn(SpooledTurn {
                turn,
                recordings,
                is_in_journal,
            }) => {
                self.carrier.store(recordings);
                Waiting::Turn { turn, is_in_journal }
            }
            Keep::Amend(amended) => {
                let turn = self.amended(&amended);
                Waiting::Amend(amended, turn)
            }
            Keep::Switch(interaction) => Waiting::Switch(interaction),
            Keep::End { end, is_in_journal } => {
                self.has_end = true;
                // What is over is looked at, and has its recordings then if the storage takes them.
                self.carrier.rest().await;
                Waiting::End { end, is_in_journal }
            }
        };
        let outcome = if self.waiting.is_empty() {
            self.store(&job).await
        } else {
            Outcome::Away
        };
        if outcome == Outcome::Stored {
            self.leave_journal(&job).await;
            return self.remember(job);
        }
        let is_only_here = match &mut job {
            Waiting::Turn { turn, is_in_journal } => {
                if !*is_in_journal {
                    *is_in_journal = self.journal(turn, outcome).await;
                }
                !*is_in_journal
            }
            // What is left of it if the server stops now.
            Waiting::Amend(_, Some(turn)) if outcome == Outcome::Away => !self.journal(turn, outcome).await,
            // There is one end, and nothing follows it.
            Waiting::End { end, is_in_journal } => {
                if !*is_in_journal {
                    *is_in_journal = write_down_end(&self.ports, self.settings, *end).await;
                }
                true
            }
            Waiting::Amend(..) | Waiting::Switch(_) => false,
        };
        if outcome == Outcome::Away && (is_only_here || self.waiting.len() < MOST_WAITING) {
            self.waiting.push_back(job);
        }
    }

    /// The whole turn, with its words, if it still waits for the database or was stored lately.
    fn amended(&mut self, amended: &AmendedTranscript) -> Option<Box<Turn>> {
        let waiting = self.waiting.iter_mut().filter_map(|job| match job {
            Waiting::Turn { turn, .. } => Some(turn),
            Waiting::Amend(..) | Waiting::Switch(_) | Waiting::End { .. } => None,
        });
        let turn = self
            .stored
            .iter_mut()
            .chain(waiting)
            .find(|turn| turn.number == amended.turn)?;
        turn.user_transcript = Some(amended.text.clone());
        Some(turn.clone())
    }

    fn remember(&mut self, job: Waiting) {
        if let Waiting::Turn { turn, .. } = job {
            if self.stored.len() == MOST_STORED {
                self.stored.pop_front();
            }
            self.stored.push_back(turn);
        }
    }

    async fn try_again(&mut self) {
        self.retry = (self.retry * 2).min(LAST_RETRY);
        while let Some(job) = self.waiting.front() {
            let outcome = self.store(job).await;
            if outcome == Outcome::Away {
                return;
            }
            let Some(job) = self.waiting.pop_front().filter(|_| outcome == Outcome::Stored) else {
                continue;
            };
            self.leave_journal(&job).await;
            self.remember(job);
        }
        self.retry = FIRST_RETRY;
        info!(event = "archive.caught_up", session.id = %self.settings.session, "The database is back and has what waited for it");
    }

    /// What is stored need not be in the journal any more.
    async fn leave_journal(&self, job: &Waiting) {
        let journal = &self.ports.turn_journal;
        match job {
            Waiting::Turn {
                turn,
                is_in_journal: true,
            }
            | Waiting::Amend(_, Some(turn)) => {
                if let Err(err) = journal.remove(turn).await {
                    warn!(
                        event = "archive.left_in_journal",
                        turn.number = turn.number.get(),
                        error = &err as &dyn std::error::Error,
                        "A stored turn stays in the journal"
                    );
                }
            }
            Waiting::End {
                is_in_journal: true, ..
            } => {
                if let Err(err) = journal.remove_end(self.settings.session).await {
                    warn!(
                        event = "archive.end_left_in_journal",
                        error = &err as &dyn std::error::Error,
                        "The end of a session stays in the journal"
                    );
                }
            }
            Waiting::Turn { .. } | Waiting::Amend(_, None) | Waiting::Switch(_) | Waiting::End { .. } => {}
        }
    }

    async fn store(&self, job: &Waiting) -> Outcome {
        let ArchiveSettings { owner, session, .. } = self.settings;
        let (stored, what) = match job {
            Waiting::Turn { turn, .. } => (
                self.ports.session_store.save_turn(owner, turn).await,
                "a finished turn",
            ),
            Waiting::Amend(AmendedTranscript { turn, text }, _) => (
                self.ports
                    .session_store
                    .amend_user_transcript(owner, session, *turn, text)
                    .await,
                "late words",
            ),
            Waiting::Switch(interaction) => (
                self.ports.session_store.switch(owner, session, interaction).await,
                "the session's stack",
            ),
            Waiting::End { end, .. } => (
                self.ports
                    .session_store
                    .end(owner, session, end.at, end.status)
                    .await,
                "the session's end",
            ),
        };
        match stored {
            Ok(()) => Outcome::Stored,
            Err(err) if err.kind == StoreErrorKind::Unavailable => {
                if self.waiting.is_empty() {
                    self.delayed(&err, what, job.turn());
                }
                Outcome::Away
            }
            Err(err) => {
                error!(event = "archive.refused", session.id = %session, turn.number = job.turn(),
                    error = &err as &dyn std::error::Error, "Cannot store {what}");
                Outcome::Refused
            }
        }
    }

    fn delayed(&self, err: &StoreError, what: &str, turn: Option<u16>) {
        warn!(event = "archive.delayed", session.id = %self.settings.session, turn.number = turn, error = err as &dyn std::error::Error,
            "Cannot store {what} now; it is kept and tried again");
        let _ = self.notices.try_send(NoticeCode::StorageDelayed);
    }

    /// Answers whether the journal has the turn now.
    async fn journal(&self, turn: &Turn, outcome: Outcome) -> bool {
        let kept = self.ports.turn_journal.keep(self.settings.owner, turn).await;
        if let Err(err) = &kept {
            let left = match outcome {
                Outcome::Away => "it is in memory only",
                Outcome::Stored | Outcome::Refused => "it is lost",
            };
            error!(event = "archive.not_in_journal", session.id = %self.settings.session, turn.number = turn.number.get(), error = err as &dyn std::error::Error,
                "Cannot keep turn {} in the journal; {left}", turn.number);
        }
        kept.is_ok()
    }
}
