use std::time::Duration;

use viva_domain::ports::SpeechToTextEventKind;
use viva_domain::sessions::ProviderConfig;
use viva_fakes::vendors::ears::Spoken;

use super::{MODEL, kind};
use crate::providers::ears::rig::Rig;
use crate::providers::ears::talk::{Talk, config, patiently};
use crate::providers::testing::PROVIDER;

#[tokio::test]
async fn what_is_understood_so_far_is_replaced() {
    let rig = Rig::start(kind()).await;
    rig.server
        .hear(Spoken::of("Tell me 故事.").interim("tell").interim("tell me"));
    let mut talk = rig.talk(&[]).await;
    talk.speak().await;
    for text in ["tell", "tell me"] {
        assert_eq!(talk.next().await, SpeechToTextEventKind::Partial(text.to_owned()));
    }
    talk.finalize().await;
    assert_eq!(talk.text().await, "Tell me 故事.");
}

#[tokio::test]
async fn the_vendor_gets_speech_only_and_the_settings() {
    let rig = Rig::start(kind()).await;
    let request = ProviderConfig {
        language: Some("zh-Hant-TW".to_owned()),
        ..config(PROVIDER, MODEL, &[("keyterms", r#"["Viva"]"#)])
    };
    let mut talk = Talk::open(&rig.ears, &request).await;
    talk.audio(0, 2_000).await;
    talk.speak().await;
    // 300 ms of run-up and 400 ms of sound, while it is spoken.
    let whole = 16_000 * 7 / 10;
    patiently(rig.server.until(|lines| lines[0].audio.len() == whole)).await;
    talk.finalize().await;
    talk.audio(0, 500).await;
    assert_eq!(talk.text().await, "hello world");
    let line = rig.line();
    assert_eq!(
        (line.path.as_str(), line.audio.len()),
        ("/v1/speech-to-text/realtime", whole)
    );
    let parameters = line.parameters();
    for (name, value) in [
        ("model_id", MODEL),
        ("audio_format", "pcm_16000"),
        ("commit_strategy", "manual"),
        ("language_code", "zh"),
        ("keyterms", "Viva"),
    ] {
        assert_eq!(parameters.get(name), Some(&value), "{name}");
    }
    let commits = line.texts.iter().filter(|text| text["commit"] == true);
    assert_eq!(commits.count(), 1);
}

#[tokio::test]
async fn what_is_too_short_to_be_committed_is_filled_up_with_silence() {
    let rig = Rig::start(kind()).await;
    let mut talk = rig.talk(&[]).await;
    talk.began(0).await;
    talk.audio(8_000, 80).await;
    talk.finalize().await;
    assert_eq!(talk.text().await, "hello world");
    let audio = rig.line().audio;
    assert_eq!(audio.len(), 4_800);
    assert!(audio[1_280..].iter().all(|sample| *sample == 0));
}

#[tokio::test]
async fn without_speech_nothing_is_committed() {
    let rig = Rig::start(kind()).await;
    let mut talk = rig.talk(&[]).await;
    talk.audio(8_000, 500).await;
    talk.finalize().await;
    assert_eq!(talk.next().await, SpeechToTextEventKind::Final(String::new()));
    assert_eq!(rig.line().texts.len(), 0);
}

#[tokio::test]
async fn answers_keep_their_order_and_the_user_may_go_on() {
    let rig = Rig::start(kind()).await;
    rig.server
        .hear(Spoken::of("one").after(Duration::from_millis(150)));
    rig.server.hear(Spoken::of("two"));
    let mut talk = rig.talk(&[]).await;
    for _ in 0..2 {
        talk.speak().await;
        talk.finalize().await;
    }
    talk.finalize().await;
    assert_eq!(
        [talk.text().await, talk.text().await, talk.text().await],
        ["one", "two", ""]
    );
}

#[tokio::test]
async fn a_vendor_that_gets_nothing_is_told_that_we_are_there() {
    let mut rig = Rig::start(kind()).await;
    // Every ten seconds is enough.
    assert!(rig.ears.keep_alive <= Duration::from_secs(10));
    rig.ears.keep_alive = Duration::from_millis(20);
    let mut talk = rig.talk(&[]).await;
    let lines = patiently(
        rig.server
            .until(|lines| lines.iter().any(|line| line.texts.len() >= 5)),
    )
    .await;
    assert!(lines[0].texts.iter().all(|text| text["audio_base_64"] == ""));
    talk.speak().await;
    talk.finalize().await;
    assert_eq!(talk.text().await, "hello world");
    assert_eq!(rig.server.requests().len(), 1, "it was called again");
}
