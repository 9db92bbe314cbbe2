use std::time::Duration;

use rstest::rstest;
use serde_json::{Value, json};
use viva_domain::ports::{ProviderErrorKind, SpeechToText, SpeechToTextEventKind};
use viva_domain::sessions::ProviderConfig;
use viva_fakes::CapturedLogs;
use viva_fakes::vendors::deepgram::{DeepgramScript, Spoken};

use super::{FLUX, NOVA, PROVIDER, Rig, Talk, config, patiently};
use crate::providers::ears::rig::lost;

const UNAVAILABLE: ProviderErrorKind = ProviderErrorKind::Unavailable;

#[rstest]
#[case(401, "INVALID_AUTH", None, ProviderErrorKind::CredentialInvalid)]
#[case(402, "ASR_PAYMENT_REQUIRED", None, ProviderErrorKind::QuotaExceeded)]
#[case(429, "TOO_MANY_REQUESTS", Some(7), ProviderErrorKind::RateLimited)]
#[case(400, "Bad Request", None, ProviderErrorKind::Failed("why".to_owned()))]
#[tokio::test]
async fn a_refusal_is_told(
    #[case] status: u16,
    #[case] code: &str,
    #[case] retry_after: Option<u64>,
    #[case] kind: ProviderErrorKind,
) {
    for model in [NOVA, FLUX] {
        let rig = Rig::start().await;
        // It is not asked again: it would let us in.
        rig.server.refuse(status, code, "why", retry_after);
        let err = rig
            .ears
            .connect(config("deepgram", model, &[]))
            .await
            .unwrap_err();
        assert_eq!((&err.kind, err.provider.as_str()), (&kind, PROVIDER));
        assert_eq!(err.retry_after, retry_after.map(Duration::from_secs));
    }
}

#[tokio::test]
async fn a_slow_handshake_is_waited_for() {
    let rig = Rig::with(DeepgramScript {
        handshake: Duration::from_millis(300),
        ..DeepgramScript::default()
    })
    .await;
    let mut talk = rig.talk(NOVA, &[]).await;
    talk.speak().await;
    talk.finalize().await;
    assert_eq!(talk.text().await, "hello world");
}

#[tokio::test]
async fn a_connection_that_breaks_between_utterances_is_opened_again_without_a_word() {
    for model in [NOVA, FLUX] {
        let logs = CapturedLogs::start();
        let rig = Rig::start().await;
        let mut talk = rig.talk(model, &[]).await;
        for cut in 0..3 {
            rig.server.hear(Spoken::of("Here again."));
            talk.speak().await;
            if model == FLUX {
                assert_eq!(talk.answer().await, SpeechToTextEventKind::SpeechStarted);
            }
            talk.finalize().await;
            assert_eq!(talk.text().await, "Here again.", "{model} after {cut} cuts");
            match cut {
                0 => rig.server.cut(),
                1 => rig.server.close(1011, "NET-0001"),
                _ => rig.server.close(1012, ""),
            }
            // What is said until the line is back is kept.
            lost(&logs, cut + 1).await;
        }
        assert_eq!(rig.server.requests().len(), 3);
    }
}

#[tokio::test]
async fn an_utterance_whose_connection_breaks_fails_and_the_next_one_does_not() {
    let rig = Rig::start().await;
    let mut talk = rig.talk(NOVA, &[]).await;
    talk.speak().await;
    patiently(rig.server.until(|lines| lines[0].audio.len() == 6_400)).await;
    rig.server.cut();
    patiently(rig.server.until(|lines| lines.len() == 2)).await;
    // The rest of the utterance would only be half of it.
    talk.audio(8_000, 100).await;
    talk.finalize().await;
    assert_eq!(talk.failure().await, UNAVAILABLE);
    rig.server.hear(Spoken::of("Whole."));
    talk.speak().await;
    talk.finalize().await;
    assert_eq!(talk.text().await, "Whole.");
    assert_eq!(rig.server.requests()[1].audio.len(), 6_400);
}

