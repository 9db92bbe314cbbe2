use std::sync::Arc;

use tokio_util::task::TaskTracker;
use viva_contract::samples::{self, OWNER};
use viva_domain::ports::{SessionStore as _, SpoolErrorKind, TurnJournal as _};
use viva_domain::sessions::SessionState;
use viva_domain::turns::TurnNumber;
use viva_fakes::{CapturedLogs, MemoryAudioSpool, MemorySessionStore, MemoryTurnJournal};

use super::super::LateRecordings;
use super::super::tests::{ports, settings};
use super::*;
use crate::meters::Meters;

const SESSION: u16 = 1;

struct Bench {
    store: Arc<MemorySessionStore>,
    journal: Arc<MemoryTurnJournal>,
    jobs: mpsc::Sender<(Counted, Keep)>,
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
        let ports = SessionsPorts {
            session_store: store.clone(),
            ..ports(&MemoryAudioSpool::default(), journal.clone())
        };
        let (jobs, jobs_rx) = mpsc::channel(4);
        let (notices_tx, notices) = mpsc::channel(4);
        let (shutdown, drained) = (CancellationToken::new(), CancellationToken::new());
        let tasks = TaskTracker::new();
        let late = LateRecordings::new(ports.clone(), tasks.clone(), shutdown.clone());
        let carrier = Carrier::start(&ports, late, notices_tx.clone(), &tasks);
        let keeper = Keeper::new(ports, settings(), carrier, notices_tx, shutdown.clone());
        tasks.spawn(keeper.run(jobs_rx, drained.clone()));
        Self {
            store,
            journal,
            jobs,
            notices,
            shutdown,
            drained,
        }
    }

    async fn send(&self, job: Keep) {
        let waiting = Counted::new(Meters::default().queue(Queue::Keeper));
        assert!(self.jobs.send((waiting, job)).await.is_ok());
    }

    async fn keep(&self, turn: Turn) {
        let turn = SpooledTurn {
            turn: Box::new(turn),
            recordings: Vec::new(),
            is_in_journal: false,
        };
        self.send(Keep::Turn(turn)).await;
    }

    async fn amend(&self, number: u16) {
        let amended = AmendedTranscript {
            turn: TurnNumber::new(number).unwrap(),
            text: "Late.".to_owned(),
        };
        self.send(Keep::Amend(amended)).await;
    }

    async fn end(&self) {
        let end = SessionEnd {
            at: samples::at(0),
            status: EndStatus::Completed,
        };
        let is_in_journal = false;
        self.send(Keep::End { end, is_in_journal }).await;
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
async fn what_the_journal_has_no_room_for_waits_in_memory() {
    let mut bench = Bench::new().await;
    bench.store.faults().fail(StoreErrorKind::Unavailable);
    bench.journal.faults().fail(SpoolErrorKind::Full);
    for number in 1..=2 {
        bench.keep(samples::turn(SESSION, number)).await;
    }
    bench.end().await;
    bench.journal.faults().until_failures(2).await;
    assert_eq!(bench.notices.recv().await, Some(NoticeCode::StorageDelayed));
    // Asked again in vain, nobody is told again.
    bench.store.faults().until_failures(3).await;
    assert!(bench.notices.try_recv().is_err());
    bench.store.faults().recover();
    let (store, journal) = bench.close().await;
    assert_eq!(stored_turns(&store).await, [1, 2]);
    assert_eq!(status(&store).await, Some(EndStatus::Completed));
    journal.faults().recover();
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
async fn what_the_journal_has_no_room_for_waits_whatever_waits_already() {
    let bench = Bench::new().await;
    bench.store.faults().fail(StoreErrorKind::Unavailable);
    bench.journal.faults().fail(SpoolErrorKind::Full);
    let all: Vec<u16> = (1..).take(MOST_WAITING + 1).collect();
    for number in &all {
        bench.keep(samples::turn(SESSION, *number)).await;
    }
    bench.end().await;
    bench.journal.faults().until_failures(all.len()).await;
    bench.store.faults().recover();
    let (store, journal) = bench.close().await;
    assert_eq!(stored_turns(&store).await, all);
    assert_eq!(status(&store).await, Some(EndStatus::Completed));
    journal.faults().recover();
    assert_eq!(journal.kept().await.unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_has_no_place_is_said_to_be_lost() {
    let logs = CapturedLogs::start();
    let bench = Bench::new().await;
    bench.journal.faults().fail(SpoolErrorKind::Full);
    for turn in [samples::turn(SESSION, 1), misplaced(1)] {
        bench.keep(turn).await;
    }
    bench.end().await;
    let (store, _) = bench.close().await;
    assert_eq!(stored_turns(&store).await, [1]);
    let logs = logs.text();
    assert!(
        logs.contains("Cannot keep turn 1 in the journal; it is lost"),
        "{logs}"
    );
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
