use std::time::{Duration, Instant};

use serde_json::{Value, json};
use viva_domain::ports::SpeechToTextEventKind;
use viva_fakes::vendors::openai_transcription::SpokenText;

use super::super::config::Settings;
use super::super::realtime::Realtime;
use super::{REALTIME, Rig, Talk, account, config, http, patiently};
use crate::providers::Defaults;
use crate::providers::ears::{Dialect, Said};

#[tokio::test]
async fn the_session_is_one_of_transcription() {
    let rig = Rig::start().await;
    let options = [("delay", "\"low\""), ("noise_reduction", "\"near_field\"")];
    let mut request = config("openai", REALTIME, &options);
    request.language = Some("en-GB".to_owned());
    let mut talk = Talk::open(&rig.ears, &request).await;
    talk.speak().await;
    talk.finalize().await;
    assert_eq!(talk.text().await, "hello world");
    let line = rig.server.requests().remove(0);
    assert_eq!(line.query, [("intent".to_owned(), "transcription".to_owned())]);
    let expected = json!({"type": "transcription", "audio": {"input": {
        "format": {"type": "audio/pcm", "rate": 24_000},
        "noise_reduction": {"type": "near_field"},
        "transcription": {"model": REALTIME, "language": "en", "delay": "low"},
        "turn_detection": null,
    }}});
    assert_eq!(line.texts[0]["session"], expected);
}

#[tokio::test]
async fn only_the_utterance_is_sent_while_it_is_spoken() {
    let rig = Rig::start().await;
    let mut talk = rig.talk(REALTIME, &[]).await;
    talk.audio(0, 3_000).await;
    talk.speak().await;
    // 300 ms of run-up and 400 ms of sound.
    let whole = 24_000 * 7 / 10;
    patiently(rig.server.until(|lines| lines[0].audio.len() == whole)).await;
    talk.finalize().await;
    talk.audio(0, 500).await;
    assert_eq!(talk.text().await, "hello world");
    let line = rig.server.requests().remove(0);
    assert_eq!(line.audio.len(), whole);
    assert_eq!(line.types().last(), Some(&"input_audio_buffer.commit"));
}

#[tokio::test]
async fn answers_keep_the_order_of_their_items() {
    let rig = Rig::start().await;
    rig.server
        .hear(SpokenText::of("one more").after(Duration::from_millis(150)));
    rig.server.hear(SpokenText::of("two"));
    let mut talk = rig.talk(REALTIME, &[]).await;
    let ordered = Instant::now();
    for _ in 0..2 {
        talk.speak().await;
        talk.finalize().await;
    }
    talk.finalize().await;
    let mut told = Vec::new();
    for _ in 0..5 {
        told.push(talk.next().await);
    }
    let partial = |text: &str| SpeechToTextEventKind::Partial(text.to_owned());
    let text = |text: &str| SpeechToTextEventKind::Final(text.to_owned());
    assert_eq!(
        told,
        [
            partial("one"),
            partial("one more"),
            text("one more"),
            text("two"),
            text("")
        ]
    );
    assert!(ordered.elapsed() >= Duration::from_millis(150));
}

#[tokio::test]
async fn what_is_understood_before_the_commit_is_told() {
    let rig = Rig::start().await;
    let mut talk = rig.talk(REALTIME, &[]).await;
    let delta = "conversation.item.input_audio_transcription.delta";
    rig.server
        .say(json!({"type": delta, "item_id": "item_0", "delta": "hel"}));
    assert_eq!(
        talk.next().await,
        SpeechToTextEventKind::Partial("hel".to_owned())
    );
    rig.server
        .say(json!({"type": delta, "item_id": "item_0", "delta": "lo"}));
    assert_eq!(
        talk.next().await,
        SpeechToTextEventKind::Partial("hello".to_owned())
    );
}

#[tokio::test]
async fn what_is_too_short_to_be_taken_is_nothing() {
    let rig = Rig::start().await;
    let mut talk = rig.talk(REALTIME, &[]).await;
    talk.began(0).await;
    talk.audio(8_000, 80).await;
    talk.finalize().await;
    assert_eq!(talk.text().await, "");
    // Else the vendor would hear it before the next utterance.
    let kept = [
        "session.update",
        "input_audio_buffer.append",
        "input_audio_buffer.clear",
    ];
    let lines = patiently(rig.server.until(|lines| lines[0].types().ends_with(&kept[2..]))).await;
    let mut types = lines[0].types();
    types.dedup();
    assert_eq!(types, kept);
    talk.speak().await;
    talk.finalize().await;
    assert_eq!(talk.text().await, "hello world");
}

#[tokio::test]
async fn a_session_that_expires_is_opened_again() {
    let rig = Rig::start().await;
    let mut talk = rig.talk(REALTIME, &[]).await;
    rig.server
        .say(json!({"type": "error", "error": {"type": "invalid_request_error", "code": "session_expired"}}));
    patiently(rig.server.until(|lines| lines.len() == 2)).await;
    talk.speak().await;
    talk.finalize().await;
    assert_eq!(talk.text().await, "hello world");
}

#[tokio::test]
async fn hanging_up_closes_the_connection_at_once() {
    let rig = Rig::start().await;
    rig.server.hear(SpokenText::of("").hangs());
    let mut talk = rig.talk(REALTIME, &[]).await;
    talk.speak().await;
    talk.finalize().await;
    let is_committed = |types: &[&str]| types.contains(&"input_audio_buffer.commit");
    patiently(rig.server.until(|lines| is_committed(&lines[0].types()))).await;
    let hung_up = Instant::now();
    drop(talk);
    let lines = patiently(rig.server.until(|lines| lines[0].closed.is_some())).await;
    let closed = lines[0].closed.unwrap();
    assert_eq!(closed.code, Some(1000));
    assert!(
        closed.at - hung_up < Duration::from_secs(2),
        "{:?}",
        closed.at - hung_up
    );
    rig.ends().await;
}

#[test]
fn a_commit_that_is_refused_late_does_not_spoil_the_next_one() {
    let settings = Settings::of(&config("openai", REALTIME, &[]), &Defaults::default()).unwrap();
    let account = account("http://127.0.0.1:9", None);
    let mut realtime = Realtime::new(&account, &http(), None, &settings, Duration::ZERO);
    let mut said = Said::default();
    let speak = |realtime: &mut Realtime| {
        realtime.began(Duration::ZERO);
        realtime.audio(&[1; 2_400]);
        assert!(realtime.finalize(&mut Said::default()).message.is_some());
    };
    speak(&mut realtime);
    realtime.give_up();
    let mut hear = |message: Value| realtime.hear(&message.to_string(), &mut said);
    hear(json!({"type": "error", "error": {"code": "server_error", "event_id": "commit_1"}}));
    speak(&mut realtime);
    let mut hear = |message: Value| realtime.hear(&message.to_string(), &mut said);
    hear(json!({"type": "input_audio_buffer.committed", "item_id": "a"}));
    let completed = "conversation.item.input_audio_transcription.completed";
    hear(json!({"type": completed, "item_id": "a", "transcript": "Next."}));
    assert_eq!(said.events, [SpeechToTextEventKind::Final("Next.".to_owned())]);
}
