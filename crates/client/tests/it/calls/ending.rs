//! When a call is over.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use viva_audio::{Clip, SampleRate};
use viva_client::{Call, HangUp, Outcome};
use viva_protocol::ws::*;

use super::{call, ms, next_session, play};

#[tokio::test(start_paused = true)]
async fn hanging_up_after_the_latency_cuts_the_answer_short() {
    let latency = Latency {
        total_ms: Some(240.5),
        ..Latency::default()
    };
    let call = Call {
        hang_up: HangUp::AfterLatency,
        ..call()
    };
    let begun = Instant::now();
    let (report, ()) = play(&call, &[], async |servers| {
        let mut server = next_session(servers).await;
        server.hear_until(ms(500)).await;
        server.begin_answer(1).await;
        server.send_audio(1, 0, 24_000 * 20 / 16, false).await;
        server.expect_playback(PlaybackEvent::Started).await;
        server
            .send(ServerMessage::TurnLatency(TurnLatency {
                turn_number: 1,
                latency,
            }))
            .await;
        let stopped = server.expect_playback(PlaybackEvent::Stopped).await;
        assert!(stopped.played_ms < 100.0, "{stopped:?}");
        server.end_answer(1, true).await;
        server.expect_end().await;
    })
    .await;
    let report = report.unwrap();
    assert!(report.is_success());
    assert_eq!(
        report.latencies(),
        [latency],
        "an answer that was cut by hanging up counts"
    );
    assert!(begun.elapsed() < ms(700), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_call_without_a_number_of_turns_ends_when_it_has_become_quiet() {
    let call = Call {
        expected_turns: None,
        ..call()
    };
    let (report, ended) = play(&call, &[], async |servers| {
        let mut server = next_session(servers).await;
        server.hear_until(ms(500)).await;
        server.begin_answer(1).await;
        server.send_audio(1, 0, 480, true).await;
        server.expect_playback(PlaybackEvent::Started).await;
        server.expect_playback(PlaybackEvent::Finished).await;
        server.end_answer(1, false).await;
        let answered = Instant::now();
        server.expect_end().await;
        answered.elapsed()
    })
    .await;
    assert!(report.unwrap().is_success());
    assert!(
        (2_500..2_600).contains(&ended.as_millis()),
        "1 s of silence and 1.5 s to settle, took {ended:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_nobody_heard_and_is_given_again_is_waited_for() {
    let (report, ()) = play(&call(), &[], async |servers| {
        let mut server = next_session(servers).await;
        server.hear_until(ms(500)).await;
        server.begin_answer(1).await;
        server.take_answer_back(1).await;
        server.hear_until(ms(5_000)).await;
        server.begin_answer(1).await;
        server.send_audio(1, 0, 480, true).await;
        server.expect_playback(PlaybackEvent::Started).await;
        server.expect_playback(PlaybackEvent::Finished).await;
        server.end_answer(1, false).await;
        server.expect_end().await;
    })
    .await;
    let report = report.unwrap();
    assert!(report.is_success(), "{report:?}");
    let [turn] = report.turns.as_slice() else {
        panic!("one turn: {report:?}")
    };
    assert_eq!((turn.ai_samples, turn.is_over), (480, true));
}

#[tokio::test(start_paused = true)]
async fn who_speaks_over_an_answer_and_is_ignored_hangs_up_when_it_has_become_quiet() {
    let (report, ended) = play(&call(), &[], async |servers| {
        let mut server = next_session(servers).await;
        server.hear_until(ms(500)).await;
        server.begin_answer(1).await;
        server.send_audio(1, 0, 9_600, true).await;
        server.expect_playback(PlaybackEvent::Started).await;
        let began = SpeechStarted { timestamp: 600.0 };
        server.send(ServerMessage::SpeechStarted(began)).await;
        let ended = SpeechEnded {
            timestamp: 700.0,
            duration_ms: 100.0,
        };
        server.send(ServerMessage::SpeechEnded(ended)).await;
        server.expect_playback(PlaybackEvent::Finished).await;
        server.end_answer(1, false).await;
        let answered = Instant::now();
        server.expect_end().await;
        answered.elapsed()
    })
    .await;
    assert!(report.unwrap().is_success());
    assert!((2_500..2_600).contains(&ended.as_millis()), "{ended:?}");
}

#[tokio::test(start_paused = true)]
async fn who_speaks_over_an_answer_and_is_answered_hears_that_too() {
    let (report, ()) = play(&call(), &[], async |servers| {
        let mut server = next_session(servers).await;
        server.hear_until(ms(500)).await;
        server.begin_answer(1).await;
        server.send_audio(1, 0, 9_600, true).await;
        server.expect_playback(PlaybackEvent::Started).await;
        let began = SpeechStarted { timestamp: 600.0 };
        server.send(ServerMessage::SpeechStarted(began)).await;
        let ended = SpeechEnded {
            timestamp: 700.0,
            duration_ms: 100.0,
        };
        server.send(ServerMessage::SpeechEnded(ended)).await;
        server.expect_playback(PlaybackEvent::Finished).await;
        server.end_answer(1, false).await;
        let again = ResponseStarted {
            turn_number: 2,
            timestamp: 1_000.0,
        };
        server.send(ServerMessage::ResponseStarted(again)).await;
        server.send_audio(2, 0, 480, true).await;
        server.expect_playback(PlaybackEvent::Started).await;
        server.expect_playback(PlaybackEvent::Finished).await;
        server.end_answer(2, false).await;
        server.expect_end().await;
    })
    .await;
    let report = report.unwrap();
    assert_eq!(report.turns.len(), 2, "{report:?}");
    assert!(report.turns[1].is_over);
}

#[tokio::test(start_paused = true)]
async fn no_answer_is_told_as_such_after_a_while() {
    let (report, ()) = play(&call(), &[], async |servers| {
        let server = next_session(servers).await;
        server.expect_end().await;
    })
    .await;
    let report = report.unwrap();
    assert_eq!(report.outcome, Outcome::NoAnswer);
    assert!(
        (20_000.0..20_500.0).contains(&report.duration_ms),
        "{}",
        report.duration_ms
    );
}

#[tokio::test(start_paused = true)]
async fn silence_that_nobody_answers_is_what_a_call_without_turns_expects() {
    let silence = Arc::new(Clip {
        rate: SampleRate::HZ_24K,
        samples: vec![0; 24_000],
    });
    let call = Call {
        expected_turns: Some(0),
        clip: silence,
        ..call()
    };
    let (report, ()) = play(&call, &[], async |servers| {
        let server = next_session(servers).await;
        server.expect_end().await;
    })
    .await;
    assert!(report.unwrap().is_success());
}

#[tokio::test(start_paused = true)]
async fn a_call_that_never_ends_is_ended() {
    let call = Call {
        call_limit: Duration::from_secs(30),
        ..call()
    };
    let (report, ()) = play(&call, &[], async |servers| {
        let mut server = next_session(servers).await;
        server.hear_until(ms(500)).await;
        server.begin_answer(1).await;
        // A minute of audio.
        server.send_audio(1, 0, 24_000 * 60, true).await;
        server.expect_end().await;
    })
    .await;
    let report = report.unwrap();
    assert_eq!(report.outcome, Outcome::TooLong);
    assert!(
        (30_500.0..30_600.0).contains(&report.duration_ms),
        "{}",
        report.duration_ms
    );
}

#[tokio::test(start_paused = true)]
async fn a_server_that_takes_nothing_more_does_not_hold_the_call() {
    let call = call();
    let (report, _server) = play(&call, &[], async |servers| next_session(servers).await).await;
    let report = report.unwrap();
    assert_eq!(report.outcome, Outcome::NoAnswer);
    assert!(report.frames_lost > 0, "it took all there was");
    // The patience with the answer, the goodbye, and the goodbye of the connection.
    assert!(
        (20_000.0..32_000.0).contains(&report.duration_ms),
        "{}",
        report.duration_ms
    );
}
