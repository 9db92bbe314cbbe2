use std::time::Duration;

use serde_json::{Value, json};
use viva_domain::ports::SpeechToTextEventKind;
use viva_domain::sessions::ProviderConfig;
use viva_fakes::vendors::RecordedLine;
use viva_fakes::vendors::ears::{EarsScript, Spoken};

use super::{MODEL, kind};
use crate::providers::ears::rig::Rig;
use crate::providers::ears::talk::{Talk, config, later, patiently};
use crate::providers::testing::PROVIDER;

fn partial(text: &str) -> SpeechToTextEventKind {
    SpeechToTextEventKind::Partial(text.to_owned())
}

/// Whether a turn is told to be over.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    Open,
    /// And not written as people do.
    Plain,
    Over,
}

fn turn(order: u64, transcript: &str, told: Told) -> Value {
    json!({
        "type": "Turn", "turn_order": order, "turn_is_formatted": told == Told::Over,
        "end_of_turn": told != Told::Open, "transcript": transcript, "words": [],
    })
}

#[tokio::test]
async fn a_turn_is_told_from_its_first_word_to_its_end() {
    let script = EarsScript {
        turn_silence: Some(Duration::from_millis(200)),
        ..EarsScript::default()
    };
    let rig = Rig::with(kind(), script).await;
    rig.server
        .hear(Spoken::of("Tell me.").interim("tell").segment("Tell"));
    let mut talk = rig.talk(&[]).await;
    talk.speak().await;
    talk.audio(0, 300).await;
    for expected in [
        SpeechToTextEventKind::SpeechStarted,
        partial("tell"),
        partial("Tell"),
        SpeechToTextEventKind::Final("Tell me.".to_owned()),
    ] {
        assert_eq!(talk.next().await, expected);
    }
    assert_eq!(rig.line().texts, [] as [Value; 0]);
}

