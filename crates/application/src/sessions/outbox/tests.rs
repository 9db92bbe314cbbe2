use viva_domain::latency::SessionTime;
use viva_domain::turns::{InterruptReason, NoticeCode};

use super::*;

const TURN: TurnNumber = TurnNumber::FIRST;

fn notice() -> SessionMessage {
    SessionMessage::Event(Event::Notice(NoticeCode::AudioDropped))
}

fn audio(outbox: &mut Outbox, turn: TurnNumber, position: u64, samples: usize) {
    post(
        outbox,
        Event::Audio {
            turn,
            position,
            samples: vec![1; samples],
            is_last: false,
        },
    );
}

fn drain(outbox: &mut Outbox) -> Vec<String> {
    std::iter::from_fn(|| outbox.pop())
        .map(|outgoing| match outgoing {
            Outgoing::Audio(frame) => format!("audio {} at {}", frame.seq, frame.position),
            Outgoing::Message { seq: Some(seq), .. } => format!("message {seq}"),
            Outgoing::Message { seq: None, .. } => "connection".to_owned(),
        })
        .collect()
}

#[test]
fn messages_and_frames_count_apart_and_keep_their_order() {
    let mut outbox = Outbox::default();
    outbox.message(notice());
    audio(&mut outbox, TURN, 0, 10);
    outbox.message(notice());
    audio(&mut outbox, TURN, 10, 10);
    assert_eq!(
        drain(&mut outbox),
        ["message 0", "audio 0 at 0", "message 1", "audio 1 at 10"]
    );
    assert!(outbox.is_empty());
}

#[test]
fn long_audio_is_cut_into_frames() {
    let mut outbox = Outbox::default();
    post(
        &mut outbox,
        Event::Audio {
            turn: TURN,
            position: 5,
            samples: vec![0; FRAME_SAMPLES + 1],
            is_last: true,
        },
    );
    let frames: Vec<Outgoing> = std::iter::from_fn(|| outbox.pop()).collect();
    let ends: Vec<bool> = frames
        .iter()
        .map(|out| matches!(out, Outgoing::Audio(frame) if frame.is_last))
        .collect();
    assert_eq!(ends, [false, true]);
    assert!(matches!(&frames[1], Outgoing::Audio(frame) if frame.position == 5 + FRAME_SAMPLES as u64));
}

#[test]
fn a_cut_turn_leaves_no_audio() {
    let mut outbox = Outbox::default();
    let next = TURN.next().unwrap();
    audio(&mut outbox, TURN, 0, 10);
    audio(&mut outbox, next, 0, 10);
    post(
        &mut outbox,
        Event::Interrupted {
            turn: TURN,
            at: SessionTime::ZERO,
            reason: InterruptReason::Speech,
        },
    );
    assert_eq!(drain(&mut outbox), ["audio 0 at 0", "message 0"]);
    assert_eq!(outbox.unsent_bytes, 0);
}

#[test]
fn a_client_that_comes_back_gets_what_it_missed() {
    let mut outbox = Outbox::default();
    for position in 0..4 {
        audio(&mut outbox, TURN, position, 1);
        outbox.message(notice());
    }
    drain(&mut outbox);
    outbox.message(notice());
    assert!(outbox.resume(notice(), Some(1), Some(2)));
    let expected = [
        "connection",
        "audio 2 at 2",
        "audio 3 at 3",
        "message 3",
        "message 4",
    ];
    assert_eq!(drain(&mut outbox), expected);
    assert!(
        outbox.resume(notice(), Some(3), Some(4)),
        "a second time there is nothing to repeat"
    );
    assert_eq!(drain(&mut outbox), ["connection"]);
}

#[test]
fn what_is_gone_is_admitted() {
    let mut outbox = Outbox::default();
    for position in 0..100 {
        audio(&mut outbox, TURN, position * 8_000, 8_000);
        drain(&mut outbox);
    }
    assert!(outbox.sent_bytes <= KEPT_BYTES);
    assert!(!outbox.resume(notice(), Some(3), None));
}

