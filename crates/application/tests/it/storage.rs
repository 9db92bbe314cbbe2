//! What is kept when storing fails.

use std::time::Duration;

use tokio::time::sleep;
use viva_application::sessions::{Recovered, SessionInput};
use viva_contract::samples;
use viva_domain::ids::UserId;
use viva_domain::ports::{
    BlobErrorKind, KeptEnd, SessionStore as _, SpoolErrorKind, StoreErrorKind, TurnJournal as _,
};
use viva_domain::sessions::{EndStatus, SessionState};
use viva_domain::turns::{Event, NoticeCode};

use crate::bench::{Bench, Detector, RATE, exchange, speech};

#[tokio::test(start_paused = true)]
async fn a_database_that_goes_away_costs_no_finished_turn() {
    let bench = Bench::new(Detector::Provider);
    let mut caller = bench.start().await;
    let started = caller.started().await;
    bench.session_store.faults().fail(StoreErrorKind::Unavailable);
    exchange(&bench, &mut caller).await;
    caller
        .until(|event| matches!(event, Event::Notice(NoticeCode::StorageDelayed)))
        .await;
    exchange(&bench, &mut caller).await;
    caller.say(SessionInput::End).await;
    caller.rest().await;
    assert_eq!(
        bench.turn_journal.kept().await.unwrap().len(),
        2,
        "both are in the journal"
    );

    bench.session_store.faults().recover();
    sleep(Duration::from_secs(20)).await;
    let (session, turns) = bench.stored(&started).await;
    assert_eq!(turns.len(), 2);
    assert!(matches!(
        session.state,
        SessionState::Ended {
            status: EndStatus::Completed,
            ..
        }
    ));
    assert_eq!(bench.turn_journal.kept().await.unwrap().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_the_database_did_not_get_before_a_stop_is_recovered_at_the_next_start() {
    let bench = Bench::new(Detector::Provider);
    let mut caller = bench.start().await;
    let started = caller.started().await;
    bench.session_store.faults().fail(StoreErrorKind::Unavailable);
    exchange(&bench, &mut caller).await;
    tokio::join!(caller.rest(), bench.sessions.shut_down());
    bench.session_store.faults().recover();

    let recovered = bench.sessions.recover().await.unwrap();
    assert_eq!((recovered.turns, recovered.sessions), (1, 1));
    let (session, turns) = bench.stored(&started).await;
    assert!(matches!(
        session.state,
        SessionState::Ended {
            status: EndStatus::Disconnected,
            ..
        }
    ));
    assert_eq!(turns.len(), 1);
    assert_eq!(
        bench.sessions.recover().await.unwrap(),
        Recovered::default(),
        "nothing is left"
    );
}

#[tokio::test(start_paused = true)]
async fn any_number_of_turns_is_recovered_at_once() {
    let bench = Bench::new(Detector::Provider);
    bench.session_store.insert(&samples::session(1)).await.unwrap();
    for number in 1..=1_500 {
        let turn = samples::turn(1, number);
        bench.turn_journal.keep(samples::OWNER, &turn).await.unwrap();
    }
    // A turn of a session that is not there can never be stored.
    let homeless = samples::turn(2, 1);
    bench.turn_journal.keep(samples::OWNER, &homeless).await.unwrap();
    assert_eq!(bench.sessions.recover().await.unwrap().turns, 1_500);
    assert_eq!(
        bench.turn_journal.kept().await.unwrap(),
        [(samples::OWNER, homeless)]
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_keeps_nothing_after_it_in_the_journal() {
    /// As many as the journal gives out at once, all of sessions that are not there.
    const REFUSED: u16 = 1_000;
    let bench = Bench::new(Detector::Provider);
    let (session_store, journal) = (&bench.session_store, &bench.turn_journal);
    session_store
        .insert(&samples::session(REFUSED + 1))
        .await
        .unwrap();
    for n in 1..=REFUSED + 1 {
        journal.keep(samples::OWNER, &samples::turn(n, 1)).await.unwrap();
        let end = KeptEnd {
            owner: samples::OWNER,
            session: samples::session_id(n),
            at: samples::at(60_000_000),
            status: EndStatus::Completed,
        };
        journal.keep_end(end).await.unwrap();
    }
    let recovered = bench.sessions.recover().await.unwrap();
    // An end of a session that is not there is taken, and changes nothing.
    let ends = u64::from(REFUSED) + 1;
    assert_eq!((recovered.turns, recovered.sessions), (1, ends));
    let last = samples::session_id(REFUSED + 1);
    assert!(!journal.has_session(last).await.unwrap());
    assert!(journal.has_session(samples::session_id(REFUSED)).await.unwrap());
    let session = session_store.find(samples::OWNER, last).await.unwrap().unwrap();
    assert!(matches!(
        session.state,
        SessionState::Ended {
            status: EndStatus::Completed,
            ..
        }
    ));
}

#[tokio::test(start_paused = true)]
async fn a_full_disk_costs_the_recording_and_not_the_turn() {
    let bench = Bench::new(Detector::Provider);
    bench.audio_spool.faults().fail(SpoolErrorKind::Full);
    let mut caller = bench.start().await;
    let started = caller.started().await;
    exchange(&bench, &mut caller).await;
    caller.say(SessionInput::End).await;
    let rest = caller.rest().await;
    assert!(
        rest.iter()
            .any(|event| matches!(event, Event::Notice(NoticeCode::RecordingFailed))),
        "{rest:?}"
    );
    let (_, turns) = bench.stored(&started).await;
    assert_eq!(turns.len(), 1);
    assert_eq!(turns[0].ai_audio, None);
}

#[tokio::test(start_paused = true)]
async fn a_disk_that_gets_full_during_a_turn_costs_its_recordings_and_leaves_nothing() {
    let bench = Bench::new(Detector::Session);
    let mut caller = bench.start().await;
    let started = caller.started().await;
    let question = speech("question-en");
    // The recording begins at about 200 ms.
    let (before, after) = question.split_at(RATE as usize * 3 / 2);
    caller.speak(before).await;
    let [key] = bench.audio_spool.keys().try_into().expect("the user is recorded");
    assert!(bench.audio_spool.samples(&key).unwrap().len() >= RATE as usize);
    bench.audio_spool.faults().fail(SpoolErrorKind::Full);
    caller.speak(after).await;
    caller.say(SessionInput::End).await;
    let rest = caller.rest().await;
    assert_eq!(
        bench.audio_spool.faults().failures(),
        2,
        "the AI's side failed too"
    );
    let notices: Vec<&Event> = rest
        .iter()
        .filter(|event| matches!(event, Event::Notice(_)))
        .collect();
    assert_eq!(notices, [&Event::Notice(NoticeCode::RecordingFailed)]);
    let (_, turns) = bench.stored(&started).await;
    let [turn] = turns.as_slice() else {
        panic!("one turn, got {turns:?}")
    };
    assert_eq!((&turn.user_audio, &turn.ai_audio), (&None, &None));

    bench.audio_spool.faults().recover();
    let recovered = bench.sessions.recover().await.unwrap();
    assert_eq!(recovered, Recovered::default());
    assert_eq!(bench.audio_spool.keys(), []);
    assert_eq!(bench.blob_store.keys(), [], "no turn would know of it");
}

#[tokio::test(start_paused = true)]
async fn a_recording_that_cannot_be_stored_waits_in_the_spool() {
    let bench = Bench::new(Detector::Provider);
    bench.blob_store.faults().fail(BlobErrorKind::Unavailable);
    let mut caller = bench.start().await;
    let started = caller.started().await;
    exchange(&bench, &mut caller).await;
    caller.say(SessionInput::End).await;
    caller.rest().await;
    let (_, turns) = bench.stored(&started).await;
    let recording = turns[0]
        .ai_audio
        .clone()
        .expect("the turn knows where it will be");
    assert_eq!(bench.blob_store.keys(), []);

    bench.blob_store.faults().recover();
    let recovered = bench.sessions.recover().await.unwrap();
    assert_eq!(recovered.recordings, 1);
    assert_eq!(bench.blob_store.keys(), [recording.key]);
}

#[tokio::test(start_paused = true)]
async fn a_turn_whose_recordings_cannot_be_stored_is_told_of_once() {
    let bench = Bench::new(Detector::Session);
    bench.blob_store.faults().fail(BlobErrorKind::Unavailable);
    let mut caller = bench.start().await;
    let started = caller.started().await;
    caller.speak(&speech("question-en")).await;
    caller.say(SessionInput::End).await;
    let rest = caller.rest().await;
    let notices: Vec<&Event> = rest
        .iter()
        .filter(|event| matches!(event, Event::Notice(_)))
        .collect();
    assert_eq!(notices, [&Event::Notice(NoticeCode::StorageDelayed)]);
    let (_, turns) = bench.stored(&started).await;
    assert!(
        turns[0].user_audio.is_some() && turns[0].ai_audio.is_some(),
        "{turns:?}"
    );
    assert_eq!(bench.audio_spool.keys().len(), 2, "both wait");
}

#[tokio::test(start_paused = true)]
async fn somebody_elses_session_is_not_there() {
    let bench = Bench::new(Detector::Provider);
    let mut caller = bench.start().await;
    let started = caller.started().await;
    exchange(&bench, &mut caller).await;
    let history =
        viva_application::history::History::new(bench.session_store.clone(), bench.blob_store.clone());
    let stranger = UserId::from_uuid(uuid::Uuid::from_u128(99));
    assert!(history.session(stranger, started.id).await.is_err());
    assert!(history.turns(stranger, started.id).await.is_err());
    assert!(history.turns(UserId::LOCAL, started.id).await.is_ok());
}
