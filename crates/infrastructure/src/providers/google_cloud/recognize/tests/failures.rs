use std::time::Duration;

use rstest::rstest;
use viva_domain::ports::{ProviderErrorKind, SpeechToText, SpeechToTextEventKind};
use viva_fakes::vendors::google_cloud::Spoken;

use super::{KEY, MODEL, Rig};
use crate::providers::ears::talk::config;
use crate::providers::google_cloud::GoogleCloudSpeechToText;
use crate::providers::testing::{PROVIDER, account};

const UNAVAILABLE: ProviderErrorKind = ProviderErrorKind::Unavailable;

#[rstest]
#[case(400, "API_KEY_INVALID", ProviderErrorKind::CredentialInvalid, 1)]
#[case(403, "API_KEY_SERVICE_BLOCKED", ProviderErrorKind::CredentialForbidden, 1)]
#[case(400, "", ProviderErrorKind::Failed("why".to_owned()), 1)]
#[case(503, "", UNAVAILABLE, 3)]
#[tokio::test]
async fn a_refused_utterance_fails_alone(
    #[case] status: u16,
    #[case] reason: &str,
    #[case] kind: ProviderErrorKind,
    #[case] tries: usize,
) {
    let rig = Rig::start().await;
    for _ in 0..tries {
        rig.server.refuse(status, reason, "why", None);
    }
    let mut talk = rig.talk(&[]).await;
    talk.speak().await;
    talk.finalize().await;
    assert_eq!(talk.failure().await, kind);
    talk.speak().await;
    talk.finalize().await;
    assert_eq!(talk.text().await, "hello world");
}

#[tokio::test]
async fn a_passing_refusal_is_not_told() {
    let rig = Rig::start().await;
    rig.server.refuse(500, "", "why", None);
    rig.server.refuse(429, "", "why", Some(1));
    let mut talk = rig.talk(&[]).await;
    talk.speak().await;
    talk.finalize().await;
    assert_eq!(talk.text().await, "hello world");
}

#[tokio::test]
async fn a_vendor_that_wants_a_long_break_gets_it() {
    let rig = Rig::start().await;
    rig.server.refuse(429, "", "why", Some(60));
    let mut talk = rig.talk(&[]).await;
    talk.speak().await;
    talk.finalize().await;
    let SpeechToTextEventKind::FinalFailed(err) = talk.answer().await else {
        panic!("it was asked again");
    };
    assert_eq!(err.kind, ProviderErrorKind::RateLimited);
    assert_eq!(err.retry_after, Some(Duration::from_mins(1)));
}

#[tokio::test]
async fn an_answer_that_breaks_off_fails_its_utterance_only() {
    let rig = Rig::start().await;
    rig.server.hear(Spoken::of("one two").cuts());
    let mut talk = rig.talk(&[]).await;
    talk.speak().await;
    talk.finalize().await;
    assert_eq!(talk.failure().await, UNAVAILABLE);
    talk.speak().await;
    talk.finalize().await;
    assert_eq!(talk.text().await, "hello world");
}

#[tokio::test]
async fn the_vendor_itself_is_not_called_without_a_key() {
    let rig = Rig::start().await;
    let ears = GoogleCloudSpeechToText {
        account: account("https://eu-speech.googleapis.com", None),
        ..rig.ears.clone()
    };
    let refused = ears.connect(config(PROVIDER, MODEL, &[])).await;
    assert_eq!(refused.unwrap_err().kind, ProviderErrorKind::CredentialMissing);
    let nobody = GoogleCloudSpeechToText {
        account: account("http://127.0.0.1:9", Some(KEY)),
        ..rig.ears.clone()
    };
    let mut talk = crate::providers::ears::talk::Talk::open(&nobody, &config(PROVIDER, MODEL, &[])).await;
    talk.speak().await;
    talk.finalize().await;
    assert_eq!(talk.failure().await, UNAVAILABLE);
}
