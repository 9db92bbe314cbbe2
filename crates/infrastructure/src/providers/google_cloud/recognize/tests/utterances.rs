use std::time::{Duration, Instant};

use serde_json::json;
use viva_domain::ports::{SpeechToTextCommand, SpeechToTextEventKind};
use viva_domain::sessions::ProviderConfig;
use viva_fakes::CapturedLogs;
use viva_fakes::vendors::google_cloud::Spoken;

use super::{KEY, MODEL, Rig};
use crate::providers::ears::talk::{Talk, config, logged, patiently};
use crate::providers::google_cloud::GoogleCloudSpeechToText;
use crate::providers::testing::{PROVIDER, account};
use crate::providers::transport::hanging_up;

#[tokio::test]
async fn only_the_utterance_is_sent() {
    let rig = Rig::start().await;
    let options = [
        ("keyterms", r#"["Viva"]"#),
        ("alternative_languages", r#"["en"]"#),
    ];
    let request = ProviderConfig {
        language: Some("zh-Hant-TW".to_owned()),
        ..config(PROVIDER, MODEL, &options)
    };
    let mut talk = Talk::open(&rig.ears, &request).await;
    talk.audio(0, 3_000).await;
    talk.speak().await;
    talk.audio(0, 200).await;
    talk.finalize().await;
    assert_eq!(talk.text().await, "hello world");
    let upload = rig.server.uploads().remove(0);
    // 300 ms of run-up, 400 ms of sound, 200 ms of silence.
    let loud: Vec<bool> = upload.audio.iter().map(|sample| *sample != 0).collect();
    let runs: Vec<(bool, usize)> = loud
        .chunk_by(|a, b| a == b)
        .map(|run| (run[0], run.len()))
        .collect();
    assert_eq!(runs, [(false, 4_800), (true, 6_400), (false, 3_200)]);
    assert_eq!(
        upload.config,
        json!({
            "encoding": "LINEAR16", "sampleRateHertz": 16_000, "audioChannelCount": 1, "languageCode": "cmn-Hant-TW",
            "alternativeLanguageCodes": ["en-US"], "model": MODEL, "enableAutomaticPunctuation": true,
            "maxAlternatives": 1, "speechContexts": [{"phrases": ["Viva"]}],
        })
    );
}

#[tokio::test]
async fn parts_are_put_together() {
    let rig = Rig::start().await;
    rig.server.hear(Spoken::of("of old.").segment("Tell me a story"));
    let mut talk = rig.talk(&[]).await;
    talk.speak().await;
    talk.finalize().await;
    let whole = SpeechToTextEventKind::Final("Tell me a story of old.".to_owned());
    assert_eq!(talk.next().await, whole);
}

#[tokio::test]
async fn what_nobody_understood_is_an_empty_text() {
    let rig = Rig::start().await;
    rig.server.hear(Spoken::of(""));
    let mut talk = rig.talk(&[]).await;
    talk.speak().await;
    talk.finalize().await;
    assert_eq!(talk.text().await, "");
    assert_eq!(rig.server.uploads().len(), 1);
}

#[tokio::test]
async fn silence_is_not_sent() {
    let rig = Rig::start().await;
    let mut talk = rig.talk(&[]).await;
    talk.audio(0, 500).await;
    talk.finalize().await;
    assert_eq!(talk.text().await, "");
    assert_eq!(rig.server.uploads().len(), 0);
}

#[tokio::test]
async fn of_more_than_the_vendor_takes_the_end_is_sent() {
    let rig = Rig::start().await;
    let mut talk = rig.talk(&[]).await;
    talk.began(0).await;
    let mut samples = vec![1_000; talk.samples(64_000)];
    samples[talk.samples(4_000)..].fill(8_000);
    talk.send(SpeechToTextCommand::Audio(samples.into())).await;
    talk.finalize().await;
    assert_eq!(talk.text().await, "hello world");
    let audio = rig.server.uploads().remove(0).audio;
    assert_eq!(audio.len(), talk.samples(59_500));
    assert!(audio.iter().all(|sample| *sample == 8_000));
}

#[tokio::test]
async fn answers_keep_their_order_and_are_as_late_as_the_vendor_is() {
    let rig = Rig::start().await;
    let slow = Duration::from_millis(150);
    rig.server.hear(Spoken::of("one").after(slow));
    rig.server.hear(Spoken::of("two"));
    let mut talk = rig.talk(&[]).await;
    let began = Instant::now();
    for sent in 1..3 {
        talk.speak().await;
        talk.finalize().await;
        patiently(rig.server.until(|uploads| uploads.len() == sent)).await;
    }
    assert_eq!([talk.text().await, talk.text().await], ["one", "two"]);
    assert!(began.elapsed() >= slow, "it was earlier than the vendor");
}

#[tokio::test]
async fn hanging_up_closes_the_connection_at_once() {
    hanging_up::is_noticed_at_once(async || {
        let rig = Rig::start().await;
        rig.server.hear(Spoken::of("").hangs());
        let mut talk = rig.talk(&[]).await;
        talk.speak().await;
        talk.finalize().await;
        patiently(rig.server.until(|uploads| uploads.len() == 1)).await;
        let hung_up = Instant::now();
        drop(talk);
        let uploads = patiently(rig.server.until(|uploads| uploads[0].cancelled.is_some())).await;
        rig.ends().await;
        uploads[0].cancelled.unwrap() - hung_up
    })
    .await;
}

#[tokio::test]
async fn neither_key_nor_words_are_logged() {
    let logs = CapturedLogs::start();
    let rig = Rig::start().await;
    rig.server.hear(Spoken::of("top secret words"));
    let mut talk = rig.talk(&[("keyterms", r#"["top secret term"]"#)]).await;
    talk.speak().await;
    talk.finalize().await;
    assert_eq!(talk.text().await, "top secret words");
    drop(talk);
    // The server answers a wrong key with the key.
    let wrong = GoogleCloudSpeechToText {
        account: account(&rig.server.base_url(), Some("wrong-key")),
        ..rig.ears.clone()
    };
    let mut talk = Talk::open(&wrong, &config(PROVIDER, MODEL, &[])).await;
    talk.speak().await;
    talk.finalize().await;
    let failed = talk.answer().await;
    drop(talk);
    let told = format!("{failed:?} {wrong:?} {:?}", rig.ears);
    rig.ends().await;
    let logged = logged(&logs);
    assert!(
        logged.contains("provider.google_cloud.stt.connect"),
        "nothing was logged: {logged}"
    );
    for secret in [KEY, "wrong-key", "top secret"] {
        assert!(!logged.contains(secret), "{logged}");
        assert!(!told.contains(secret), "{told}");
    }
}
