//! What another mode is told that opens while the conversation changes.

use std::time::Duration;

use tokio::time::sleep;
use viva_application::sessions::{SessionInput, StartSession};
use viva_domain::ports::{Message, MessageRole, RealtimeEventKind};
use viva_domain::sessions::{Interaction, ProviderConfig};
use viva_domain::turns::{Event, PlaybackEvent};
use viva_fakes::{Reply, ScriptedRealtimeVoice};

use crate::bench::{Bench, Cascade, Detector, PROVIDER, request, speech};

fn lines(history: &[Message]) -> Vec<String> {
    let line = |message: &Message| match message.role {
        MessageRole::User => format!("user: {}", message.text),
        MessageRole::Assistant => format!("ai: {}", message.text),
    };
    history.iter().map(line).collect()
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_cut_meanwhile_is_known_as_far_as_it_was_heard() {
    let cascade = Cascade::new(|ears| ears);
    let slow = |voice: ScriptedRealtimeVoice| voice.connecting_for(Duration::from_secs(1));
    let bench = Bench::with_cascade(Detector::Session, slow, &cascade);
    cascade.model.reply(Reply::written("One, two. Three, four."));
    let start = StartSession {
        interaction: Cascade::wanted(),
        ..request()
    };
    let mut caller = bench.try_start(start).await.expect("the session starts");
    // The turn is over after 4.4 s, and answered at once.
    caller.speak(&speech("question-en")[..24 * 4_500]).await;
    let turn = caller.until_audio().await.turn;
    // All of it is there, and would be heard.
    sleep(Duration::from_millis(100)).await;
    let wish = Interaction::Realtime(ProviderConfig::of(PROVIDER));
    caller.say(SessionInput::SwitchMode(Box::new(wish))).await;
    sleep(Duration::from_millis(200)).await;
    let played = Some(Duration::from_millis(300));
    caller.say(SessionInput::Interrupt { played }).await;
    caller.played(turn, PlaybackEvent::Stopped, 300).await;
    caller.until_switched().await;
    let requests = bench.voice.recorded().requests;
    assert!(lines(&requests[0].history).concat().contains("four"));
    let told = lines(&requests.last().unwrap().history);
    assert_eq!(told[0], "user: Hello.");
    assert!(!told.concat().contains("four"), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn what_the_user_said_is_known_though_it_was_written_down_meanwhile() {
    let cascade = Cascade::new(|ears| ears.connecting_for(Duration::from_secs(1)));
    let bench = Bench::with_cascade(Detector::Provider, |voice| voice, &cascade);
    let mut caller = bench.start().await;
    bench.voice.say(RealtimeEventKind::SpeechStarted);
    bench.voice.say(RealtimeEventKind::SpeechEnded);
    bench.voice.say(RealtimeEventKind::ResponseStarted);
    bench.voice.say(RealtimeEventKind::TextDelta("Two.".to_owned()));
    bench.voice.say(RealtimeEventKind::Audio(vec![5; 24 * 3_000]));
    bench.voice.say(RealtimeEventKind::ResponseDone { usage: None });
    let turn = caller.until_audio().await.turn;
    caller.played(turn, PlaybackEvent::Started, 0).await;
    caller
        .say(SessionInput::SwitchMode(Box::new(Cascade::wanted())))
        .await;
    sleep(Duration::from_millis(200)).await;
    bench.voice.say(RealtimeEventKind::UserTranscript {
        text: "One.".to_owned(),
        is_final: true,
    });
    caller
        .until(|event| matches!(event, Event::UserTranscript { is_final: true, .. }))
        .await;
    caller.until_switched().await;
    caller.hears_all(turn, 3_000).await;
    caller.speak(&speech("question-en")).await;
    caller.until_audio().await;
    let asked = cascade.model.asked();
    let told = lines(&asked.last().unwrap().request.messages);
    assert_eq!(told, ["user: One.", "ai: Two.", "user: Hello."]);
}
