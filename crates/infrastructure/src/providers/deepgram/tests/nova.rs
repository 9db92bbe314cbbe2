use std::ops::Range;
use std::time::Duration;

use serde_json::{Value, json};
use viva_domain::ports::{SpeechToText, SpeechToTextEventKind};
use viva_fakes::vendors::deepgram::{DeepgramScript, Spoken};

use super::{NOVA, Rig, Talk, config, patiently};

fn partial(text: &str) -> SpeechToTextEventKind {
    SpeechToTextEventKind::Partial(text.to_owned())
}

#[tokio::test]
async fn final_parts_are_put_together_and_interims_replaced() {
    let rig = Rig::start().await;
    let spoken = Spoken::of("of old.")
        .interim("tell")
        .interim("tell me")
        .segment("Tell me a story");
    rig.server.hear(spoken);
    let mut talk = rig.talk(NOVA, &[]).await;
    talk.speak().await;
    talk.finalize().await;
    let told = [
        talk.next().await,
        talk.next().await,
        talk.next().await,
        talk.next().await,
    ];
    let whole = SpeechToTextEventKind::Final("Tell me a story of old.".to_owned());
    assert_eq!(
        told,
        [
            partial("tell"),
            partial("tell me"),
            partial("Tell me a story"),
            whole
        ]
    );
}

