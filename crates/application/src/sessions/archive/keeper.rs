use std::collections::VecDeque;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};
use viva_domain::ports::{StoreError, StoreErrorKind};
use viva_domain::sessions::{EndStatus, Interaction};
use viva_domain::turns::{AmendedTranscript, NoticeCode, Turn};

use super::{ArchiveSettings, Keep, SessionEnd, SpooledTurn};
use crate::sessions::recover::store_recording;
use crate::sessions::service::SessionsPorts;

/// The first wait before the database is asked again; each further one is twice as long.
const FIRST_RETRY: Duration = Duration::from_millis(250);
/// The longest wait.
const LAST_RETRY: Duration = Duration::from_secs(8);
/// Turns that wait in memory while the database is away. Overflow: they stay in the journal until the next start.
const MOST_WAITING: usize = 1_000;

/// Turns that were stored and may still get their last words: as many as are waited for.
const MOST_STORED: usize = 4;

/// Stores a session's turns and its end, in order. While the database is away, turns are kept in the journal.
pub(super) struct Keeper {
    ports: SessionsPorts,
    settings: ArchiveSettings,
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
    /// It is in the journal too.
    Turn(Box<Turn>),
    /// In the journal is the whole turn, if it is one of the last.
    Amend(AmendedTranscript, Option<Box<Turn>>),
    Switch(Box<Interaction>),
    End(SessionEnd),
}

