//! What is kept when the process, the storage or the clock breaks.

use std::time::Duration;

use chrono::TimeDelta;
use tokio::time::sleep;
use viva_application::sessions::{Recovered, SessionInput};
use viva_contract::samples::{self, OWNER};
use viva_domain::latency::SessionTime;
use viva_domain::ports::{
    AudioSpool as _, BlobErrorKind, BlobKey, Clock as _, SessionStore as _, SpoolErrorKind, StoreErrorKind,
    TurnJournal as _,
};
use viva_domain::sessions::{EndStatus, SessionState};
use viva_domain::turns::{Event, NoticeCode, Placement};

use crate::bench::{Bench, Detector, exchange};

/// Longer than the longest wait for the storage.
const LATER: Duration = Duration::from_mins(2);

#[tokio::test(start_paused = true)]
async fn a_turn_is_on_the_disk_before_it_is_told_that_it_is_over() {
    let bench = Bench::new(Detector::Provider);
    bench
        .session_store
        .faults()
        .fail_after(1, StoreErrorKind::Unavailable);
    let mut caller = bench.start().await;
    let started = caller.started().await;
    exchange(&bench, &mut caller).await;
    // No time has passed, and nobody else had a turn to do anything.
    let kept = bench.turn_journal.kept().await.unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].1.session_id, started.id);
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_is_stored_leaves_the_journal() {
    let bench = Bench::new(Detector::Provider);
    let mut caller = bench.start().await;
    let started = caller.started().await;
    exchange(&bench, &mut caller).await;
    caller.say(SessionInput::End).await;
    caller.rest().await;
    assert_eq!(bench.stored(&started).await.1.len(), 1);
    assert_eq!(bench.turn_journal.kept().await.unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_ended_while_the_database_was_away_ended_as_it_was_told() {
    let bench = Bench::new(Detector::Provider);
    let mut caller = bench.start().await;
    let started = caller.started().await;
    exchange(&bench, &mut caller).await;
    bench.session_store.faults().fail(StoreErrorKind::Unavailable);
    caller.say(SessionInput::End).await;
    caller.rest().await;
    let [end] = bench.turn_journal.ends().await.unwrap().try_into().unwrap();
    assert_eq!((end.session, end.status), (started.id, EndStatus::Completed));
    // The process stops, and the next one has the database.
    bench.sessions.shut_down().await;
    bench.session_store.faults().recover();
    bench.sessions.recover().await.unwrap();
    let (session, _) = bench.stored(&started).await;
    let (at, status) = (end.at, end.status);
    assert_eq!(session.state, SessionState::Ended { at, status });
    assert_eq!(bench.turn_journal.ends().await.unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn a_journal_without_room_holds_up_nothing() {
    let bench = Bench::new(Detector::Provider);
    bench.turn_journal.faults().fail(SpoolErrorKind::Full);
    let mut caller = bench.start().await;
    let started = caller.started().await;
    exchange(&bench, &mut caller).await;
    caller.say(SessionInput::End).await;
    let rest = caller.rest().await;
    assert!(
        !rest.iter().any(|event| matches!(event, Event::Notice(_))),
        "the database has it: {rest:?}"
    );
    assert_eq!(bench.stored(&started).await.1.len(), 1);
}

/// Leaves recordings of so many samples, as a process does that is killed.
async fn record(bench: &Bench, names: &[(&str, usize)]) {
    for (name, samples) in names {
        let key = BlobKey::of_session(samples::session_id(1));
        let key = BlobKey::parse(&format!("{}/{name}", key.as_str())).expect("it is a key");
        let mut file = bench
            .audio_spool
            .create(&key, 24_000)
            .await
            .expect("there is room");
        file.append(&vec![7; *samples]).await.expect("there is room");
    }
}

#[tokio::test]
async fn what_was_recorded_of_a_turn_that_was_broken_off_is_a_turn() {
    let bench = Bench::new(Detector::Provider);
    let session = samples::session(1);
    let whole = samples::turn(1, 1);
    bench.session_store.insert(&session).await.unwrap();
    bench.session_store.save_turn(OWNER, &whole).await.unwrap();
    record(
        &bench,
        &[
            // That of a whole turn was not moved yet.
            ("turn_001_ai.wav", 10),
            ("turn_002_ai.wav", 12_000),
            ("turn_002_user.wav", 48_000),
        ],
    )
    .await;
    let recovered = bench.sessions.recover().await.unwrap();
    let expected = Recovered {
        sessions: 1,
        turns: 0,
        broken_off: 1,
        recordings: 3,
    };
    assert_eq!(recovered, expected);

    let turns = bench.session_store.turns(OWNER, session.id).await.unwrap();
    let [first, turn] = turns.as_slice() else {
        panic!("two turns: {turns:?}")
    };
    assert_eq!(first.failure, whole.failure);
    assert_eq!(
        turn.failure.as_deref(),
        Some("the server stopped during this turn")
    );
    let (user, ai) = (turn.user_audio.as_ref(), turn.ai_audio.as_ref());
    let (user, ai) = (user.unwrap(), ai.unwrap());
    assert_eq!((user.samples, ai.samples), (48_000, 12_000));
    assert_eq!(turn.started_at, whole.ended_at, "not before the one before it");
    assert_eq!(turn.ended_at - turn.started_at, TimeDelta::seconds(2));
    let began = (turn.started_at - session.started_at).to_std().unwrap();
    let at = |after| Some(Placement::estimated(SessionTime::new(began + after)));
    assert_eq!(user.placement, at(Duration::ZERO));
    assert_eq!(ai.placement, at(Duration::from_secs(2)));
    assert_eq!(bench.audio_spool.keys(), []);
    assert_eq!(bench.blob_store.keys().len(), 3);
    assert_eq!(bench.sessions.recover().await.unwrap(), Recovered::default());
}

#[tokio::test]
async fn recordings_of_a_session_that_is_over_make_no_turn() {
    let bench = Bench::new(Detector::Provider);
    let mut session = samples::session(1);
    session.state = SessionState::Ended {
        at: session.started_at,
        status: EndStatus::Completed,
    };
    bench.session_store.insert(&session).await.unwrap();
    record(&bench, &[("turn_002_user.wav", 10)]).await;
    let recovered = bench.sessions.recover().await.unwrap();
    assert_eq!((recovered.broken_off, recovered.recordings), (0, 1));
    assert_eq!(bench.session_store.turns(OWNER, session.id).await.unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn the_storage_has_what_waited_for_it_when_it_is_back() {
    let bench = Bench::new(Detector::Provider);
    bench.blob_store.faults().fail(BlobErrorKind::Unavailable);
    let mut caller = bench.start().await;
    let started = caller.started().await;
    exchange(&bench, &mut caller).await;
    caller
        .until(|event| matches!(event, Event::Notice(NoticeCode::StorageDelayed)))
        .await;
    caller.say(SessionInput::End).await;
    caller.rest().await;
    let (session, turns) = bench.stored(&started).await;
    assert!(matches!(session.state, SessionState::Ended { .. }), "{session:?}");
    sleep(LATER).await;
    assert_eq!(bench.blob_store.keys(), []);

    bench.blob_store.faults().recover();
    sleep(LATER).await;
    let recording = turns[0].ai_audio.clone().unwrap();
    assert_eq!(bench.blob_store.keys(), [recording.key]);
    assert_eq!(bench.audio_spool.keys(), []);
}

#[tokio::test(start_paused = true)]
async fn what_was_deleted_while_it_waited_is_not_stored() {
    let bench = Bench::new(Detector::Provider);
    bench.blob_store.faults().fail(BlobErrorKind::Unavailable);
    let mut caller = bench.start().await;
    let started = caller.started().await;
    exchange(&bench, &mut caller).await;
    caller.say(SessionInput::End).await;
    caller.rest().await;
    let folder = BlobKey::of_session(started.id);
    bench.audio_spool.remove_below(&folder).await.unwrap();
    bench.blob_store.faults().recover();
    sleep(LATER).await;
    assert_eq!(bench.blob_store.keys(), []);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_set_changes_no_time_of_a_session() {
    for hours in [-5, 5] {
        let bench = Bench::new(Detector::Provider);
        let mut caller = bench.start().await;
        let started = caller.started().await;
        exchange(&bench, &mut caller).await;
        bench.clock.set(bench.clock.now() + TimeDelta::hours(hours));
        sleep(Duration::from_secs(3)).await;
        exchange(&bench, &mut caller).await;
        caller.say(SessionInput::End).await;
        caller.rest().await;
        let (session, turns) = bench.stored(&started).await;
        let ended = session.state.ended_at().unwrap();
        let times: Vec<_> = turns
            .iter()
            .flat_map(|turn| [turn.started_at, turn.ended_at])
            .collect();
        assert!(times.is_sorted(), "{times:?}");
        assert!(session.started_at <= times[0] && times[3] <= ended, "{session:?}");
        assert!(ended - session.started_at < TimeDelta::minutes(1), "{session:?}");
    }
}
