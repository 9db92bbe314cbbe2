//! What the user said, written down after their turn was saved.

use std::time::Duration;

use tokio::time::sleep;
use viva_application::sessions::{SessionInput, StartedSession};
use viva_domain::ports::{RealtimeEventKind, StoreErrorKind};
use viva_domain::sessions::FallbackPolicy;
use viva_domain::turns::{Event, Generation, TurnNumber};

use crate::bench::{Bench, Caller, Detector, exchange, speech};
use crate::falling_back::Scene;

fn words(text: &str) -> RealtimeEventKind {
    RealtimeEventKind::UserTranscript {
        text: text.to_owned(),
        is_final: true,
    }
}

async fn until_said(caller: &mut Caller) -> (TurnNumber, String) {
    let said = caller
        .until(|event| matches!(event, Event::UserTranscript { is_final: true, .. }))
        .await;
    match said {
        Event::UserTranscript { turn, text, .. } => (turn, text),
        other => unreachable!("{other:?}"),
    }
}

/// Ends the session and answers what the record says that the user said in each turn.
async fn recorded(bench: &Bench, caller: &mut Caller, started: &StartedSession) -> Vec<Option<String>> {
    caller.say(SessionInput::End).await;
    caller.rest().await;
    sleep(Duration::from_secs(20)).await;
    let (_, turns) = bench.stored(started).await;
    turns.into_iter().map(|turn| turn.user_transcript).collect()
}

#[tokio::test(start_paused = true)]
async fn late_words_are_told_and_stored_with_their_turn() {
    let bench = Bench::new(Detector::Provider);
    let mut caller = bench.start().await;
    let started = caller.started().await;
    let first = exchange(&bench, &mut caller).await;
    bench.voice.say(RealtimeEventKind::SpeechStarted);
    caller
        .until(|event| matches!(event, Event::SpeechStarted { .. }))
        .await;
    bench.voice.say_late(Generation::FIRST, words("One."));
    assert_eq!(until_said(&mut caller).await, (first, "One.".to_owned()));
    bench.voice.say(RealtimeEventKind::SpeechEnded);
    bench.voice.say(words("Two."));
    let (second, _) = until_said(&mut caller).await;
    assert_eq!(Some(second), first.next());
    let recorded = recorded(&bench, &mut caller, &started).await;
    assert_eq!(recorded, ["One.", "Two."].map(|text| Some(text.to_owned())));
}

#[tokio::test(start_paused = true)]
async fn late_words_find_their_turn_whatever_the_database_does() {
    for away in [&[0][..], &[1], &[0, 1]] {
        let bench = Bench::new(Detector::Provider);
        let mut caller = bench.start().await;
        let started = caller.started().await;
        let fail = |step: usize| {
            if away.contains(&step) {
                bench.session_store.faults().fail(StoreErrorKind::Unavailable);
            } else {
                bench.session_store.faults().recover();
            }
        };
        fail(0);
        exchange(&bench, &mut caller).await;
        sleep(Duration::from_millis(10)).await;
        fail(1);
        bench.voice.say(words("One."));
        until_said(&mut caller).await;
        sleep(Duration::from_secs(20)).await;
        if away.contains(&1) {
            let kept = viva_domain::ports::TurnJournal::kept(&*bench.turn_journal)
                .await
                .unwrap();
            let kept: Vec<_> = kept
                .iter()
                .map(|(_, turn)| turn.user_transcript.as_deref())
                .collect();
            assert_eq!(kept, [Some("One.")], "{away:?}");
        }
        fail(2);
        let recorded = recorded(&bench, &mut caller, &started).await;
        assert_eq!(recorded, [Some("One.".to_owned())], "{away:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn late_words_survive_a_server_that_stops_while_the_database_is_away() {
    let bench = Bench::new(Detector::Provider);
    let mut caller = bench.start().await;
    let started = caller.started().await;
    exchange(&bench, &mut caller).await;
    sleep(Duration::from_millis(10)).await;
    bench.session_store.faults().fail(StoreErrorKind::Unavailable);
    bench.voice.say(words("One."));
    until_said(&mut caller).await;
    tokio::join!(caller.rest(), bench.sessions.shut_down());
    bench.session_store.faults().recover();
    assert_eq!(bench.sessions.recover().await.unwrap().turns, 1);
    let (_, turns) = bench.stored(&started).await;
    assert_eq!(turns[0].user_transcript.as_deref(), Some("One."));
}

#[tokio::test(start_paused = true)]
async fn the_next_mode_knows_late_words() {
    let mut scene = Scene::new(Detector::Provider, FallbackPolicy::Ask).await;
    exchange(&scene.bench, &mut scene.caller).await;
    scene.bench.voice.say(words("One."));
    until_said(&mut scene.caller).await;
    scene.fail();
    scene.accept().await;
    scene.caller.speak(&speech("question-en")).await;
    scene.caller.until_audio().await;
    let texts: Vec<String> = scene.messages().into_iter().map(|message| message.text).collect();
    assert_eq!(texts, ["One.", "Hello."]);
}
