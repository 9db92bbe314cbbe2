use std::time::Duration;

use rstest::rstest;
use serde_json::json;
use viva_domain::ports::{ProviderErrorKind, SpeechToTextEventKind};
use viva_fakes::CapturedLogs;
use viva_fakes::vendors::ears::{EarsServer, Spoken};

use super::kind;
use crate::providers::ears::rig::{Rig, lost};
use crate::providers::ears::talk::patiently;

const UNAVAILABLE: ProviderErrorKind = ProviderErrorKind::Unavailable;

#[rstest]
#[case(Spoken::of("").errs("transcriber_error", "out of tea"), UNAVAILABLE)]
#[case(Spoken::of("").errs("rate_limited", "slower"), ProviderErrorKind::RateLimited)]
#[case(Spoken::of("").errs("commit_throttled", "slower"), ProviderErrorKind::RateLimited)]
#[case(Spoken::of("").closes(1011, ""), UNAVAILABLE)]
#[tokio::test]
async fn an_utterance_that_fails_fails_alone(#[case] spoken: Spoken, #[case] expected: ProviderErrorKind) {
    let rig = Rig::start(kind()).await;
    rig.server.hear(spoken);
    let mut talk = rig.talk(&[]).await;
    talk.speak().await;
    talk.finalize().await;
    assert_eq!(talk.failure().await, expected);
    talk.speak().await;
    talk.finalize().await;
    assert_eq!(talk.text().await, "hello world");
    assert_eq!(rig.server.requests().len(), 2);
}

#[tokio::test]
async fn too_little_to_understand_is_nothing() {
    let rig = Rig::start(kind()).await;
    rig.server
        .hear(Spoken::of("").errs("insufficient_audio_activity", "hm"));
    let mut talk = rig.talk(&[]).await;
    talk.speak().await;
    talk.finalize().await;
    assert_eq!(talk.next().await, SpeechToTextEventKind::Final(String::new()));
    assert_eq!(rig.server.requests().len(), 1);
}

#[rstest]
#[case("auth_error", ProviderErrorKind::CredentialInvalid)]
#[case("quota_exceeded", ProviderErrorKind::QuotaExceeded)]
#[case("input_error", ProviderErrorKind::Failed("why".to_owned()))]
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

#[rstest]
#[case(|server: &EarsServer| server.say(json!({"message_type": "session_time_limit_exceeded", "error": "why"})))]
#[case(|server: &EarsServer| server.close(1_000, ""))]
#[tokio::test]
async fn a_session_that_is_over_is_begun_again(#[case] end: fn(&EarsServer)) {
    let logs = CapturedLogs::start();
    let rig = Rig::start(kind()).await;
    let mut talk = rig.talk(&[]).await;
    patiently(rig.server.until(|lines| lines.len() == 1)).await;
    end(&rig.server);
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
    rig.server.hear(Spoken::of("").interim("In time").hangs());
    let mut talk = rig.talk(&[]).await;
    for expected in [Err(UNAVAILABLE), Ok("In time"), Ok("hello world")] {
        talk.speak().await;
        talk.finalize().await;
        match expected {
            Ok(text) => assert_eq!(talk.text().await, text),
            Err(kind) => assert_eq!(talk.failure().await, kind),
        }
    }
    assert_eq!(rig.server.requests().len(), 3);
}
