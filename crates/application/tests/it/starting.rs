//! Sessions that start while others start, end or break off.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;
use viva_application::sessions::{SessionInput, SessionSettings, StartSessionError, StartedSession};
use viva_domain::ids::UserId;
use viva_domain::ports::{Ids, PageRequest, RealtimeEventKind, SessionStore as _, StoreErrorKind};
use viva_domain::sessions::{EndStatus, SessionFilter, SessionState};
use viva_domain::turns::{Event, NoticeCode};
use viva_fakes::SequentialIds;

use crate::bench::{Bench, Caller, Detector, exchange, request};

fn ended(state: SessionState) -> Option<EndStatus> {
    match state {
        SessionState::Active => None,
        SessionState::Ended { status, .. } => Some(status),
    }
}

async fn statuses(bench: &Bench) -> Vec<Option<EndStatus>> {
    let page = bench
        .session_store
        .list(UserId::LOCAL, &SessionFilter::default(), PageRequest::new(1, 100))
        .await
        .expect("the store answers")
        .page;
    page.items
        .into_iter()
        .map(|overview| ended(overview.session.state))
        .collect()
}

/// A session with a finished turn that the database, which was away, has not got yet.
async fn with_a_turn_that_waits(bench: &Bench) -> (Caller, StartedSession) {
    let mut caller = bench.start().await;
    let started = caller.started().await;
    bench.session_store.faults().fail(StoreErrorKind::Unavailable);
    exchange(bench, &mut caller).await;
    caller
        .until(|event| matches!(event, Event::Notice(NoticeCode::StorageDelayed)))
        .await;
    // Asked again after 250 ms, 500 ms, and so on: now the next time is 8 s away.
    sleep(Duration::from_secs(8)).await;
    bench.session_store.faults().recover();
    (caller, started)
}

