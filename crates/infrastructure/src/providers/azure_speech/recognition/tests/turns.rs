use std::collections::HashSet;
use std::time::Duration;

use rstest::rstest;
use serde_json::{Value, json};
use viva_domain::ports::{SpeechToText, SpeechToTextEventKind};
use viva_domain::sessions::ProviderConfig;
use viva_fakes::vendors::ears::{EarsServer, Spoken};

use super::kind;
use crate::providers::ears::rig::Rig;
use crate::providers::ears::talk::{Talk, config, patiently};
use crate::providers::testing::PROVIDER;

fn partial(text: &str) -> SpeechToTextEventKind {
    SpeechToTextEventKind::Partial(text.to_owned())
}

#[tokio::test]
async fn final_parts_are_put_together_and_hypotheses_replaced() {
    let rig = Rig::start(kind()).await;
    let spoken = Spoken::of("of old.").interim("tell").interim("tell me");
    rig.server.hear(spoken.segment("Tell me a story"));
    let mut talk = rig.talk(&[]).await;
    talk.speak().await;
    for expected in ["tell", "tell me", "Tell me a story"] {
        assert_eq!(talk.next().await, partial(expected));
    }
    talk.finalize().await;
    assert_eq!(talk.text().await, "Tell me a story of old.");
}

#[tokio::test]
async fn every_utterance_is_a_turn_with_an_id_of_its_own() {
    let rig = Rig::start(kind()).await;
    let request = ProviderConfig {
        language: Some("zh-Hant".to_owned()),
        ..config(PROVIDER, "dictation", &[("keyterms", r#"["Viva"]"#)])
    };
    let mut talk = Talk::open(&rig.ears, &request).await;
    for _ in 0..2 {
        talk.audio(0, 2_000).await;
        talk.speak().await;
        talk.finalize().await;
        assert_eq!(talk.text().await, "hello world");
    }
    let line = rig.line();
    assert_eq!(line.path, "/speech/recognition/dictation/cognitiveservices/v1");
    assert_eq!(line.parameters()["language"], "zh-TW");
    let begin = ["speech.context", "audio.begin", "audio.end"];
    assert_eq!(line.types(), [&["speech.config"][..], &begin, &begin].concat());
    // 300 ms of run-up and 400 ms of sound, twice.
    assert_eq!(line.audio.len(), 2 * 16_000 * 7 / 10);
    let ids: HashSet<&str> = line.texts.iter().filter_map(|text| text["id"].as_str()).collect();
    assert_eq!(ids.len(), 2);
    let context = json!({"dgi": {"groups": [{"type": "Generic", "items": [{"text": "Viva"}]}]}});
    assert_eq!(line.texts[1]["body"], context);
}

#[tokio::test]
async fn without_speech_nobody_is_asked() {
    let rig = Rig::start(kind()).await;
    let mut talk = rig.talk(&[]).await;
    talk.audio(8_000, 200).await;
    talk.finalize().await;
    assert_eq!(talk.next().await, SpeechToTextEventKind::Final(String::new()));
    assert_eq!(
        (rig.line().texts, rig.line().audio.len()),
        (Vec::<Value>::new(), 0)
    );
}

#[tokio::test]
async fn what_is_said_before_the_turn_is_over_waits_for_that() {
    let rig = Rig::start(kind()).await;
    rig.server
        .hear(Spoken::of("one").after(Duration::from_millis(150)));
    rig.server
        .hear(Spoken::of("two").after(Duration::from_millis(50)));
    let mut talk = rig.talk(&[]).await;
    for _ in 0..3 {
        talk.speak().await;
        talk.finalize().await;
    }
    talk.finalize().await;
    let mut texts = Vec::new();
    for _ in 0..4 {
        texts.push(talk.text().await);
    }
    assert_eq!(texts, ["one", "two", "hello world", ""]);
    // A server that is as strict as this one hears one turn at a time.
    let turn = ["speech.context", "audio.begin", "audio.end"];
    assert_eq!(rig.line().types()[1..], [turn, turn, turn].concat());
    assert_eq!(rig.server.requests().len(), 1);
}

#[tokio::test]
async fn a_turn_that_the_vendor_ends_is_gone_on_with() {
    let rig = Rig::start(kind()).await;
    rig.server
        .hear(Spoken::of("of old.").errs("EndOfDictation", "Tell me a story"));
    let mut talk = rig.talk(&[]).await;
    talk.audio(0, 500).await;
    talk.speak().await;
    assert_eq!(talk.next().await, partial("Tell me a story"));
    talk.audio(8_000, 200).await;
    talk.finalize().await;
    assert_eq!(talk.text().await, "Tell me a story of old.");
    let line = rig.line();
    let turn = ["speech.context", "audio.begin"];
    assert_eq!(line.types()[1..], [&turn[..], &turn, &["audio.end"]].concat());
    // Everything was heard once: 300 ms of run-up, 600 ms of sound.
    assert_eq!(line.audio.len(), 16_000 * 9 / 10);
}

#[tokio::test]
async fn the_mode_is_the_model() {
    let rig = Rig::start(kind()).await;
    let unset = ProviderConfig::of(PROVIDER);
    let resolved = rig.ears.resolve(&unset).unwrap();
    assert_eq!(resolved.model.as_deref(), Some("conversation"));
    assert!(rig.ears.resolve(&config(PROVIDER, "nova-3", &[])).is_err());
}

/// What the service says after five minutes without audio.
const IDLE: &str = "Exceeded maximum websocket connection idle duration(> 300000ms)";

#[rstest]
#[case::broken_off(|server: &EarsServer| server.cut())]
#[case::idle_for_too_long(|server: &EarsServer| server.close(1_000, IDLE))]
#[tokio::test]
async fn another_connection_begins_anew(#[case] end: fn(&EarsServer)) {
    let rig = Rig::start(kind()).await;
    let mut talk = rig.talk(&[]).await;
    talk.speak().await;
    talk.finalize().await;
    assert_eq!(talk.text().await, "hello world");
    end(&rig.server);
    talk.audio(0, 20).await;
    patiently(rig.server.until(|lines| lines.len() == 2)).await;
    talk.speak().await;
    talk.finalize().await;
    assert_eq!(talk.text().await, "hello world");
    assert_eq!(rig.server.requests()[1].types()[0], "speech.config");
}
