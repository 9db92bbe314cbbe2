use rstest::rstest;
use serde_json::json;
use viva_domain::ports::{ProviderErrorKind, SpeechToTextEventKind};
use viva_fakes::CapturedLogs;
use viva_fakes::vendors::ears::Spoken;

use super::kind;
use crate::providers::ears::rig::{Rig, lost};
use crate::providers::ears::talk::patiently;

const UNAVAILABLE: ProviderErrorKind = ProviderErrorKind::Unavailable;

#[rstest]
#[case(Spoken::of("").errs("3005", "out of tea"))]
#[case(Spoken::of("").errs("1013", "try again later"))]
#[case(Spoken::of("").closes(3008, "Session Expired"))]
#[case(Spoken::of("").closes(1011, ""))]
#[tokio::test]
async fn a_turn_whose_connection_breaks_fails_and_the_next_one_does_not(#[case] spoken: Spoken) {
    let rig = Rig::start(kind()).await;
    rig.server.hear(spoken);
    let mut talk = rig.talk(&[]).await;
    for expected in [Err(UNAVAILABLE), Ok("hello world")] {
        talk.speak().await;
        assert_eq!(talk.answer().await, SpeechToTextEventKind::SpeechStarted);
        talk.finalize().await;
        match expected {
            Ok(text) => assert_eq!(talk.text().await, text),
            Err(kind) => assert_eq!(talk.failure().await, kind),
        }
    }
    assert_eq!(rig.server.requests().len(), 2);
}

#[rstest]
#[case("4001", ProviderErrorKind::CredentialInvalid)]
#[case("4002", ProviderErrorKind::QuotaExceeded)]
#[case("3006", ProviderErrorKind::Failed("why".to_owned()))]
#[tokio::test]
async fn what_another_connection_cannot_cure_ends_the_conversation(
    #[case] code: &str,
    #[case] expected: ProviderErrorKind,
) {
    let rig = Rig::start(kind()).await;
    rig.server.hear(Spoken::of("").errs(code, "why"));
    let mut talk = rig.talk(&[]).await;
    talk.speak().await;
    assert_eq!(talk.answer().await, SpeechToTextEventKind::SpeechStarted);
    talk.finalize().await;
    assert_eq!(talk.end().await, expected);
    rig.ends().await;
    assert_eq!(rig.server.requests().len(), 1);
}

#[rstest]
#[case(4029)]
#[case(4031)]
#[tokio::test]
async fn a_code_that_passes_by_is_cured_by_another_connection(#[case] code: u16) {
    let logs = CapturedLogs::start();
    let rig = Rig::start(kind()).await;
    let mut talk = rig.talk(&[]).await;
    patiently(rig.server.until(|lines| lines.len() == 1)).await;
    rig.server.close(code, "why");
    lost(&logs, 1).await;
    talk.speak().await;
    assert_eq!(talk.answer().await, SpeechToTextEventKind::SpeechStarted);
    talk.finalize().await;
    assert_eq!(talk.text().await, "hello world");
}

#[tokio::test]
async fn a_turn_of_the_vendor_that_breaks_off_fails_by_itself() {
    let rig = Rig::start(kind()).await;
    let mut talk = rig.talk(&[]).await;
    talk.speak().await;
    assert_eq!(talk.answer().await, SpeechToTextEventKind::SpeechStarted);
    rig.server
        .say(json!({"type": "Error", "error_code": 3005, "error": "why"}));
    assert_eq!(talk.failure().await, UNAVAILABLE);
}
