//! The line to the client: lost, resumed, stuck.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use viva_application::sessions::{
    HangUp, Outgoing, ResumeSessionError, SessionInput, SessionMessage, StartedSession, UserAudio,
};
use viva_domain::ports::RealtimeEventKind;
use viva_domain::sessions::{EndStatus, SessionState};
use viva_domain::turns::{Event, TurnState};

use crate::bench::{Bench, Detector, FRAME, exchange};

#[tokio::test(start_paused = true)]
async fn a_client_that_comes_back_gets_what_it_missed_once() {
    let bench = Bench::new(Detector::Provider);
    let mut caller = bench.start().await;
    let started = caller.started().await;
    exchange(&bench, &mut caller).await;
    bench.voice.say(RealtimeEventKind::ResponseStarted);
    bench.voice.say(RealtimeEventKind::Audio(vec![1; 2_400]));
    caller.until_audio().await;
    let (seen_audio, seen_message) = (caller.last_audio_seq, caller.last_message_seq);
    caller.end.outgoing.close();
    bench.voice.say(RealtimeEventKind::TextDelta("while away".into()));
    bench.voice.say(RealtimeEventKind::Audio(vec![2; 2_400]));
    sleep(Duration::from_secs(20)).await;

    let mut back = bench.resume(&started, &caller).await.unwrap();
    drop(caller);
    let Some(Outgoing::Message {
        seq: None,
        message: SessionMessage::Resumed(resumed),
    }) = back.next().await
    else {
        panic!("the first message is `resumed`")
    };
    assert_eq!(
        (
            resumed.state,
            resumed.turn.map(viva_domain::turns::TurnNumber::get)
        ),
        (TurnState::AiSpeaking, Some(2))
    );
    let missed = back.until(|event| matches!(event, Event::TextDelta { .. })).await;
    assert!(matches!(missed, Event::TextDelta { delta, .. } if delta == "while away"));
    let frame = back.until_audio().await;
    assert_eq!(Some(frame.seq), seen_audio.map(|seq| seq + 1));
    assert!(back.last_message_seq > seen_message);
    back.say(SessionInput::End).await;
    assert!(matches!(
        back.rest().await.last(),
        Some(Event::SessionEnded {
            status: EndStatus::Completed,
            ..
        })
    ));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_stays_away_loses_the_session_after_thirty_seconds() {
    let bench = Bench::new(Detector::Provider);
    let mut caller = bench.start().await;
    let started = caller.started().await;
    exchange(&bench, &mut caller).await;
    caller.end.outgoing.close();
    sleep(Duration::from_secs(29)).await;
    assert_eq!(bench.sessions.live_count(), 1);
    sleep(Duration::from_secs(5)).await;
    assert_eq!(bench.sessions.live_count(), 0);
    assert_eq!(
        bench.resume(&started, &caller).await.err(),
        Some(ResumeSessionError::Expired)
    );
    let (session, turns) = bench.stored(&started).await;
    assert!(matches!(
        session.state,
        SessionState::Ended {
            status: EndStatus::Disconnected,
            ..
        }
    ));
    assert_eq!(turns.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_wrong_secret_resumes_nothing() {
    let bench = Bench::new(Detector::Provider);
    let mut caller = bench.start().await;
    let started = caller.started().await;
    let guessed = StartedSession {
        resume_token: "0".repeat(64),
        ..started.clone()
    };
    assert_eq!(
        bench.resume(&guessed, &caller).await.err(),
        Some(ResumeSessionError::Expired)
    );
    exchange(&bench, &mut caller).await;
}

#[tokio::test(start_paused = true)]
async fn resuming_closes_the_old_connection() {
    let bench = Bench::new(Detector::Provider);
    let mut caller = bench.start().await;
    let started = caller.started().await;
    let mut back = bench.resume(&started, &caller).await.unwrap();
    assert_eq!((&mut caller.end.hung_up).await, Ok(HangUp::Replaced));
    exchange(&bench, &mut back).await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_takes_nothing_is_hung_up_on_and_may_come_back() {
    let bench = Bench::new(Detector::Provider);
    let mut caller = bench.start().await;
    let started = caller.started().await;
    bench.voice.say(RealtimeEventKind::ResponseStarted);
    let began = Instant::now();
    for _ in 0..60 {
        bench.voice.say(RealtimeEventKind::Audio(vec![1; 4_800]));
    }
    assert_eq!((&mut caller.end.hung_up).await, Ok(HangUp::SlowClient));
    let waited = began.elapsed();
    assert!(
        waited >= Duration::from_secs(5) && waited < Duration::from_secs(6),
        "{waited:?}"
    );
    let mut back = bench.resume(&started, &caller).await.unwrap();
    assert_eq!(
        back.until_audio().await.seq,
        0,
        "everything that was not taken is sent again"
    );
}

#[tokio::test(start_paused = true)]
async fn audio_faster_than_twice_real_time_is_refused_after_the_burst() {
    let bench = Bench::new(Detector::Provider);
    let mut caller = bench.start().await;
    caller.started().await;
    let frame = || UserAudio {
        samples: vec![0; FRAME],
        captured: None,
        received: Instant::now(),
    };
    for _ in 0..250 {
        caller.connection.process_audio(frame()).await.unwrap();
    }
    assert!(caller.connection.process_audio(frame()).await.is_err());
    exchange(&bench, &mut caller).await;
}