/// What the database did with something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Stored,
    /// It is away: asking again may help.
    Away,
    /// It will never take it. A turn stays in the journal, for a person to look at.
    Refused,
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
            stored: VecDeque::new(),
            retry: FIRST_RETRY,
            has_end: false,
        }
    }

    pub(super) async fn run(mut self, mut jobs: mpsc::Receiver<Keep>, drained: CancellationToken) {
        let mut is_open = true;
        let mut next_try = Instant::now();
        while is_open || !self.waiting.is_empty() {
            tokio::select! {
                job = jobs.recv(), if is_open => {
                    if self.waiting.is_empty() {
                        next_try = Instant::now() + self.retry;
                    }
                    is_open = job.is_some();
                    self.on_job(job).await;
                }
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
        error!(session.id = %session, "Session {session} broke off");
        let at = self.ports.clock.now();
        let status = EndStatus::Error;
        self.keep(Keep::End(SessionEnd { at, status })).await;
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
            Keep::Amend(amended) => {
                let turn = self.amended(&amended);
                Waiting::Amend(amended, turn)
            }
            Keep::Switch(interaction) => Waiting::Switch(interaction),
            Keep::End(end) => {
                self.has_end = true;
                Waiting::End(end)
            }
        };
        let outcome = if self.waiting.is_empty() {
            self.store(&job).await
        } else {
            Outcome::Away
        };
        if outcome == Outcome::Stored {
            return self.remember(job);
        }
        match &job {
            Waiting::Turn(turn) => self.journal(turn).await,
            // What is left of it if the server stops now.
            Waiting::Amend(_, Some(turn)) if outcome == Outcome::Away => self.journal(turn).await,
            Waiting::Amend(..) | Waiting::Switch(_) | Waiting::End(_) => {}
        }
        // There is one end, and nothing else remembers it.
        let has_room = self.waiting.len() < MOST_WAITING || matches!(job, Waiting::End(_));
        if outcome == Outcome::Away && has_room {
            self.waiting.push_back(job);
        }
    }

    /// The whole turn, with its words, if it still waits for the database or was stored lately.
    fn amended(&mut self, amended: &AmendedTranscript) -> Option<Box<Turn>> {
        let waiting = self.waiting.iter_mut().filter_map(|job| match job {
            Waiting::Turn(turn) => Some(turn),
            Waiting::Amend(..) | Waiting::Switch(_) | Waiting::End(_) => None,
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
        if let Waiting::Turn(turn) = job {
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
            if let Waiting::Turn(turn) | Waiting::Amend(_, Some(turn)) = &job
                && let Err(err) = self.ports.turn_journal.remove(turn).await
            {
                warn!(
                    error = &err as &dyn std::error::Error,
                    "A stored turn stays in the journal"
                );
            }
            self.remember(job);
        }
        self.retry = FIRST_RETRY;
        info!(session.id = %self.settings.session, "The database is back and has what waited for it");
    }

    async fn store(&self, job: &Waiting) -> Outcome {
        let ArchiveSettings { owner, session, .. } = self.settings;
        let (stored, what) = match job {
            Waiting::Turn(turn) => (
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
            Waiting::End(end) => (
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
                    self.delayed(&err, what);
                }
                Outcome::Away
            }
            Err(err) => {
                error!(session.id = %session, error = &err as &dyn std::error::Error, "Cannot store {what}");
                Outcome::Refused
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio_util::task::TaskTracker;
    use viva_audio::SampleRate;
    use viva_contract::samples::{self, OWNER};
    use viva_domain::ports::{SessionStore as _, TurnJournal as _};
    use viva_domain::sessions::SessionState;
    use viva_domain::turns::TurnNumber;
    use viva_fakes::{
        ManualClock, MemoryAudioSpool, MemoryBlobStore, MemorySessionStore, MemoryTurnJournal, SequentialIds,
    };

    use super::*;

    const SESSION: u16 = 1;

    struct Bench {
        store: Arc<MemorySessionStore>,
        journal: Arc<MemoryTurnJournal>,
        jobs: mpsc::Sender<Keep>,
        notices: mpsc::Receiver<NoticeCode>,
        shutdown: CancellationToken,
        drained: CancellationToken,
    }

    impl Bench {
        /// A keeper at work for a stored session.
        async fn new() -> Self {
            let store = Arc::new(MemorySessionStore::default());
            store.insert(&samples::session(SESSION)).await.unwrap();
            let journal = Arc::new(MemoryTurnJournal::default());
            let audio_spool = MemoryAudioSpool::default();
            let ports = SessionsPorts {
                session_store: store.clone(),
                blob_store: Arc::new(MemoryBlobStore::new(audio_spool.clone())),
                audio_spool: Arc::new(audio_spool),
                turn_journal: journal.clone(),
                clock: Arc::new(ManualClock::default()),
                ids: Arc::new(SequentialIds::default()),
            };
            let settings = ArchiveSettings {
                owner: OWNER,
                session: samples::session_id(SESSION),
                input_rate: SampleRate::HZ_24K,
                output_rate: SampleRate::HZ_24K,
            };
            let (jobs, jobs_rx) = mpsc::channel(4);
            let (notices_tx, notices) = mpsc::channel(4);
            let (shutdown, drained) = (CancellationToken::new(), CancellationToken::new());
            let keeper = Keeper::new(ports, settings, notices_tx, shutdown.clone());
            TaskTracker::new().spawn(keeper.run(jobs_rx, drained.clone()));
            Self {
                store,
                journal,
                jobs,
                notices,
                shutdown,
                drained,
            }
        }

        async fn keep(&self, turn: Turn) {
            let turn = SpooledTurn {
                turn: Box::new(turn),
                recordings: Vec::new(),
            };
            assert!(self.jobs.send(Keep::Turn(turn)).await.is_ok());
        }

        async fn amend(&self, number: u16) {
            let amended = AmendedTranscript {
                turn: TurnNumber::new(number).unwrap(),
                text: "Late.".to_owned(),
            };
            assert!(self.jobs.send(Keep::Amend(amended)).await.is_ok());
        }

        async fn end(&self) {
            let end = SessionEnd {
                at: samples::at(0),
                status: EndStatus::Completed,
            };
            assert!(self.jobs.send(Keep::End(end)).await.is_ok());
        }

        /// Nothing more comes; waits until the keeper is done.
        async fn close(self) -> (Arc<MemorySessionStore>, Arc<MemoryTurnJournal>) {
            drop(self.jobs);
            self.drained.cancelled().await;
            (self.store, self.journal)
        }
    }

    async fn stored_turns(store: &MemorySessionStore) -> Vec<u16> {
        let turns = store.turns(OWNER, samples::session_id(SESSION)).await.unwrap();
        turns.iter().map(|turn| turn.number.get()).collect()
    }

    async fn status(store: &MemorySessionStore) -> Option<EndStatus> {
        let session = store.find(OWNER, samples::session_id(SESSION)).await.unwrap();
        match session.unwrap().state {
            SessionState::Active => None,
            SessionState::Ended { status, .. } => Some(status),
        }
    }

    fn amended(number: u16) -> Turn {
        Turn {
            user_transcript: Some("Late.".to_owned()),
            ..samples::turn(SESSION, number)
        }
    }

    async fn turns(store: &MemorySessionStore) -> Vec<Turn> {
        store.turns(OWNER, samples::session_id(SESSION)).await.unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn late_words_of_a_turn_that_waits_are_in_the_journal_too() {
        let bench = Bench::new().await;
        bench.store.faults().fail(StoreErrorKind::Unavailable);
        for number in 1..=2 {
            bench.keep(samples::turn(SESSION, number)).await;
        }
        bench.amend(1).await;
        bench.end().await;
        bench.store.faults().until_failures(3).await;
        let kept = bench.journal.kept().await.unwrap();
        assert_eq!(kept, [(OWNER, amended(1)), (OWNER, samples::turn(SESSION, 2))]);
        bench.store.faults().recover();
        let (store, journal) = bench.close().await;
        assert_eq!(turns(&store).await, [amended(1), samples::turn(SESSION, 2)]);
        assert_eq!(journal.kept().await.unwrap(), []);
    }

    #[tokio::test(start_paused = true)]
    async fn late_words_of_a_stored_turn_wait_for_the_database() {
        let bench = Bench::new().await;
        bench.keep(samples::turn(SESSION, 1)).await;
        bench.amend(2).await;
        // The words of no turn are refused, and hold nothing up.
        bench.keep(samples::turn(SESSION, 3)).await;
        while stored_turns(&bench.store).await != [1, 3] {
            tokio::task::yield_now().await;
        }
        bench.store.faults().fail(StoreErrorKind::Unavailable);
        bench.amend(1).await;
        bench.end().await;
        bench.store.faults().until_failures(2).await;
        bench.store.faults().recover();
        let (store, _) = bench.close().await;
        assert_eq!(turns(&store).await, [amended(1), samples::turn(SESSION, 3)]);
        assert_eq!(status(&store).await, Some(EndStatus::Completed));
    }

    #[tokio::test(start_paused = true)]
    async fn late_words_of_a_stored_turn_are_in_the_journal_while_the_database_is_away() {
        let bench = Bench::new().await;
        for number in 1..=5 {
            bench.keep(samples::turn(SESSION, number)).await;
        }
        while stored_turns(&bench.store).await.len() < 5 {
            tokio::task::yield_now().await;
        }
        bench.store.faults().fail(StoreErrorKind::Unavailable);
        // Of the first nothing is known any more but its words.
        for number in [1, 2, 5] {
            bench.amend(number).await;
        }
        bench.end().await;
        bench.store.faults().until_failures(2).await;
        let kept = bench.journal.kept().await.unwrap();
        assert_eq!(kept, [(OWNER, amended(2)), (OWNER, amended(5))]);
        bench.store.faults().recover();
        let (store, journal) = bench.close().await;
        let expected = [1, 2, 3, 4, 5].map(|number| match number {
            1 | 2 | 5 => amended(number),
            _ => samples::turn(SESSION, number),
        });
        assert_eq!(turns(&store).await, expected);
        assert_eq!(journal.kept().await.unwrap(), []);
    }

    /// Another turn in the place of one that is stored: the database refuses it for ever.
    fn misplaced(number: u16) -> Turn {
        Turn {
            id: samples::turn_id(9, number),
            ..samples::turn(SESSION, number)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_waits_for_the_database_is_in_the_journal_until_it_is_stored() {
        let mut bench = Bench::new().await;
        bench.store.faults().fail(StoreErrorKind::Unavailable);
        for number in 1..=3 {
            bench.keep(samples::turn(SESSION, number)).await;
        }
        bench.end().await;
        bench.store.faults().until_failures(3).await;
        assert_eq!(bench.journal.kept().await.unwrap().len(), 3);
        assert_eq!(bench.notices.recv().await, Some(NoticeCode::StorageDelayed));
        bench.store.faults().recover();
        let (store, journal) = bench.close().await;
        assert_eq!(stored_turns(&store).await, [1, 2, 3]);
        assert_eq!(status(&store).await, Some(EndStatus::Completed));
        assert_eq!(journal.kept().await.unwrap(), []);
    }

    #[tokio::test(start_paused = true)]
    async fn what_the_database_refuses_stays_in_the_journal() {
        let bench = Bench::new().await;
        bench.keep(samples::turn(SESSION, 1)).await;
        bench.keep(misplaced(1)).await;
        bench.end().await;
        let (store, journal) = bench.close().await;
        assert_eq!(stored_turns(&store).await, [1]);
        assert_eq!(journal.kept().await.unwrap(), [(OWNER, misplaced(1))]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_the_database_refuses_after_it_was_away_stays_in_the_journal_too() {
        let bench = Bench::new().await;
        bench.store.faults().fail(StoreErrorKind::Unavailable);
        for turn in [samples::turn(SESSION, 1), misplaced(1), samples::turn(SESSION, 2)] {
            bench.keep(turn).await;
        }
        bench.end().await;
        bench.store.faults().until_failures(2).await;
        bench.store.faults().recover();
        let (store, journal) = bench.close().await;
        assert_eq!(stored_turns(&store).await, [1, 2], "it holds nothing up");
        assert_eq!(journal.kept().await.unwrap(), [(OWNER, misplaced(1))]);
        assert_eq!(status(&store).await, Some(EndStatus::Completed));
    }

    #[tokio::test(start_paused = true)]
    async fn the_end_finds_room_behind_any_number_of_turns() {
        let bench = Bench::new().await;
        bench.store.faults().fail(StoreErrorKind::Unavailable);
        let most = u16::try_from(MOST_WAITING).unwrap();
        for number in 1..=most + 1 {
            bench.keep(samples::turn(SESSION, number)).await;
        }
        bench.end().await;
        bench.store.faults().recover();
        let (store, journal) = bench.close().await;
        assert_eq!(stored_turns(&store).await.len(), MOST_WAITING);
        assert_eq!(status(&store).await, Some(EndStatus::Completed));
        let left = journal.kept().await.unwrap();
        assert_eq!(left, [(OWNER, samples::turn(SESSION, most + 1))]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_that_broke_off_is_ended_with_an_error() {
        let bench = Bench::new().await;
        bench.keep(samples::turn(SESSION, 1)).await;
        let (store, _) = bench.close().await;
        assert_eq!(status(&store).await, Some(EndStatus::Error));
        assert_eq!(stored_turns(&store).await, [1]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_shutdown_waits_for_no_database_but_takes_what_was_said_before() {
        let bench = Bench::new().await;
        bench.store.faults().fail(StoreErrorKind::Unavailable);
        bench.shutdown.cancel();
        bench.keep(samples::turn(SESSION, 1)).await;
        bench.keep(samples::turn(SESSION, 2)).await;
        bench.end().await;
        let (store, journal) = bench.close().await;
        store.faults().recover();
        assert_eq!(stored_turns(&store).await, [] as [u16; 0]);
        assert_eq!(journal.kept().await.unwrap().len(), 2);
    }
}