#[tokio::test]
async fn the_vendor_gets_the_audio_and_the_settings() {
    let rig = Rig::start(kind()).await;
    let request = ProviderConfig {
        language: Some("zh-Hant-TW".to_owned()),
        ..config(PROVIDER, MODEL, &[("keyterms", r#"["Viva"]"#)])
    };
    let mut talk = Talk::open(&rig.ears, &request).await;
    talk.audio(0, 100).await;
    talk.speak().await;
    assert_eq!(talk.answer().await, SpeechToTextEventKind::SpeechStarted);
    talk.finalize().await;
    assert_eq!(talk.text().await, "hello world");
    let line = rig.line();
    assert_eq!(line.path, "/v3/ws");
    assert!(line.audio[..1_600].iter().all(|sample| *sample == 0));
    let loud = line.audio.iter().filter(|sample| **sample == 8_000);
    assert_eq!(loud.count(), 6_400);
    let parameters = line.parameters();
    for (name, value) in [
        ("speech_model", MODEL),
        ("encoding", "pcm_s16le"),
        ("sample_rate", "16000"),
        ("language_codes", r#"["zh"]"#),
        ("keyterms_prompt", r#"["Viva"]"#),
    ] {
        assert_eq!(parameters.get(name), Some(&value), "{name}");
    }
}

#[tokio::test]
async fn a_turn_that_is_written_better_later_is_prepared_first() {
    let rig = Rig::start(kind()).await;
    let request = config(
        PROVIDER,
        "universal-streaming-english",
        &[("format_turns", "true")],
    );
    rig.server.hear(Spoken::of("Tell me, Viva."));
    let mut talk = Talk::open(&rig.ears, &request).await;
    talk.speak().await;
    talk.finalize().await;
    assert_eq!(talk.answer().await, SpeechToTextEventKind::SpeechStarted);
    let eager = SpeechToTextEventKind::EagerFinal("tell me viva".to_owned());
    assert_eq!(talk.answer().await, eager);
    let last = talk.event().await;
    assert_eq!(
        last.kind,
        SpeechToTextEventKind::Final("Tell me, Viva.".to_owned())
    );
    assert_eq!(last.answers, Some(1));
}

#[tokio::test]
async fn a_turn_that_is_not_written_better_in_time_ends_as_it_is() {
    let mut rig = Rig::start(kind()).await;
    rig.ears.patience = Duration::from_millis(300);
    let request = config(
        PROVIDER,
        "universal-streaming-english",
        &[("format_turns", "true")],
    );
    let mut talk = Talk::open(&rig.ears, &request).await;
    patiently(rig.server.until(|lines| lines.len() == 1)).await;
    rig.server.say(turn(0, "tell me", Told::Plain));
    for expected in [
        SpeechToTextEventKind::SpeechStarted,
        SpeechToTextEventKind::EagerFinal("tell me".to_owned()),
        SpeechToTextEventKind::Final("tell me".to_owned()),
    ] {
        assert_eq!(talk.next().await, expected);
    }
    rig.server.say(turn(0, "Tell me.", Told::Over));
    rig.server.say(turn(1, "Next.", Told::Over));
    assert_eq!(talk.next().await, SpeechToTextEventKind::SpeechStarted);
    assert_eq!(talk.text().await, "Next.");
}

#[tokio::test]
async fn a_turn_of_nothing_is_not_waited_for() {
    let rig = Rig::start(kind()).await;
    let request = config(
        PROVIDER,
        "universal-streaming-english",
        &[("format_turns", "true")],
    );
    let mut talk = Talk::open(&rig.ears, &request).await;
    patiently(rig.server.until(|lines| lines.len() == 1)).await;
    rig.server.say(turn(0, "hm", Told::Open));
    rig.server.say(turn(0, "", Told::Plain));
    for expected in [
        SpeechToTextEventKind::SpeechStarted,
        partial("hm"),
        SpeechToTextEventKind::Final(String::new()),
    ] {
        assert_eq!(talk.next().await, expected);
    }
}

#[tokio::test]
async fn a_turn_whose_end_is_not_told_ends_with_the_next_one() {
    let rig = Rig::start(kind()).await;
    let mut talk = rig.talk(&[]).await;
    patiently(rig.server.until(|lines| lines.len() == 1)).await;
    rig.server.say(turn(0, "", Told::Open));
    rig.server.say(turn(0, "One", Told::Open));
    rig.server.say(turn(1, "Two", Told::Open));
    rig.server.say(turn(1, "Two", Told::Open));
    rig.server.say(turn(1, "Two.", Told::Over));
    rig.server.say(turn(1, "Two.", Told::Over));
    rig.server.say(turn(2, "", Told::Over));
    rig.server.say(turn(3, "Three.", Told::Over));
    for expected in [
        SpeechToTextEventKind::SpeechStarted,
        partial("One"),
        SpeechToTextEventKind::Final("One".to_owned()),
        SpeechToTextEventKind::SpeechStarted,
        partial("Two"),
        SpeechToTextEventKind::Final("Two.".to_owned()),
        SpeechToTextEventKind::SpeechStarted,
        SpeechToTextEventKind::Final("Three.".to_owned()),
    ] {
        assert_eq!(talk.next().await, expected);
    }
}

#[tokio::test]
async fn a_turn_that_was_given_up_does_not_end_twice() {
    let mut rig = Rig::start(kind()).await;
    rig.ears.patience = Duration::from_millis(500);
    rig.server.hear(Spoken::of("").interim("In time").hangs());
    let mut talk = rig.talk(&[]).await;
    talk.speak().await;
    assert_eq!(talk.next().await, SpeechToTextEventKind::SpeechStarted);
    assert_eq!(talk.next().await, partial("In time"));
    talk.finalize().await;
    // What is known is told; the rest is not waited for.
    assert_eq!(talk.text().await, "In time");
    rig.server.say(turn(0, "In time, but too late.", Told::Over));
    rig.server.say(turn(1, "Next.", Told::Over));
    assert_eq!(talk.next().await, SpeechToTextEventKind::SpeechStarted);
    assert_eq!(talk.text().await, "Next.");
}

#[tokio::test]
async fn a_new_session_hears_what_the_old_one_had_not_understood_yet() {
    let rig = Rig::start(kind()).await;
    let mut talk = rig.talk(&[]).await;
    talk.speak().await;
    assert_eq!(talk.answer().await, SpeechToTextEventKind::SpeechStarted);
    talk.finalize().await;
    assert_eq!(talk.text().await, "hello world");
    // Quieter than what the server takes for a word.
    talk.audio(100, 60).await;
    patiently(rig.server.until(|lines| lines[0].audio.ends_with(&[100; 960]))).await;
    later(Duration::from_mins(150)).await;
    let lines = patiently(rig.server.until(|lines| heard(lines, 1) >= 960)).await;
    assert_eq!(lines[1].audio, vec![100; 960]);
    talk.audio(100, 1_500).await;
    patiently(rig.server.until(|lines| heard(lines, 1) == 960 + 24_000)).await;
    later(Duration::from_mins(150)).await;
    let lines = patiently(rig.server.until(|lines| heard(lines, 2) >= 16_000)).await;
    assert_eq!(lines[2].audio, vec![100; 16_000]);
}

/// Samples that a connection was sent.
fn heard(lines: &[RecordedLine], connection: usize) -> usize {
    lines.get(connection).map_or(0, |line| line.audio.len())
}

#[tokio::test]
async fn an_order_without_a_turn_is_nothing() {
    let mut rig = Rig::start(kind()).await;
    rig.ears.patience = Duration::from_millis(500);
    let mut talk = rig.talk(&[]).await;
    talk.audio(0, 20).await;
    talk.finalize().await;
    assert_eq!(talk.text().await, "");
    let line = rig.line();
    // So little is filled up with silence.
    assert_eq!((line.audio.len(), line.types()), (800, vec!["ForceEndpoint"]));
}

#[tokio::test]
async fn a_vendor_that_gets_nothing_is_told_that_we_are_there() {
    let mut rig = Rig::start(kind()).await;
    rig.ears.keep_alive = Duration::from_millis(20);
    let _talk = rig.talk(&[]).await;
    let lines = patiently(
        rig.server
            .until(|lines| lines.iter().any(|line| line.texts.len() >= 5)),
    )
    .await;
    assert!(lines[0].types().iter().all(|kind| *kind == "KeepAlive"));
}
