//! Connections and conversations, without a caller.

use std::time::Duration;

use rstest::rstest;
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;
use viva_client::{ClientError, Event, NotSent};
use viva_protocol::ws::*;

use crate::scripted::{TOKEN, connected, in_session, session_id, started};

fn notice(message: &str) -> ServerMessage {
    ServerMessage::Notice(Notice {
        code: NoticeCode::SlowClient,
        message: message.to_owned(),
    })
}

fn start() -> StartSession {
    StartSession::new(&Interaction::Realtime(RealtimeConfig::default()))
}

/// Runs something beside the test, and ends it with the test.
fn in_background<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> JoinSet<T> {
    let mut set = JoinSet::new();
    set.spawn(work);
    set
}

#[tokio::test(start_paused = true)]
async fn a_session_starts_on_an_open_connection() {
    let (connection, mut server) = connected().await;
    assert_eq!(connection.ready().protocol_version, 1);
    let (conversation, sent) = tokio::join!(connection.start(start()), server.expect_start());
    assert_eq!(sent, start());
    assert_eq!(*conversation.unwrap().started(), started());
}

#[tokio::test(start_paused = true)]
async fn a_refused_start_says_why() {
    let (connection, mut server) = connected().await;
    let refusal = ErrorMessage {
        code: ErrorCode::CredentialMissing,
        message: "no key is stored for this provider".to_owned(),
        recoverable: true,
        details: None,
        retry_after_ms: None,
    };
    let script = async {
        server.next_message().await;
        server
            .send_unnumbered(ServerMessage::Error(refusal.clone()))
            .await;
    };
    let (err, ()) = tokio::join!(connection.start(start()), script);
    let Err(ClientError::Refused(error)) = err else {
        panic!("not a refusal: {err:?}")
    };
    assert_eq!(*error, refusal);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_says_nothing_is_given_up_on() {
    let (connection, _server) = connected().await;
    let err = connection.start(start()).await.unwrap_err();
    assert_eq!(err.to_string(), "no session from the server within 60 s");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_closes_instead_of_starting_is_an_error_with_its_reason() {
    let (connection, server) = connected().await;
    let (result, ()) = tokio::join!(connection.start(start()), server.close(1001, "shutting down"));
    assert_eq!(
        result.unwrap_err().to_string(),
        "the connection is closed: shutting down"
    );
}

#[tokio::test(start_paused = true)]
async fn audio_is_numbered_and_stamped() {
    let (mut conversation, mut server) = in_session().await;
    conversation
        .send_audio(&[1, -2], Duration::from_micros(1_520_250))
        .unwrap();
    conversation
        .send_audio(&[3], Duration::from_millis(1_540))
        .unwrap();
    conversation.end().await.unwrap();
    assert_eq!(server.next_message().await, Some(ClientMessage::EndSession));
    let frames: Vec<_> = server.heard.iter().map(|heard| &heard.frame).collect();
    assert_eq!(
        (frames[0].seq, frames[0].position, &frames[0].payload[..]),
        (0, 1_520_250, &[1, 0, 0xfe, 0xff][..])
    );
    assert_eq!(
        (frames[1].seq, frames[1].position, frames[1].kind),
        (1, 1_540_000, FrameKind::User)
    );
}

#[tokio::test(start_paused = true)]
async fn control_messages_are_sent_as_asked() {
    let (conversation, mut server) = in_session().await;
    conversation
        .interrupt(Some(Duration::from_millis(840)))
        .await
        .unwrap();
    conversation.send(&ClientMessage::EndTurn).await.unwrap();
    assert_eq!(
        server.next_message().await,
        Some(ClientMessage::Interrupt(Interrupt {
            played_ms: Some(840.0)
        }))
    );
    assert_eq!(server.next_message().await, Some(ClientMessage::EndTurn));
}

#[tokio::test(start_paused = true)]
async fn audio_that_nobody_takes_is_dropped_and_takes_no_number() {
    let (mut conversation, mut server) = in_session().await;
    // The writer cannot run before the first await, so the queue fills up.
    for frame in 0..250 {
        assert_eq!(
            conversation.send_audio(&[0; 480], Duration::from_millis(frame * 20)),
            Ok(())
        );
    }
    assert_eq!(
        conversation.send_audio(&[0; 480], Duration::from_secs(5)),
        Err(NotSent::QueueFull)
    );
    server.hear_until(Duration::from_secs(5)).await;
    conversation
        .send_audio(&[0; 480], Duration::from_secs(6))
        .unwrap();
    server.hear_until(Duration::from_secs(6)).await;
    assert_eq!(server.heard.last().unwrap().frame.seq, 250);
}

#[tokio::test(start_paused = true)]
async fn a_frame_that_no_message_holds_is_refused() {
    let (mut conversation, _server) = in_session().await;
    let largest = (MAX_MESSAGE_BYTES - HEADER_BYTES) / 2;
    assert_eq!(conversation.send_audio(&vec![0; largest], Duration::ZERO), Ok(()));
    assert_eq!(
        conversation.send_audio(&vec![0; largest + 1], Duration::ZERO),
        Err(NotSent::TooLong)
    );
}

#[rstest]
#[case::no_json(Message::text("hello?"))]
#[case::half_a_message(Message::text(r#"{"type":"pong","client_timestamp":1"#))]
#[case::a_wrong_field(Message::text(r#"{"type":"transcript","turn_number":"one"}"#))]
#[case::an_unknown_type(Message::text(r#"{"type":"hologram","seq":1,"depth":3}"#))]
#[case::no_frame(Message::binary(vec![9; 40]))]
#[case::half_a_frame(Message::binary(vec![2; 7]))]
#[case::half_a_sample(Message::binary(vec![2; 17]))]
#[case::a_ping(Message::Ping("x".into()))]
#[tokio::test(start_paused = true)]
async fn what_is_no_message_is_skipped(#[case] nonsense: Message) {
    let (mut conversation, mut server) = in_session().await;
    server.send_raw(nonsense).await;
    server.send(notice("still here")).await;
    assert_eq!(
        conversation.next_event().await,
        Some(Event::Message(notice("still here")))
    );
}

#[tokio::test(start_paused = true)]
async fn the_reason_of_a_close_is_the_last_event() {
    let (mut conversation, mut server) = in_session().await;
    server.send(notice("soon")).await;
    let script = in_background(server.close(CLOSE_SLOW_CLIENT, "read faster"));
    assert_eq!(
        conversation.next_event().await,
        Some(Event::Message(notice("soon")))
    );
    let closed = Event::Closed {
        code: Some(CLOSE_SLOW_CLIENT),
        reason: "read faster".to_owned(),
    };
    assert_eq!(conversation.next_event().await, Some(closed));
    assert_eq!(conversation.next_event().await, None);
    script.join_all().await;
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_breaks_has_no_code() {
    let (mut conversation, server) = in_session().await;
    drop(server);
    let event = conversation.next_event().await;
    assert!(
        matches!(event, Some(Event::Closed { code: None, .. })),
        "{event:?}"
    );
    assert_eq!(conversation.next_event().await, None);
    let err = conversation.end().await.unwrap_err();
    assert!(matches!(err, ClientError::Closed { .. }), "{err:?}");
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_wait_loses_no_event() {
    let (mut conversation, mut server) = in_session().await;
    for number in 0..50_u32 {
        server.send(notice(&number.to_string())).await;
        // Polls once, and gives up when there is nothing yet.
        let mut seen = None;
        while seen.is_none() {
            seen = tokio::select! {
                biased;
                event = conversation.next_event() => event,
                () = tokio::task::yield_now() => None,
            };
        }
        assert_eq!(seen, Some(Event::Message(notice(&number.to_string()))));
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_left_running_after_a_drop() {
    let (conversation, server) = in_session().await;
    drop(conversation);
    // Both halves of the socket are gone, and with them the tasks that owned them.
    assert_eq!(server.goodbye().await, None);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_left_running_after_a_drop_in_the_middle_of_a_flood() {
    let (mut conversation, mut server) = in_session().await;
    let mut flood = in_background(async move {
        for frame in 0..2_000_u64 {
            server.send_audio(1, frame * 480, 480, false).await;
        }
        server
    });
    assert!(matches!(
        conversation.next_event().await,
        Some(Event::Audio { .. })
    ));
    for frame in 0..250 {
        conversation
            .send_audio(&[0; 480], Duration::from_millis(frame * 20))
            .unwrap();
    }
    drop(conversation);
    let server = flood.join_next().await.unwrap().unwrap();
    assert_eq!(server.goodbye().await, None);
}

#[tokio::test(start_paused = true)]
async fn closing_says_goodbye() {
    let (conversation, server) = in_session().await;
    let ((), goodbye) = tokio::join!(conversation.close(), server.goodbye());
    assert_eq!(goodbye, Some(Message::Close(None)));
}

#[tokio::test(start_paused = true)]
async fn closing_a_connection_that_nobody_serves_takes_two_seconds_at_most() {
    let (conversation, _server) = in_session().await;
    let begun = tokio::time::Instant::now();
    conversation.close().await;
    assert!(
        begun.elapsed() <= Duration::from_millis(2_001),
        "{:?}",
        begun.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn a_resume_tells_how_far_the_client_has_got_and_nothing_comes_twice() {
    let (mut conversation, mut server) = in_session().await;
    server.send(notice("one")).await;
    server.send_audio(1, 0, 480, false).await;
    server.send_audio(1, 480, 480, false).await;
    conversation.send_audio(&[0; 480], Duration::ZERO).unwrap();
    for _ in 0..3 {
        assert!(matches!(
            conversation.next_event().await,
            Some(Event::Message(_) | Event::Audio { .. })
        ));
    }
    let ticket = conversation.ticket();
    assert!(!format!("{ticket:?}").contains(TOKEN), "a ticket is a secret");
    drop((conversation, server));

    let (connection, mut server) = connected().await;
    let (conversation, request) = tokio::join!(connection.resume(ticket), server.expect_resume());
    let mut conversation = conversation.unwrap();
    let expected = ResumeSession {
        session_id: session_id(),
        resume_token: TOKEN.to_owned(),
        last_received_seq: Some(1),
        last_message_seq: Some(1),
    };
    assert_eq!(request, expected);
    // The server is not sure, and repeats some of it.
    server
        .send_envelope(&ServerEnvelope {
            seq: Some(1),
            message: notice("one"),
        })
        .await;
    server
        .send_envelope(&ServerEnvelope {
            seq: Some(2),
            message: notice("two"),
        })
        .await;
    assert_eq!(
        conversation.next_event().await,
        Some(Event::Message(notice("two")))
    );
    conversation
        .send_audio(&[0; 480], Duration::from_secs(3))
        .unwrap();
    server.hear_until(Duration::from_millis(20)).await;
    assert_eq!(server.heard[0].frame.seq, 1, "the numbers go on");
}

#[tokio::test(start_paused = true)]
async fn a_server_is_not_read_faster_than_the_events_are_taken() {
    let (mut conversation, mut server) = in_session().await;
    let mut flood = in_background(async move {
        for number in 0..10_000_u32 {
            server.send(notice(&number.to_string())).await;
        }
        server
    });
    tokio::time::sleep(Duration::from_mins(1)).await;
    assert!(
        flood.try_join_next().is_none(),
        "the flood must wait for the reader"
    );
    for number in 0..10_000_u32 {
        assert_eq!(
            conversation.next_event().await,
            Some(Event::Message(notice(&number.to_string())))
        );
    }
    flood.join_next().await.unwrap().unwrap();
}
