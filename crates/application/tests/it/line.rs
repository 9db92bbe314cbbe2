//! The line to the client: lost, resumed, stuck.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use viva_application::sessions::{
    HangUp, Outgoing, ResumeSessionError, SessionInput, SessionMessage, StartedSession, UserAudio,
};
use viva_domain::ports::{RealtimeEventKind, StoreErrorKind};
use viva_domain::sessions::{EndStatus, SessionState};
use viva_domain::turns::{Event, NoticeCode, PlaybackEvent, TurnState};

use crate::bench::{Bench, Detector, FRAME, RATE, exchange, speech};

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

#[tokio::test(start_paused = true)]
async fn what_a_client_captured_while_it_was_away_counts_from_when_it_was_captured() {
    let bench = Bench::new(Detector::Session);
    let mut caller = bench.start().await;
    let started = caller.started().await;
    let question = &speech("question-en")[..RATE as usize * 445 / 100];
    let (before, after) = question.split_at(RATE as usize * 2);
    caller.speak(before).await;
    caller.end.outgoing.close();
    let mut captured = Vec::new();
    for frame in after.chunks(FRAME) {
        captured.push((frame, caller.client_time()));
        sleep(Duration::from_millis(20)).await;
    }
    sleep(Duration::from_secs(5)).await;
    let mut back = bench.resume(&started, &caller).await.unwrap();
    for (frame, captured) in captured {
        back.send(frame, captured).await;
    }
    let turn = back.until_audio().await.turn;
    back.played(turn, PlaybackEvent::Finished, 100).await;
    back.until(|event| matches!(event, Event::ResponseEnded { .. }))
        .await;
    back.say(SessionInput::End).await;
    back.rest().await;
    let (_, turns) = bench.stored(&started).await;
    let [turn] = turns.as_slice() else {
        panic!("one turn, got {turns:?}")
    };
    let speech_ended = turn.marks.speech_ended.unwrap().elapsed();
    let expected = Duration::from_millis(3_899);
    assert!(
        speech_ended.abs_diff(expected) <= Duration::from_millis(60),
        "{speech_ended:?}"
    );
    let user_audio = turn.user_audio.as_ref().unwrap().duration();
    assert!(
        user_audio >= Duration::from_millis(300 + 3_379 + 500),
        "{user_audio:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_client_that_comes_back_while_the_session_ends_gets_its_farewell() {
    let bench = Bench::new(Detector::Provider);
    let mut caller = bench.start().await;
    let started = caller.started().await;
    bench.session_store.faults().fail(StoreErrorKind::Unavailable);
    exchange(&bench, &mut caller).await;
    caller.say(SessionInput::End).await;
    caller.end.outgoing.close();
    sleep(Duration::from_secs(1)).await;
    let mut back = bench.resume(&started, &caller).await.unwrap();
    assert!(matches!(
        back.rest().await.last(),
        Some(Event::SessionEnded {
            status: EndStatus::Completed,
            ..
        })
    ));
    assert_eq!(
        bench.resume(&started, &caller).await.err(),
        Some(ResumeSessionError::Expired)
    );
}

#[tokio::test(start_paused = true)]
async fn the_answer_was_sent_when_a_slow_client_took_it() {
    let bench = Bench::new(Detector::Provider);
    let mut caller = bench.start().await;
    let started = caller.started().await;
    bench.voice.say(RealtimeEventKind::ResponseStarted);
    bench.voice.say(RealtimeEventKind::Audio(vec![5; 2_400]));
    sleep(Duration::from_secs(2)).await;
    let turn = caller.until_audio().await.turn;
    bench.voice.say(RealtimeEventKind::ResponseDone { usage: None });
    caller.played(turn, PlaybackEvent::Finished, 100).await;
    caller
        .until(|event| matches!(event, Event::ResponseEnded { .. }))
        .await;
    caller.say(SessionInput::End).await;
    caller.rest().await;
    let (_, turns) = bench.stored(&started).await;
    let marks = turns[0].marks;
    let waited = marks
        .first_audio_sent
        .unwrap()
        .since(marks.provider_first_audio.unwrap());
    assert_eq!(waited, Duration::from_secs(2));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_was_cut_before_it_was_sent_was_not_sent() {
    let bench = Bench::new(Detector::Provider);
    let mut caller = bench.start().await;
    let started = caller.started().await;
    bench.voice.say(RealtimeEventKind::ResponseStarted);
    bench.voice.say(RealtimeEventKind::Audio(vec![5; 2_400]));
    sleep(Duration::from_millis(100)).await;
    caller.say(SessionInput::Interrupt { played: None }).await;
    sleep(Duration::from_secs(2)).await;
    // Only now the client takes the frame that was under way, and the turn is stored already.
    assert_eq!(caller.until_audio().await.position, 0);
    exchange(&bench, &mut caller).await;
    caller.say(SessionInput::End).await;
    caller.rest().await;
    let (_, turns) = bench.stored(&started).await;
    assert_eq!(turns[0].marks.first_audio_sent, None);
    assert_eq!(
        (turns.len(), turns[0].latency.total, turns[0].played),
        (2, None, Some(Duration::ZERO))
    );
}

#[tokio::test(start_paused = true)]
async fn a_client_that_missed_more_than_is_kept_is_told_so() {
    let bench = Bench::new(Detector::Provider);
    let mut caller = bench.start().await;
    let started = caller.started().await;
    bench.voice.say(RealtimeEventKind::ResponseStarted);
    // 10 s, of which 5 s are kept.
    bench
        .voice
        .say(RealtimeEventKind::Audio(vec![1; 10 * RATE as usize]));
    bench.voice.say(RealtimeEventKind::TextDelta("all of it".into()));
    caller
        .until(|event| matches!(event, Event::TextDelta { .. }))
        .await;
    caller.last_audio_seq = None;
    caller.end.outgoing.close();
    let mut back = bench.resume(&started, &caller).await.unwrap();
    drop(caller);
    // What is left of it comes all the same.
    assert!(back.until_audio().await.seq > 0);
    back.until(|event| matches!(event, Event::Notice(NoticeCode::ResumeIncomplete)))
        .await;
}