#[tokio::test(start_paused = true)]
async fn of_sessions_that_start_at_once_one_is_left() {
    let bench = Bench::new(Detector::Provider);
    let _old = bench.start().await;
    let (a, b, c) = tokio::join!(bench.start(), bench.start(), bench.start());
    let mut left = Vec::new();
    for mut caller in [a, b, c] {
        caller.started().await;
        match timeout(Duration::from_secs(10), caller.rest()).await {
            Ok(events) => assert!(
                matches!(
                    events.as_slice(),
                    [Event::SessionEnded {
                        status: EndStatus::Superseded,
                        ..
                    }]
                ),
                "{events:?}"
            ),
            Err(_) => left.push(caller),
        }
    }
    let [survivor] = left.as_mut_slice() else {
        panic!("one is left, got {}", left.len())
    };
    assert_eq!(bench.sessions.live_count(), 1);
    exchange(&bench, survivor).await;
    let mut statuses = statuses(&bench).await;
    statuses.sort_by_key(Option::is_some);
    let superseded = Some(EndStatus::Superseded);
    assert_eq!(statuses, [None, superseded, superseded, superseded]);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_cannot_store_its_turns_holds_the_next_one_up_for_three_seconds_at_most() {
    let bench = Bench::new(Detector::Provider);
    let (mut first, started) = with_a_turn_that_waits(&bench).await;
    let began = Instant::now();
    let (mut second, rest) = tokio::join!(bench.start(), first.rest());
    assert!(
        matches!(
            rest.last(),
            Some(Event::SessionEnded {
                status: EndStatus::Superseded,
                ..
            })
        ),
        "{rest:?}"
    );
    assert!(began.elapsed() <= Duration::from_secs(4), "{:?}", began.elapsed());
    second.started().await;
    exchange(&bench, &mut second).await;
    sleep(Duration::from_secs(10)).await;
    let (session, turns) = bench.stored(&started).await;
    assert_eq!(
        (ended(session.state), turns.len()),
        (Some(EndStatus::Superseded), 1)
    );
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_leaves_while_the_provider_opens_leaves_nothing() {
    let bench = Bench::with(Detector::Provider, SessionSettings::default(), |voice| {
        voice.connecting_for(Duration::from_secs(3))
    });
    let left = timeout(Duration::from_secs(1), bench.try_start(request())).await;
    assert!(left.is_err());
    bench.voice.until_closed().await;
    assert_eq!(
        (statuses(&bench).await, bench.sessions.live_count()),
        (Vec::new(), 0)
    );
    assert!(bench.tasks.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_leaves_after_that_leaves_a_session_that_waits_for_it() {
    let bench = Bench::new(Detector::Provider);
    let (first, _) = with_a_turn_that_waits(&bench).await;
    let left = timeout(Duration::from_secs(1), bench.try_start(request())).await;
    assert!(left.is_err(), "it waits for the first one");
    sleep(Duration::from_secs(20)).await;
    assert_eq!(bench.sessions.live_count(), 1);
    sleep(Duration::from_secs(20)).await;
    drop(first);
    bench.tasks.close();
    bench.tasks.wait().await;
    let expected = [EndStatus::Disconnected, EndStatus::Superseded].map(Some);
    assert_eq!(statuses(&bench).await, expected, "newest first");
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_waits_for_no_provider_that_opens() {
    let bench = Bench::with(Detector::Provider, SessionSettings::default(), |voice| {
        voice.connecting_for(Duration::from_secs(4))
    });
    let began = Instant::now();
    let (started, ()) = tokio::join!(bench.try_start(request()), async {
        sleep(Duration::from_secs(1)).await;
        bench.sessions.shut_down().await;
    });
    assert!(matches!(started.err(), Some(StartSessionError::ShuttingDown)));
    assert_eq!(began.elapsed(), Duration::from_secs(1));
    bench.voice.until_closed().await;
    assert_eq!(statuses(&bench).await, []);
}

/// Breaks off the task that asks, once.
#[derive(Default)]
struct BrokenIds {
    ids: SequentialIds,
    is_armed: AtomicBool,
}

impl Ids for BrokenIds {
    fn uuid(&self) -> Uuid {
        assert!(
            !self.is_armed.swap(false, Ordering::SeqCst),
            "this is what the test wants"
        );
        self.ids.uuid()
    }

    fn secret(&self) -> String {
        self.ids.secret()
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_that_breaks_off_takes_nothing_with_it() {
    let settings = SessionSettings {
        per_user: 2,
        ..SessionSettings::default()
    };
    let ids = Arc::new(BrokenIds::default());
    let bench = Bench::with_ids(Detector::Provider, settings, |voice| voice, ids.clone());
    let mut broken = bench.start().await;
    let started = broken.started().await;
    exchange(&bench, &mut broken).await;
    bench.voice.say(RealtimeEventKind::ResponseStarted);
    broken
        .until(|event| matches!(event, Event::ResponseStarted { .. }))
        .await;
    ids.is_armed.store(true, Ordering::SeqCst);
    broken.say(SessionInput::End).await;
    let rest = broken.rest().await;
    assert!(
        !rest
            .iter()
            .any(|event| matches!(event, Event::SessionEnded { .. })),
        "{rest:?}"
    );
    assert_eq!(bench.sessions.live_count(), 0);
    let mut other = bench.start().await;
    other.started().await;
    exchange(&bench, &mut other).await;
    let (session, turns) = bench.stored(&started).await;
    assert_eq!((ended(session.state), turns.len()), (Some(EndStatus::Error), 1));
    bench.sessions.shut_down().await;
    bench.voice.until_closed().await;
}

/// Has no secrets.
struct NoSecrets;

impl Ids for NoSecrets {
    fn uuid(&self) -> Uuid {
        Uuid::nil()
    }

    fn secret(&self) -> String {
        panic!("there is none left")
    }
}

#[tokio::test(start_paused = true)]
async fn a_start_that_panics_is_no_shutdown() {
    let bench = Bench::with_ids(
        Detector::Session,
        SessionSettings::default(),
        |voice| voice,
        Arc::new(NoSecrets),
    );
    let err = bench.try_start(request()).await.err().expect("it panics");
    assert_eq!(err.to_string(), "starting the session panicked");
}