#[tokio::test]
async fn the_vendor_gets_the_audio_and_the_settings() {
    let rig = Rig::start().await;
    let mut request = config("deepgram", NOVA, &[("keyterms", r#"["Viva"]"#)]);
    request.language = Some("zh-Hant-TW".to_owned());
    let mut talk = Talk::open(&rig.ears, &request).await;
    talk.audio(0, 100).await;
    talk.speak().await;
    talk.finalize().await;
    assert_eq!(talk.text().await, "hello world");
    let line = rig.server.requests().remove(0);
    assert_eq!(line.audio.len(), 8_000);
    assert!(line.audio[..1_600].iter().all(|sample| *sample == 0));
    assert!(line.audio[1_600..].iter().all(|sample| *sample == 8_000));
    assert_eq!(line.types(), ["Finalize"]);
    let parameters = line.parameters();
    for (name, value) in [
        ("model", "nova-3"),
        ("encoding", "linear16"),
        ("sample_rate", "16000"),
        ("interim_results", "true"),
        ("endpointing", "false"),
        ("language", "zh-TW"),
        ("keyterm", "Viva"),
    ] {
        assert_eq!(parameters.get(name), Some(&value), "{name}");
    }
}

#[tokio::test]
async fn without_audio_nobody_is_asked() {
    let rig = Rig::start().await;
    let mut talk = rig.talk(NOVA, &[]).await;
    talk.finalize().await;
    assert_eq!(talk.text().await, "");
    talk.speak().await;
    talk.finalize().await;
    talk.finalize().await;
    assert_eq!([talk.text().await, talk.text().await], ["hello world", ""]);
    assert_eq!(rig.server.requests()[0].types(), ["Finalize", "Finalize"]);
}

#[tokio::test]
async fn an_answer_that_comes_too_late_does_not_answer_the_next_order() {
    let rig = Rig::start().await.impatient();
    rig.server.hear(Spoken::of("").segment("In time").hangs());
    let mut talk = rig.talk(NOVA, &[]).await;
    talk.speak().await;
    assert_eq!(talk.next().await, partial("In time"));
    talk.finalize().await;
    // What was final is known; the rest is not waited for.
    assert_eq!(talk.text().await, "In time");
    rig.server.hear(Spoken::of("Next.").interim("Next"));
    rig.server.say(results("too late", 0.0..0.4, true));
    talk.speak().await;
    assert_eq!(talk.next().await, partial("Next"));
    talk.finalize().await;
    assert_eq!(talk.text().await, "Next.");
}

#[tokio::test]
async fn what_was_heard_before_somebody_spoke_is_not_in_the_text() {
    let rig = Rig::start().await;
    let spoken = Spoken::of("Tell me.").interim("The").segment("The news.");
    rig.server.hear(spoken);
    let mut talk = rig.talk(NOVA, &[]).await;
    // A radio that nobody takes for the user.
    talk.audio(8_000, 200).await;
    talk.audio(0, 1_000).await;
    talk.speak().await;
    talk.finalize().await;
    assert_eq!(
        talk.next().await,
        SpeechToTextEventKind::Final("Tell me.".to_owned())
    );
}

#[tokio::test]
async fn a_segment_that_began_before_speech_is_cut_between_words() {
    let rig = Rig::start().await;
    rig.server.hear(Spoken::of("please."));
    let mut talk = rig.talk(NOVA, &[]).await;
    talk.audio(0, 2_000).await;
    talk.speak().await;
    // Speech began at 2 s; a run-up of 300 ms is heard too.
    patiently(rig.server.until(|lines| lines[0].audio.len() == 38_400)).await;
    rig.server.say(json!({
        "type": "Results", "start": 0.0, "duration": 2.3, "is_final": true,
        "channel": {"alternatives": [{"transcript": "The news. Ah, tell me", "words": [
            {"word": "the", "punctuated_word": "The", "start": 1.0, "end": 1.3},
            {"word": "news", "punctuated_word": "News.", "start": 1.3, "end": 1.65},
            {"word": "ah", "punctuated_word": "Ah,", "start": 1.7, "end": 1.8},
            {"word": "tell", "start": 2.0, "end": 2.1},
            {"word": "me", "start": 2.1, "end": 2.3},
        ]}]},
    }));
    assert_eq!(talk.next().await, partial("Ah, tell me"));
    talk.finalize().await;
    assert_eq!(talk.text().await, "Ah, tell me please.");
}

#[tokio::test]
async fn sounds_that_nobody_made_are_not_written_down() {
    let rig = Rig::start().await;
    rig.server.hear(Spoken::of("").segment("The news."));
    let mut talk = rig.talk(NOVA, &[]).await;
    talk.audio(8_000, 200).await;
    talk.finalize().await;
    assert_eq!(talk.next().await, SpeechToTextEventKind::Final(String::new()));
    assert_eq!(rig.server.requests()[0].texts.len(), 0);
}

fn results(text: &str, seconds: Range<f64>, from_finalize: bool) -> Value {
    json!({
        "type": "Results", "start": seconds.start, "duration": seconds.end - seconds.start, "is_final": true,
        "from_finalize": from_finalize, "channel": {"alternatives": [{"transcript": text}]},
    })
}

#[tokio::test]
async fn a_vendor_that_gets_nothing_is_told_that_we_are_there() {
    let script = DeepgramScript {
        idle: Duration::from_secs(1),
        ..DeepgramScript::default()
    };
    let rig = Rig::with(script).await;
    let unless_told = rig.ears.keep_alive;
    // The vendor hangs up after ten seconds, and wants to hear something every three to five.
    let wanted = Duration::from_secs(3)..=Duration::from_secs(5);
    assert!(wanted.contains(&unless_told), "{unless_told:?}");
    let rig = rig.restless();
    let mut talk = rig.talk(NOVA, &[]).await;
    let lines = patiently(rig.server.until(|lines| lines[0].texts.len() >= 60)).await;
    assert!(lines[0].types().iter().all(|kind| *kind == "KeepAlive"));
    talk.speak().await;
    talk.finalize().await;
    assert_eq!(talk.text().await, "hello world");
    assert_eq!(rig.server.requests().len(), 1, "it was called again");
}

#[tokio::test]
async fn a_listener_that_does_not_read_does_not_stop_the_orders() {
    let rig = Rig::start().await;
    let mut talk = rig.talk(NOVA, &[]).await;
    for _ in 0..100 {
        talk.finalize().await;
    }
    for _ in 0..100 {
        assert_eq!(talk.text().await, "");
    }
}

#[tokio::test]
async fn the_model_says_who_finds_turns() {
    let rig = Rig::start().await;
    let detects = |model| {
        rig.ears
            .capabilities(&config("deepgram", model, &[]))
            .detects_turns
    };
    assert!(detects("flux-general-multi") && !detects("nova-3-medical"));
    let unset = viva_domain::sessions::ProviderConfig::of("deepgram");
    assert_eq!(rig.ears.resolve(&unset).unwrap().model.as_deref(), Some(NOVA));
    assert!(!rig.ears.capabilities(&unset).detects_turns);
}
