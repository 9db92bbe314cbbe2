//! Calls that go wrong, and connections that break.

use std::time::Duration;

use tokio::time::Instant;
use viva_client::Outcome;
use viva_protocol::ws::*;

use super::{assert_ms, call, ms, next_session, play};
use crate::scripted::{Fate, session_id};

fn failed(recoverable: bool) -> ServerMessage {
    ServerMessage::Error(ErrorMessage {
        code: ErrorCode::ProviderError,
        message: "the provider hung up".to_owned(),
        recoverable,
        details: None,
        retry_after_ms: None,
    })
}

#[tokio::test(start_paused = true)]
async fn a_failed_session_is_a_failed_call() {
    let (report, ()) = play(&call(), &[], async |servers| {
        let mut server = next_session(servers).await;
        server.hear_until(ms(300)).await;
        server.send(failed(false)).await;
        server.expect_end().await;
    })
    .await;
    let report = report.unwrap();
    assert_eq!(
        report.outcome.to_string(),
        "the session failed: the provider hung up"
    );
    assert_eq!(report.errors.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_error_that_the_session_survives_is_no_success_either() {
    let (report, ()) = play(&call(), &[], async |servers| {
        let mut server = next_session(servers).await;
        server.hear_until(ms(300)).await;
        server.send(failed(true)).await;
        server.begin_answer(1).await;
        server.send_audio(1, 0, 480, true).await;
        server.expect_playback(PlaybackEvent::Started).await;
        server.expect_playback(PlaybackEvent::Finished).await;
        server.end_answer(1, false).await;
        server.expect_end().await;
    })
    .await;
    let report = report.unwrap();
    assert_eq!(report.outcome, Outcome::Completed);
    assert!(!report.is_success());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_shuts_down_or_signs_the_caller_out_is_not_called_again() {
    for (code, reason) in [
        (CLOSE_GOING_AWAY, "shutting down"),
        (CLOSE_SIGNED_OUT, "signed out"),
    ] {
        let (report, ()) = play(&call(), &[], async |servers| {
            let mut server = next_session(servers).await;
            server.hear_until(ms(200)).await;
            server.close(code, reason).await;
        })
        .await;
        assert_eq!(
            report.unwrap().outcome.to_string(),
            format!("the connection was lost: closed with code {code}: {reason}")
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_that_another_one_replaced_is_over() {
    let (report, ()) = play(&call(), &[], async |servers| {
        let mut server = next_session(servers).await;
        server.hear_until(ms(200)).await;
        let ended = SessionEnded {
            session_id: session_id(),
            status: SessionEndStatus::Superseded,
            summary: SessionSummary::default(),
        };
        server.send(ServerMessage::SessionEnded(ended)).await;
        server.goodbye().await;
    })
    .await;
    assert_eq!(
        report.unwrap().outcome,
        Outcome::EndedByServer(SessionEndStatus::Superseded)
    );
}

#[tokio::test(start_paused = true)]
async fn a_broken_connection_is_replaced_and_the_answer_goes_on() {
    // The first attempt to come back fails, so it takes 1 s and 2 s.
    let fates = [Fate::Accepted, Fate::Unreachable];
    let (report, ()) = play(&call(), &fates, async |servers| {
        let mut server = next_session(servers).await;
        server.hear_until(ms(500)).await;
        server.begin_answer(1).await;
        server.send_audio(1, 0, 96_000, false).await;
        let started = server.expect_playback(PlaybackEvent::Started).await;
        let origin = Duration::from_micros(server.heard[0].frame.position);
        let frames_before = server.heard.last().unwrap().frame.seq + 1;
        drop(server);

        let mut server = servers.recv().await.unwrap();
        let resume = server.expect_resume().await;
        assert_eq!(
            (resume.last_message_seq, resume.last_received_seq),
            (Some(3), Some(0))
        );
        // Playback went on all the while.
        let progress = server.expect_playback(PlaybackEvent::Progress).await;
        assert_ms(progress.played_ms, 3_000.0);
        assert!(
            (progress.at - started.at - 3_000.0).abs() < 0.01,
            "{progress:?} after {started:?}"
        );
        server.hear_until(ms(20)).await;
        let first = &server.heard[0].frame;
        let captured = Duration::from_micros(first.position).saturating_sub(origin);
        assert!(
            (3_480..3_560).contains(&captured.as_millis()),
            "what was said meanwhile is lost, got {captured:?}"
        );
        assert!(first.seq >= frames_before, "the numbers go on");
        server.send_audio(1, 96_000, 0, true).await;
        server.expect_playback(PlaybackEvent::Progress).await;
        let finished = server.expect_playback(PlaybackEvent::Finished).await;
        assert_ms(finished.played_ms, 4_000.0);
        server.end_answer(1, false).await;
        server.expect_end().await;
    })
    .await;
    let report = report.unwrap();
    assert!(report.is_success(), "{report:?}");
    assert_eq!(report.resumed, 1);
    assert!(
        (145..=155).contains(&report.frames_lost),
        "3 s were lost, in frames {}",
        report.frames_lost
    );
    assert_eq!(report.turns[0].ai_samples, 96_000);
}

#[tokio::test(start_paused = true)]
async fn three_failed_attempts_to_come_back_end_the_call() {
    let fates = [
        Fate::Accepted,
        Fate::Unreachable,
        Fate::Unreachable,
        Fate::Unreachable,
    ];
    let begun = Instant::now();
    let (report, ()) = play(&call(), &fates, async |servers| {
        let mut server = next_session(servers).await;
        server.hear_until(ms(200)).await;
    })
    .await;
    assert_eq!(
        report.unwrap().outcome.to_string(),
        "the connection was lost: cannot reach the server at ws://script"
    );
    assert!(
        (7_200..7_300).contains(&begun.elapsed().as_millis()),
        "{:?}",
        begun.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn a_session_that_cannot_be_resumed_is_failed() {
    let (report, ()) = play(&call(), &[], async |servers| {
        let mut server = next_session(servers).await;
        server.hear_until(ms(200)).await;
        drop(server);
        let mut server = servers.recv().await.unwrap();
        server.next_message().await;
        let expired = ErrorMessage {
            code: ErrorCode::ResumeExpired,
            message: "the session is over".to_owned(),
            recoverable: true,
            details: None,
            retry_after_ms: None,
        };
        server.send_unnumbered(ServerMessage::Error(expired)).await;
        server.goodbye().await;
    })
    .await;
    assert_eq!(
        report.unwrap().outcome,
        Outcome::Failed {
            message: "the session is over".to_owned()
        }
    );
}
