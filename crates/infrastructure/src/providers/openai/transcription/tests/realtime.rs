use std::time::{Duration, Instant};

use serde_json::{Value, json};
use viva_domain::ports::{ProviderErrorKind, SpeechToText, SpeechToTextEventKind};
use viva_fakes::vendors::openai_transcription::SpokenText;

use super::super::config::Settings;
use super::super::realtime::Realtime;
use super::{REALTIME, Rig, Talk, account, config, http, patiently};
use crate::providers::Defaults;
use crate::providers::ears::talk::later;
use crate::providers::ears::{Dialect, Said};

#[tokio::test]
async fn the_session_is_one_of_transcription() {
    let rig = Rig::start().await;
    // Of these models it is the one that takes a delay.
    let model = "gpt-realtime-whisper";
    let options = [("delay", "\"low\""), ("noise_reduction", "\"near_field\"")];
    let mut request = config("openai", model, &options);
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
        "transcription": {"model": model, "language": "en", "delay": "low"},
        "turn_detection": null,
    }}});
    assert_eq!(line.texts[0]["session"], expected);
}

#[tokio::test]
async fn what_the_model_does_not_take_is_told() {
    for (model, option) in [
        (REALTIME, ("delay", "\"low\"")),
        ("gpt-realtime-whisper", ("prompt", "\"A talk.\"")),
        ("gpt-realtime-whisper", ("keywords", "[\"Viva\"]")),
    ] {
        let rig = Rig::start().await;
        let refused = rig.ears.connect(config("openai", model, &[option])).await;
        let kind = refused.unwrap_err().kind;
        assert!(matches!(kind, ProviderErrorKind::InvalidConfig(_)), "{kind:?}");
    }
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

/// 300 ms of run-up and 400 ms of sound.
const UTTERANCE: usize = 24_000 * 7 / 10;

#[tokio::test]
async fn an_old_session_is_replaced_between_utterances_and_nothing_is_lost() {
    let rig = Rig::start().await;
    let mut talk = rig.talk(REALTIME, &[]).await;
    talk.speak().await;
    talk.finalize().await;
    assert_eq!(talk.text().await, "hello world");
    // What comes before the next utterance is heard before the new session, and is its run-up.
    talk.audio(0, 600).await;
    later(Duration::from_mins(49)).await;
    talk.finalize().await;
    assert_eq!(
        (talk.text().await, rig.server.requests().len()),
        (String::new(), 1)
    );
    talk.audio(0, 600).await;
    later(Duration::from_mins(1)).await;
    let lines = patiently(rig.server.until(|lines| lines[0].closed.is_some())).await;
    assert_eq!(lines[0].closed.unwrap().code, Some(1_000));
    talk.speak().await;
    talk.finalize().await;
    assert_eq!(talk.text().await, "hello world");
    let lines = rig.server.requests();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[1].texts[0]["session"], lines[0].texts[0]["session"]);
    assert_eq!(lines[1].audio.len(), UTTERANCE);
    // The new one gets old too.
    later(Duration::from_mins(50)).await;
    patiently(rig.server.until(|lines| lines.len() == 3)).await;
}

#[tokio::test]
async fn an_utterance_is_not_torn_apart_by_age() {
    let rig = Rig::start().await;
    let mut talk = rig.talk(REALTIME, &[]).await;
    talk.audio(0, 300).await;
    talk.speak().await;
    patiently(rig.server.until(|lines| lines[0].audio.len() == UTTERANCE)).await;
    later(Duration::from_mins(50)).await;
    patiently(
        rig.server
            .until(|lines| lines.len() == 2 && lines[1].texts.len() == 1),
    )
    .await;
    talk.audio(8_000, 400).await;
    rig.server
        .hear(SpokenText::of("all of it").after(Duration::from_millis(100)));
    talk.finalize().await;
    assert_eq!(talk.text().await, "all of it");
    let lines = patiently(rig.server.until(|lines| lines[0].closed.is_some())).await;
    assert_eq!(lines[0].audio.len(), UTTERANCE + 24_000 * 4 / 10);
    assert_eq!(lines[1].audio.len(), 0);
    talk.speak().await;
    talk.finalize().await;
    assert_eq!(talk.text().await, "hello world");
    assert_eq!(rig.server.requests().len(), 2);
}

#[tokio::test]
async fn a_session_that_cannot_be_replaced_yet_goes_on() {
    let rig = Rig::start().await;
    let mut talk = rig.talk(REALTIME, &[]).await;
    rig.server.refuse(503, "server_error", "why", None);
    later(Duration::from_mins(50)).await;
    patiently(rig.server.until_refused()).await;
    talk.speak().await;
    talk.finalize().await;
    assert_eq!(talk.text().await, "hello world");
    assert_eq!(rig.server.requests().len(), 1);
    later(Duration::from_mins(1)).await;
    patiently(rig.server.until(|lines| lines[0].closed.is_some())).await;
    talk.speak().await;
    talk.finalize().await;
    assert_eq!(talk.text().await, "hello world");
    assert_eq!(rig.server.requests().len(), 2);
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
        assert_eq!(realtime.finalize(&mut Said::default()).messages.len(), 1);
    };
    speak(&mut realtime);
    // Of the next order nothing is asked, so it does not fail with this one.
    realtime.finalize(&mut said);
    realtime.give_up(&mut said);
    let nothing = SpeechToTextEventKind::Final(String::new());
    assert_eq!(said.events.split_off(1), [nothing]);
    said.events.clear();
    let mut hear = |message: Value| realtime.hear(&message.to_string(), &mut said);
    hear(json!({"type": "error", "error": {"code": "server_error", "event_id": "commit_1"}}));
    speak(&mut realtime);
    let mut hear = |message: Value| realtime.hear(&message.to_string(), &mut said);
    hear(json!({"type": "input_audio_buffer.committed", "item_id": "a"}));
    let completed = "conversation.item.input_audio_transcription.completed";
    hear(json!({"type": completed, "item_id": "a", "transcript": "Next."}));
    assert_eq!(said.events, [SpeechToTextEventKind::Final("Next.".to_owned())]);
}