#[test]
fn a_client_that_missed_only_what_was_cut_missed_nothing() {
    let mut outbox = Outbox::default();
    for position in 0..4 {
        audio(&mut outbox, TURN, position, 1);
    }
    drain(&mut outbox);
    let reason = InterruptReason::Speech;
    let at = SessionTime::ZERO;
    post(
        &mut outbox,
        Event::Interrupted {
            turn: TURN,
            at,
            reason,
        },
    );
    audio(&mut outbox, TURN.next().unwrap(), 0, 1);
    drain(&mut outbox);
    assert!(outbox.resume(notice(), Some(1), None));
    assert_eq!(drain(&mut outbox), ["connection", "audio 4 at 0"]);
}

#[test]
fn an_answer_that_was_heard_is_not_kept() {
    for (last_audio, is_whole) in [(2, false), (3, true)] {
        let mut outbox = Outbox::default();
        for position in 0..4 {
            audio(&mut outbox, TURN, position, 1);
        }
        drain(&mut outbox);
        let ended = Event::ResponseEnded {
            turn: TURN,
            interruption: None,
            repeats: false,
            false_interruptions: 0,
            latency: Box::default(),
            usage: None,
        };
        post(&mut outbox, ended);
        assert_eq!((outbox.sent_bytes, outbox.sent.len()), (0, 0));
        assert_eq!(outbox.resume(notice(), Some(last_audio), None), is_whole);
    }
}

#[test]
fn what_was_heard_of_an_answer_is_not_kept() {
    let mut outbox = Outbox::default();
    for frame in 0..200 {
        audio(&mut outbox, TURN, frame * 480, 480);
    }
    drain(&mut outbox);
    outbox.release_audio(TURN, 198 * 480 + 479);
    assert_eq!((outbox.sent.len(), outbox.sent_bytes), (2, 2 * 960));
    assert!(outbox.sent.capacity() <= SPARE_ENTRIES && outbox.unsent.capacity() <= SPARE_ENTRIES);
    assert!(outbox.resume(notice(), Some(197), None));
    let expected = ["connection", "audio 198 at 95040", "audio 199 at 95520"];
    assert_eq!(drain(&mut outbox), expected);
}

#[test]
fn a_client_that_has_got_more_than_was_sent_is_not_believed() {
    let mut outbox = Outbox::default();
    audio(&mut outbox, TURN, 0, 1);
    drain(&mut outbox);
    assert!(!outbox.resume(notice(), Some(7), None));
}

#[test]
fn a_client_may_come_back_twice() {
    let mut outbox = Outbox::default();
    for position in 0..4 {
        audio(&mut outbox, TURN, position, 1);
        outbox.message(notice());
    }
    drain(&mut outbox);
    assert!(outbox.resume(notice(), Some(0), Some(0)));
    for _ in 0..4 {
        outbox.pop();
    }
    assert!(outbox.resume(notice(), Some(1), Some(1)));
    let expected = [
        "connection",
        "audio 2 at 2",
        "message 2",
        "audio 3 at 3",
        "message 3",
    ];
    assert_eq!(drain(&mut outbox), expected);
    assert!(
        !outbox.resume(notice(), Some(0), Some(3)),
        "it had said that it has that"
    );
}

#[test]
fn a_greeting_that_found_its_connection_closed_is_not_given_on_the_next_one() {
    let mut outbox = Outbox::default();
    outbox.message(notice());
    drain(&mut outbox);
    assert!(outbox.resume(notice(), None, None));
    assert!(outbox.resume(notice(), None, None));
    assert_eq!(drain(&mut outbox), ["connection"]);
}

#[test]
fn text_alone_fills_it_too() {
    let mut outbox = Outbox::default();
    for _ in 0..FULL_ENTRIES {
        assert!(!outbox.is_full());
        outbox.message(notice());
    }
    assert!(outbox.is_full());
    drain(&mut outbox);
    assert_eq!(outbox.sent.len(), KEPT_ENTRIES);
}

#[test]
fn a_full_outbox_says_so() {
    let mut outbox = Outbox::default();
    audio(&mut outbox, TURN, 0, FULL_BYTES / 2);
    assert!(outbox.is_full());
    outbox.pop();
    assert!(!outbox.is_full());
}