#[rstest]
#[case(Spoken::of("").cuts())]
#[case(Spoken::of("").closes(1000, ""))]
#[case(Spoken::of("").closes(1001, ""))]
#[case(Spoken::of("").closes(1011, ""))]
#[case(Spoken::of("").errs("InternalServerError", "out of tea"))]
#[case(Spoken::of("").errs("INTERNAL_SERVER_ERROR", "out of tea"))]
#[tokio::test]
async fn an_order_whose_connection_breaks_fails_and_the_next_one_does_not(#[case] spoken: Spoken) {
    for model in [NOVA, FLUX] {
        let rig = Rig::start().await;
        rig.server.hear(spoken.clone());
        rig.server.hear(Spoken::of("Whole."));
        let mut talk = rig.talk(model, &[]).await;
        for expected in [Err(UNAVAILABLE), Ok("Whole.")] {
            talk.speak().await;
            if model == FLUX {
                assert_eq!(talk.answer().await, SpeechToTextEventKind::SpeechStarted);
            }
            talk.finalize().await;
            match expected {
                Ok(text) => assert_eq!(talk.text().await, text),
                Err(kind) => assert_eq!(talk.failure().await, kind),
            }
        }
    }
}

#[rstest]
#[case(NOVA, "zh-TW", ("language", "zh-TW"))]
#[case("flux-general-multi", "de-AT", ("language_hint", "de"))]
#[tokio::test]
async fn another_connection_is_asked_for_as_the_first_one(
    #[case] model: &str,
    #[case] language: &str,
    #[case] told: (&str, &str),
) {
    let rig = Rig::start().await;
    let options = [("keyterms", r#"["Kokoro", "Viva"]"#), ("numerals", "true")];
    let config = ProviderConfig {
        language: Some(language.to_owned()),
        ..config(PROVIDER, model, &options)
    };
    let mut talk = Talk::open(&rig.ears, &config).await;
    patiently(rig.server.until(|lines| lines.len() == 1)).await;
    rig.server.cut();
    talk.speak().await;
    let lines = patiently(rig.server.until(|lines| lines.len() == 2)).await;
    assert_eq!(
        (&lines[1].path, &lines[1].query),
        (&lines[0].path, &lines[0].query)
    );
    for (name, value) in [
        told,
        ("keyterm", "Kokoro"),
        ("keyterm", "Viva"),
        ("numerals", "true"),
    ] {
        let asked = (name.to_owned(), value.to_owned());
        assert!(lines[1].query.contains(&asked), "{asked:?}: {:?}", lines[1].query);
    }
}

#[tokio::test]
async fn a_turn_of_the_vendor_that_breaks_off_fails_by_itself() {
    let rig = Rig::start().await;
    let mut talk = rig.talk(FLUX, &[]).await;
    talk.speak().await;
    assert_eq!(talk.answer().await, SpeechToTextEventKind::SpeechStarted);
    rig.server.cut();
    assert_eq!(talk.failure().await, UNAVAILABLE);
    talk.speak().await;
    assert_eq!(talk.answer().await, SpeechToTextEventKind::SpeechStarted);
    talk.finalize().await;
    assert_eq!(talk.text().await, "hello world");
}

#[tokio::test]
async fn a_vendor_that_never_answers_fails_the_utterance_only() {
    let rig = Rig::start().await.impatient();
    rig.server.hear(Spoken::of("").hangs());
    let mut talk = rig.talk(NOVA, &[]).await;
    talk.speak().await;
    talk.finalize().await;
    assert_eq!(talk.failure().await, UNAVAILABLE);
    talk.speak().await;
    talk.finalize().await;
    assert_eq!(talk.text().await, "hello world");
}

#[rstest]
#[case(Spoken::of("").errs("SchemaError", "out of tea"), ProviderErrorKind::Failed("out of tea".to_owned()))]
#[case(Spoken::of("").closes(1008, "DATA-0000"), ProviderErrorKind::Failed("it closed the connection with 1008 DATA-0000".to_owned()))]
#[tokio::test]
async fn what_another_connection_cannot_cure_ends_the_conversation(
    #[case] spoken: Spoken,
    #[case] kind: ProviderErrorKind,
) {
    let rig = Rig::start().await;
    rig.server.hear(spoken);
    let mut talk = rig.talk(NOVA, &[]).await;
    talk.speak().await;
    talk.finalize().await;
    assert_eq!(talk.end().await, kind);
    rig.ends().await;
    assert_eq!(rig.server.requests().len(), 1);
}

/// An error by this name, as both APIs write it.
fn error(code: &str) -> Value {
    json!({"type": "Error", "code": code, "variant": code, "description": "why", "sequence_id": 1})
}

#[rstest]
#[case("INTERNAL_SERVER_ERROR")]
#[case("InternalError")]
#[case("UnexpectedServerError")]
#[case("NET-0001")]
#[case("TOO_MANY_REQUESTS")]
#[tokio::test]
async fn an_error_that_passes_by_is_cured_by_another_connection(#[case] code: &str) {
    for model in [NOVA, FLUX] {
        let logs = CapturedLogs::start();
        let rig = Rig::start().await;
        let mut talk = rig.talk(model, &[]).await;
        patiently(rig.server.until(|lines| lines.len() == 1)).await;
        rig.server.say(error(code));
        lost(&logs, 1).await;
        talk.speak().await;
        if model == FLUX {
            assert_eq!(talk.answer().await, SpeechToTextEventKind::SpeechStarted);
        }
        talk.finalize().await;
        assert_eq!(talk.text().await, "hello world");
        assert_eq!(rig.server.requests().len(), 2);
    }
}

#[rstest]
#[case("SchemaError", ProviderErrorKind::Failed("why".to_owned()))]
#[case("INVALID_AUTH", ProviderErrorKind::CredentialInvalid)]
#[case("ASR_PAYMENT_REQUIRED", ProviderErrorKind::QuotaExceeded)]
#[tokio::test]
async fn an_error_that_does_not_pass_by_ends_the_conversation(
    #[case] code: &str,
    #[case] kind: ProviderErrorKind,
) {
    for model in [NOVA, FLUX] {
        let rig = Rig::start().await;
        let mut talk = rig.talk(model, &[]).await;
        patiently(rig.server.until(|lines| lines.len() == 1)).await;
        rig.server.say(error(code));
        assert_eq!(talk.end().await, kind);
        rig.ends().await;
        assert_eq!(rig.server.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_key_that_is_refused_meanwhile_ends_the_conversation() {
    let rig = Rig::start().await;
    let mut talk = rig.talk(NOVA, &[]).await;
    rig.server.refuse(503, "UNAVAILABLE", "soon", None);
    rig.server.refuse(401, "INVALID_AUTH", "no more", None);
    patiently(rig.server.until(|lines| lines.len() == 1)).await;
    rig.server.cut();
    assert_eq!(talk.end().await, ProviderErrorKind::CredentialInvalid);
    rig.ends().await;
}

#[tokio::test]
async fn a_line_that_ends_in_silence_is_opened_by_the_next_audio() {
    let logs = CapturedLogs::start();
    let mut rig = Rig::start().await;
    rig.ears.keep_alive = Duration::ZERO;
    let mut talk = rig.talk(FLUX, &[]).await;
    patiently(rig.server.until(|lines| lines.len() == 1)).await;
    rig.server.cut();
    lost(&logs, 1).await;
    talk.speak().await;
    assert_eq!(talk.answer().await, SpeechToTextEventKind::SpeechStarted);
    talk.finalize().await;
    assert_eq!(talk.text().await, "hello world");
    let lines = rig.server.requests();
    assert_eq!((lines.len(), lines[1].audio.len()), (2, 6_400));
}
