use std::time::Duration;

use serde_json::{Value, json};
use viva_domain::ports::SpeechToTextEventKind;
use viva_domain::sessions::ProviderConfig;
use viva_fakes::vendors::ears::Spoken;

use super::super::config::Settings;
use super::super::dialect::Recognition;
use super::{MODEL, kind};
use crate::providers::Defaults;
use crate::providers::ears::rig::Rig;
use crate::providers::ears::talk::{Talk, config, http, patiently};
use crate::providers::ears::{Dialect, Dialing, Said};
use crate::providers::testing::{PROVIDER, account};

fn partial(text: &str) -> SpeechToTextEventKind {
    SpeechToTextEventKind::Partial(text.to_owned())
}

fn transcript(message: &str, text: &str) -> Value {
    json!({"message": message, "metadata": {"start_time": 0.0, "end_time": 0.1, "transcript": text}, "results": []})
}

#[tokio::test]
async fn final_parts_are_put_together_and_partials_replaced() {
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
async fn the_vendor_gets_speech_only_and_the_settings() {
    let rig = Rig::start(kind()).await;
    let request = ProviderConfig {
        language: Some("zh-Hant-TW".to_owned()),
        ..config(PROVIDER, MODEL, &[("keyterms", r#"["Viva"]"#)])
    };
    let mut talk = Talk::open(&rig.ears, &request).await;
    for _ in 0..2 {
        talk.audio(0, 2_000).await;
        talk.speak().await;
        talk.audio(0, 200).await;
        talk.finalize().await;
        assert_eq!(talk.text().await, "hello world");
    }
    let line = rig.line();
    assert_eq!(line.path, "/v2");
    // 300 ms of run-up, 400 ms of sound, 200 ms of silence.
    let loud: Vec<bool> = line.audio.iter().map(|sample| *sample != 0).collect();
    let runs: Vec<(bool, usize)> = loud
        .chunk_by(|a, b| a == b)
        .map(|run| (run[0], run.len()))
        .collect();
    assert_eq!(
        runs,
        [
            (false, 4_800),
            (true, 6_400),
            (false, 8_000),
            (true, 6_400),
            (false, 3_200)
        ]
    );
    assert_eq!(
        line.texts[0],
        json!({
            "message": "StartRecognition",
            "audio_format": {"type": "raw", "encoding": "pcm_s16le", "sample_rate": 16_000},
            "transcription_config": {
                "language": "cmn", "output_locale": "cmn-Hant", "model": MODEL, "enable_partials": true,
                "additional_vocab": [{"content": "Viva"}],
            },
        })
    );
    // Times are those of the audio that was sent.
    let end = |timestamp: f64| json!({"message": "ForceEndOfUtterance", "timestamp": timestamp});
    assert_eq!(line.texts[1..], [end(0.9), end(1.8)]);
}

#[tokio::test]
async fn without_speech_nobody_is_asked() {
    let rig = Rig::start(kind()).await;
    rig.server.hear(Spoken::of("").segment("The news."));
    let mut talk = rig.talk(&[]).await;
    // A radio that nobody takes for the user.
    talk.audio(8_000, 200).await;
    talk.finalize().await;
    assert_eq!(talk.next().await, SpeechToTextEventKind::Final(String::new()));
    assert_eq!((rig.line().texts.len(), rig.line().audio.len()), (1, 0));
}

#[test]
fn what_is_said_between_utterances_belongs_to_none() {
    let settings = Settings::of(&config(PROVIDER, MODEL, &[]), &Defaults::default()).unwrap();
    let vendor = account("http://127.0.0.1:9", None);
    let dialing = Dialing::new(&vendor, &http(), vendor.url("v2"));
    let mut recognition = Recognition::new(dialing, &settings.start(), Duration::ZERO);
    let mut said = Said::default();
    let mut hear = |recognition: &mut Recognition, message: Value| {
        recognition.hear(&message.to_string(), &mut said);
        std::mem::take(&mut said.events)
    };
    let over = json!({"message": "EndOfUtterance", "forced": true});
    let by_itself = json!({"message": "EndOfUtterance", "forced": false});
    for message in [
        transcript("AddTranscript", "late "),
        transcript("AddPartialTranscript", "late"),
        over.clone(),
    ] {
        assert!(hear(&mut recognition, message).is_empty());
    }
    recognition.began(Duration::ZERO);
    recognition.audio(&[1; 160]);
    // Nobody asked for it, and the utterance goes on.
    assert!(hear(&mut recognition, over.clone()).is_empty());
    recognition.finalize(&mut Said::default());
    assert_eq!(
        hear(&mut recognition, transcript("AddTranscript", "Next. ")),
        [partial("Next.")]
    );
    // The vendor heard a pause, and is not done with the rest.
    assert!(hear(&mut recognition, by_itself).is_empty());
    assert_eq!(
        hear(&mut recognition, transcript("AddTranscript", "Please. ")),
        [partial("Next. Please.")]
    );
    let text = SpeechToTextEventKind::Final("Next. Please.".to_owned());
    assert_eq!(hear(&mut recognition, over), [text]);
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
async fn a_vendor_that_gets_nothing_is_pinged() {
    let mut rig = Rig::start(kind()).await;
    rig.ears.keep_alive = Duration::from_millis(20);
    let mut talk = rig.talk(&[]).await;
    patiently(rig.server.until(|lines| lines.iter().any(|line| line.pings >= 5))).await;
    talk.speak().await;
    talk.finalize().await;
    assert_eq!(talk.text().await, "hello world");
    assert_eq!(rig.server.requests().len(), 1, "it was called again");
}
