use std::time::Duration;

use serde_json::{Value, json};
use viva_domain::ports::SpeechToTextEventKind;
use viva_fakes::vendors::deepgram::{DeepgramScript, Spoken};

use super::{FLUX, Rig, patiently};

const EAGER: [(&str, &str); 2] = [("eot_threshold", "0.7"), ("eager_eot_threshold", "0.5")];

/// A server that ends turns after 200 ms of silence.
async fn rig() -> Rig {
    Rig::with(DeepgramScript {
        turn_silence: Some(Duration::from_millis(200)),
        ..DeepgramScript::default()
    })
    .await
}

#[tokio::test]
async fn a_turn_is_told_from_its_beginning_to_its_end() {
    let rig = rig().await;
    rig.server.hear(Spoken::of("Tell me.").interim("Tell"));
    let mut talk = rig.talk(FLUX, &EAGER).await;
    talk.audio(0, 100).await;
    talk.speak().await;
    // Half the silence, more speech, the whole silence.
    talk.audio(0, 120).await;
    talk.audio(8_000, 40).await;
    talk.audio(0, 300).await;
    let text = |text: &str| text.to_owned();
    for expected in [
        SpeechToTextEventKind::SpeechStarted,
        SpeechToTextEventKind::Partial(text("Tell")),
        SpeechToTextEventKind::EagerFinal(text("Tell me.")),
        SpeechToTextEventKind::SpeechResumed,
        SpeechToTextEventKind::EagerFinal(text("Tell me.")),
        SpeechToTextEventKind::Final(text("Tell me.")),
    ] {
        assert_eq!(talk.next().await, expected);
    }
    let line = rig.server.requests().remove(0);
    assert_eq!(line.path, "/v2/listen");
    assert_eq!(line.parameters().get("eager_eot_threshold"), Some(&"0.5"));
    assert_eq!(line.texts.len(), 0, "it was told {:?}", line.texts);
}

#[tokio::test]
async fn an_order_ends_the_turn_that_runs() {
    let rig = Rig::start().await;
    rig.server
        .hear(Spoken::of("Now.").after(Duration::from_millis(150)));
    let mut talk = rig.talk(FLUX, &[]).await;
    talk.speak().await;
    assert_eq!(talk.next().await, SpeechToTextEventKind::SpeechStarted);
    talk.finalize().await;
    assert_eq!(talk.text().await, "Now.");
    // Nothing runs now, and the vendor does not answer.
    talk.finalize().await;
    assert_eq!(talk.text().await, "");
    assert_eq!(rig.server.requests()[0].types(), ["ForceEndTurn", "ForceEndTurn"]);
}

#[tokio::test]
async fn a_turn_that_was_given_up_does_not_end_twice() {
    let rig = Rig::start().await.impatient();
    rig.server.hear(Spoken::of("").interim("In time").hangs());
    let mut talk = rig.talk(FLUX, &[]).await;
    talk.speak().await;
    assert_eq!(talk.next().await, SpeechToTextEventKind::SpeechStarted);
    let known = SpeechToTextEventKind::Partial("In time".to_owned());
    assert_eq!(talk.next().await, known);
    talk.finalize().await;
    // What is known is told; the rest is not waited for.
    assert_eq!(talk.text().await, "In time");
    rig.server.say(info("Update", 0, "In time, but"));
    rig.server.say(info("EndOfTurn", 0, "In time, but too late."));
    rig.server.say(info("StartOfTurn", 1, ""));
    rig.server.say(info("EndOfTurn", 1, "Next."));
    assert_eq!(talk.next().await, SpeechToTextEventKind::SpeechStarted);
    assert_eq!(talk.text().await, "Next.");
}

#[tokio::test]
async fn a_turn_that_is_found_after_the_order_ends_too() {
    let rig = Rig::start().await;
    let mut talk = rig.talk(FLUX, &[]).await;
    talk.finalize().await;
    patiently(rig.server.until(|lines| lines[0].texts.len() == 1)).await;
    rig.server.say(info("StartOfTurn", 0, "Hi"));
    patiently(rig.server.until(|lines| lines[0].types() == ["ForceEndTurn"; 2])).await;
    rig.server.say(info("EndOfTurn", 0, "Hi."));
    assert_eq!(talk.answer().await, SpeechToTextEventKind::SpeechStarted);
    assert_eq!(talk.text().await, "Hi.");
}

fn info(event: &str, index: u32, text: &str) -> Value {
    json!({"type": "TurnInfo", "event": event, "turn_index": index, "transcript": text, "words": []})
}

#[tokio::test]
async fn what_is_told_between_turns_is_no_turn() {
    let rig = Rig::start().await;
    let mut talk = rig.talk(FLUX, &[]).await;
    let info = |event: &str, index: u32, text: &str| json!({"type": "TurnInfo", "event": event, "turn_index": index, "transcript": text, "words": []});
    rig.server.say(info("Update", 0, ""));
    rig.server.say(info("EndOfTurn", 0, ""));
    rig.server.say(info("StartOfTurn", 0, "Hi"));
    rig.server.say(info("Update", 0, "Hi"));
    rig.server.say(info("EndOfTurn", 0, " Hi there. "));
    rig.server.say(info("Update", 0, "Hi there."));
    rig.server.say(info("StartOfTurn", 1, ""));
    let text = |text: &str| text.to_owned();
    for expected in [
        SpeechToTextEventKind::SpeechStarted,
        SpeechToTextEventKind::Partial(text("Hi")),
        SpeechToTextEventKind::Final(text("Hi there.")),
        SpeechToTextEventKind::SpeechStarted,
    ] {
        assert_eq!(talk.next().await, expected);
    }
}
