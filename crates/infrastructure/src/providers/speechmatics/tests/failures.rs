use std::time::Duration;

use rstest::rstest;
use serde_json::json;
use viva_domain::ports::{ProviderErrorKind, SpeechToText};
use viva_domain::sessions::ProviderConfig;
use viva_fakes::CapturedLogs;
use viva_fakes::vendors::ears::Spoken;

use super::{MODEL, kind};
use crate::providers::ears::rig::{Rig, lost};
use crate::providers::ears::talk::{config, patiently};
use crate::providers::testing::PROVIDER;

const UNAVAILABLE: ProviderErrorKind = ProviderErrorKind::Unavailable;

#[tokio::test]
async fn what_the_vendor_does_not_take_is_told_at_once() {
    let rig = Rig::start(kind()).await;
    let refused = rig.ears.connect(config(PROVIDER, "whisper", &[])).await;
    let why = ProviderErrorKind::InvalidConfig("model is not supported".to_owned());
    assert_eq!(refused.unwrap_err().kind, why);
    let request = ProviderConfig {
        language: Some("klingon-KL".to_owned()),
        ..config(PROVIDER, MODEL, &[])
    };
    let refused = rig.ears.connect(request).await;
    let why = ProviderErrorKind::InvalidConfig("language is not supported".to_owned());
    assert_eq!(refused.unwrap_err().kind, why);
}

#[rstest]
#[case(Spoken::of("").errs("job_error", "out of tea"), UNAVAILABLE)]
#[case(Spoken::of("").errs("session_timeout", "48 hours"), UNAVAILABLE)]
#[case(Spoken::of("").errs("quota_exceeded", "50 at a time"), ProviderErrorKind::RateLimited)]
#[case(Spoken::of("").closes(1011, ""), UNAVAILABLE)]
#[tokio::test]
async fn an_utterance_whose_connection_breaks_fails_and_the_next_one_does_not(
    #[case] spoken: Spoken,
    #[case] expected: ProviderErrorKind,
) {
    let rig = Rig::start(kind()).await;
    rig.server.hear(spoken);
    let mut talk = rig.talk(&[]).await;
    talk.speak().await;
    talk.finalize().await;
    assert_eq!(talk.failure().await, expected);
    talk.speak().await;
    talk.finalize().await;
    assert_eq!(talk.text().await, "hello world");
    // It is configured as the first one.
    let lines = rig.server.requests();
    assert_eq!(lines[0].texts[0], lines[1].texts[0]);
}

#[rstest]
#[case("not_authorised", ProviderErrorKind::CredentialInvalid)]
#[case("timelimit_exceeded", ProviderErrorKind::QuotaExceeded)]
#[case("protocol_error", ProviderErrorKind::Failed("why".to_owned()))]
#[tokio::test]
async fn what_another_connection_cannot_cure_ends_the_conversation(
    #[case] code: &str,
    #[case] expected: ProviderErrorKind,
) {
    let rig = Rig::start(kind()).await;
    rig.server.hear(Spoken::of("").errs(code, "why"));
    let mut talk = rig.talk(&[]).await;
    talk.speak().await;
    talk.finalize().await;
    assert_eq!(talk.end().await, expected);
    rig.ends().await;
    assert_eq!(rig.server.requests().len(), 1);
}

#[tokio::test]
async fn a_session_that_was_idle_for_too_long_is_begun_again() {
    let logs = CapturedLogs::start();
    let rig = Rig::start(kind()).await;
    let mut talk = rig.talk(&[]).await;
    patiently(rig.server.until(|lines| lines.len() == 1)).await;
    rig.server
        .say(json!({"message": "Error", "type": "idle_timeout", "reason": "why"}));
    lost(&logs, 1).await;
    talk.speak().await;
    talk.finalize().await;
    assert_eq!(talk.text().await, "hello world");
}

#[tokio::test]
async fn a_vendor_that_never_answers_fails_the_utterance_and_is_called_again() {
    let mut rig = Rig::start(kind()).await;
    rig.ears.patience = Duration::from_millis(300);
    rig.server.hear(Spoken::of("").hangs());
    rig.server.hear(Spoken::of("").segment("In time").hangs());
    let mut talk = rig.talk(&[]).await;
    for expected in [Err(UNAVAILABLE), Ok("In time"), Ok("hello world")] {
        talk.speak().await;
        talk.finalize().await;
        match expected {
            Ok(text) => assert_eq!(talk.text().await, text),
            Err(kind) => assert_eq!(talk.failure().await, kind),
        }
    }
    // What the first two may still say is heard by nobody.
    assert_eq!(rig.server.requests().len(), 3);
}
