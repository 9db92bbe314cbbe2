//! A session that has no mode: what it may wait for, and how that ends.

use std::time::Duration;

use rstest::rstest;
use tokio::time::sleep;
use viva_application::sessions::{SessionInput, SessionMessage, StartSession, TurnDetectionChange};
use viva_domain::ports::{ProviderErrorKind, RealtimeCommand, SpoolErrorKind};
use viva_domain::sessions::{EndStatus, FallbackPolicy, Interaction, SessionState};
use viva_domain::turns::{BargeIn, Event, Generation, Greeting, PlaybackEvent, TurnState};
use viva_fakes::Answer;

use crate::bench::{Cascade, Detector, speech};
use crate::falling_back::{Scene, samples, with};

#[tokio::test(start_paused = true)]
async fn without_a_fallback_the_session_ends_with_its_provider() {
    let mut scene = Scene::new(Detector::Session, FallbackPolicy::Off).await;
    scene.fail();
    let rest = scene.caller.rest().await;
    assert!(
        matches!(
            rest.as_slice(),
            [
                Event::Failure {
                    recoverable: false,
                    ..
                },
                Event::SessionEnded {
                    status: EndStatus::Error,
                    ..
                }
            ]
        ),
        "{rest:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_cascade_that_cannot_be_opened_is_offered_again() {
    let mut scene = Scene::new(Detector::Session, FallbackPolicy::Ask).await;
    scene.fail();
    let offer = scene.caller.until_offered().await;
    scene
        .cascade
        .ears
        .faults()
        .fail_next(1, ProviderErrorKind::RateLimited);
    let wish = || SessionInput::SwitchMode(Box::new(offer.interaction.clone()));
    scene.caller.say(wish()).await;
    let told = scene.caller.next_message().await;
    assert!(
        matches!(
            told,
            Some(SessionMessage::Event(Event::Failure {
                recoverable: true,
                ..
            }))
        ),
        "{told:?}"
    );
    let again = scene.caller.until_offered().await;
    assert_eq!(again.interaction, offer.interaction);
    scene.caller.say(wish()).await;
    scene.caller.until_switched().await;
}

#[tokio::test(start_paused = true)]
async fn a_session_that_finds_no_other_mode_ends_with_an_error() {
    let mut scene = Scene::new(Detector::Session, FallbackPolicy::Auto).await;
    scene.cascade.ears.faults().fail(ProviderErrorKind::Unavailable);
    scene.fail();
    let rest = scene.caller.rest().await;
    assert!(
        matches!(
            rest.as_slice(),
            [
                Event::Failure {
                    recoverable: false,
                    ..
                },
                Event::SessionEnded {
                    status: EndStatus::Error,
                    ..
                }
            ]
        ),
        "{rest:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_client_that_comes_back_is_offered_the_same() {
    let mut scene = Scene::new(Detector::Session, FallbackPolicy::Ask).await;
    scene.fail();
    let offer = scene.caller.until_offered().await;
    let lost = scene.caller;
    scene.caller = scene.bench.resume(&scene.started, &lost).await.unwrap();
    drop(lost);
    let resumed = scene.caller.next_message().await;
    assert!(
        matches!(&resumed, Some(SessionMessage::Resumed(resumed)) if resumed.state == TurnState::Listening),
        "{resumed:?}"
    );
    let again = scene.caller.next_message().await;
    assert_eq!(
        again,
        Some(SessionMessage::FallbackOffered(Box::new(offer.clone())))
    );
    scene
        .caller
        .say(SessionInput::SwitchMode(Box::new(offer.interaction)))
        .await;
    scene.caller.until_switched().await;
    let lost = scene.caller;
    scene.caller = scene.bench.resume(&scene.started, &lost).await.unwrap();
    scene.caller.say(SessionInput::End).await;
    let offered_again = scene
        .caller
        .until_message(|message| match message {
            SessionMessage::FallbackOffered(_) => Some(true),
            SessionMessage::Event(Event::SessionEnded { .. }) => Some(false),
            _ => None,
        })
        .await;
    assert!(!offered_again, "it was accepted");
}

#[rstest]
#[case::ended(false)]
#[case::shut_down(true)]
#[tokio::test(start_paused = true)]
async fn nothing_is_left_of_a_mode_that_was_being_opened(#[case] is_shut_down: bool) {
    let slow = Cascade::new(|ears| ears.connecting_for(Duration::from_secs(3)));
    let mut scene = Scene::on(Detector::Session, FallbackPolicy::Auto, slow).await;
    scene.fail();
    sleep(Duration::from_secs(1)).await;
    if is_shut_down {
        scene.bench.sessions.shut_down().await;
    } else {
        scene.caller.say(SessionInput::End).await;
        // Whoever ended the session does not want another mode.
        scene
            .caller
            .say(SessionInput::SwitchMode(Box::new(Cascade::wanted())))
            .await;
    }
    let rest = scene.caller.rest().await;
    assert!(
        matches!(rest.last(), Some(Event::SessionEnded { .. })),
        "{rest:?}"
    );
    scene.bench.tasks.close();
    scene.bench.tasks.wait().await;
    assert_eq!(scene.cascade.ears.recorded().requests, []);
    let (session, _) = scene.bench.stored(&scene.started).await;
    assert!(matches!(session.state, SessionState::Ended { .. }));
    assert!(matches!(session.interaction, Interaction::Realtime(_)));
}

#[tokio::test(start_paused = true)]
async fn who_cannot_be_heard_again_is_told_so() {
    let mut scene = Scene::new(Detector::Session, FallbackPolicy::Ask).await;
    scene.bench.audio_spool.faults().fail(SpoolErrorKind::Full);
    scene.bench.voice.answer(Answer::new());
    scene.caller.speak(&speech("question-en")).await;
    scene.fail();
    scene.accept().await;
    let told = scene.caller.next_event().await;
    let Some(Event::Failure {
        failure,
        recoverable: true,
    }) = &told
    else {
        panic!("{told:?}")
    };
    assert_eq!(
        failure.message,
        "what you said could not be read back; please say it again"
    );
    scene.caller.speak(&speech("question-en")).await;
    let answer = scene.caller.until_audio().await;
    assert_eq!(answer.turn.get(), 2);
    let asked = scene.cascade.model.asked().len();
    assert_eq!(asked, 1, "nobody is asked about what they have not heard");
    scene.caller.say(SessionInput::End).await;
    scene.caller.rest().await;
    let (_, turns) = scene.bench.stored(&scene.started).await;
    assert!(turns[0].failure.is_some() && turns[1].failure.is_none());
}

#[tokio::test(start_paused = true)]
async fn who_was_to_be_greeted_is_greeted_by_the_cascade() {
    let mut scene = Scene::new(Detector::Session, FallbackPolicy::Ask).await;
    let greeting = StartSession {
        greeting: Greeting::WhenReady,
        ..with(FallbackPolicy::Auto)
    };
    scene
        .bench
        .voice
        .answer(Answer::new().breaks_off(ProviderErrorKind::Unavailable));
    scene.caller.say(SessionInput::End).await;
    scene.caller.rest().await;
    scene.caller = scene.bench.try_start(greeting).await.unwrap();
    scene.caller.started().await;
    scene.caller.say(SessionInput::Ready).await;
    scene.caller.until_switched().await;
    let turn = scene.caller.until_audio().await.turn;
    scene.caller.played(turn, PlaybackEvent::Started, 0).await;
    assert_eq!(scene.messages(), []);
    let greeted = RealtimeCommand::Greet(Generation::FIRST.next());
    assert_eq!(scene.bench.voice.recorded().control(), [greeted]);
}

/// Nothing of the answer before was heard, so that turn is over with its mode, and the one that waits comes before there is
/// another mode.
#[tokio::test(start_paused = true)]
async fn who_waits_when_the_mode_is_lost_is_heard_by_the_next_one() {
    let mut scene = Scene::new(Detector::Session, FallbackPolicy::Auto).await;
    let may_finish = SessionInput::Update {
        barge_in: Some(BargeIn::Disabled),
        turn_detection: TurnDetectionChange::default(),
    };
    scene.caller.say(may_finish).await;
    scene.bench.voice.answer(Answer::new().started().text("Hel"));
    let question = speech("question-en");
    scene.caller.speak(&question).await;
    scene
        .caller
        .until(|event| matches!(event, Event::TextDelta { .. }))
        .await;
    scene.caller.speak(&question).await;
    scene.fail();
    let answer = scene.caller.until_audio().await;
    assert_eq!(answer.turn.get(), 2);
    let voiced = &question[samples(560)..samples(3_800)];
    let heard = scene.cascade.ears.recorded().audio();
    assert!(heard.windows(voiced.len()).any(|window| window == voiced));
}
