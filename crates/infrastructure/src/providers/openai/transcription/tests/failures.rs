use std::time::{Duration, Instant};

use rstest::rstest;
use serde_json::json;
use viva_domain::ports::{ProviderErrorKind, SpeechToText};
use viva_fakes::vendors::openai_transcription::{OpenAiTranscriptionScript, SpokenText};

use super::{FILES, PROVIDER, REALTIME, Rig, config};
use crate::providers::ears::talk::http;
use crate::providers::testing::account;

const UNAVAILABLE: ProviderErrorKind = ProviderErrorKind::Unavailable;

#[rstest]
#[case(401, "invalid_api_key", ProviderErrorKind::CredentialInvalid, 1)]
#[case(429, "insufficient_quota", ProviderErrorKind::QuotaExceeded, 1)]
#[case(404, "model_not_found", ProviderErrorKind::InvalidConfig("why".to_owned()), 1)]
#[case(500, "server_error", UNAVAILABLE, 3)]
#[tokio::test]
async fn a_refused_file_fails_its_utterance_only(
    #[case] status: u16,
    #[case] code: &str,
    #[case] kind: ProviderErrorKind,
    #[case] tries: usize,
) {
    let rig = Rig::start().await;
    for _ in 0..tries {
        rig.server.refuse(status, code, "why", None);
    }
    let mut talk = rig.talk(FILES, &[]).await;
    talk.speak().await;
    talk.finalize().await;
    assert_eq!(talk.failure().await, kind);
    talk.speak().await;
    talk.finalize().await;
    assert_eq!(talk.text().await, "hello world");
}

#[rstest]
#[case(500, None)]
#[case(429, Some(1))]
#[tokio::test]
async fn a_passing_refusal_is_not_told(#[case] status: u16, #[case] retry_after: Option<u64>) {
    let rig = Rig::start().await;
    rig.server
        .refuse(status, "rate_limit_exceeded", "why", retry_after);
    let mut talk = rig.talk(FILES, &[]).await;
    talk.speak().await;
    let asked = Instant::now();
    talk.finalize().await;
    assert_eq!(talk.text().await, "hello world");
    let waited = asked.elapsed();
    let least = Duration::from_secs(retry_after.unwrap_or_default());
    assert!(
        waited >= least && waited < least + Duration::from_secs(1),
        "it was asked again after {waited:?}"
    );
}

#[tokio::test]
async fn a_vendor_that_wants_a_long_break_gets_it() {
    let rig = Rig::start().await;
    rig.server.refuse(429, "rate_limit_exceeded", "why", Some(60));
    let mut talk = rig.talk(FILES, &[]).await;
    talk.speak().await;
    talk.finalize().await;
    let viva_domain::ports::SpeechToTextEventKind::FinalFailed(err) = talk.answer().await else {
        panic!("it was asked again");
    };
    assert_eq!(err.kind, ProviderErrorKind::RateLimited);
    assert_eq!(err.retry_after, Some(Duration::from_mins(1)));
}

#[rstest]
#[case(SpokenText::of("one two").cuts(), true)]
#[case(SpokenText::of("one two").cuts(), false)]
#[case(SpokenText::of("one two").errs("server_error"), true)]
#[tokio::test]
async fn an_answer_that_breaks_off_fails_its_utterance_only(
    #[case] spoken: SpokenText,
    #[case] streams: bool,
) {
    let rig = Rig::with(OpenAiTranscriptionScript {
        streams,
        ..OpenAiTranscriptionScript::default()
    })
    .await;
    rig.server.hear(spoken);
    let mut talk = rig.talk(FILES, &[]).await;
    talk.speak().await;
    talk.finalize().await;
    assert_eq!(talk.failure().await, UNAVAILABLE);
    talk.speak().await;
    talk.finalize().await;
    assert_eq!(talk.text().await, "hello world");
}

#[rstest]
#[case(SpokenText::of("").errs("server_error"), UNAVAILABLE)]
#[case(SpokenText::of("").errs("audio_unintelligible"), ProviderErrorKind::Failed("it went wrong".to_owned()))]
#[tokio::test]
async fn an_item_that_fails_fails_its_utterance_only(
    #[case] spoken: SpokenText,
    #[case] kind: ProviderErrorKind,
) {
    let rig = Rig::start().await;
    rig.server.hear(spoken);
    let mut talk = rig.talk(REALTIME, &[]).await;
    talk.speak().await;
    talk.finalize().await;
    assert_eq!(talk.failure().await, kind);
    talk.speak().await;
    talk.finalize().await;
    assert_eq!(talk.text().await, "hello world");
}

#[tokio::test]
async fn a_transcript_that_does_not_end_broke_off() {
    let rig = Rig::start().await;
    rig.server.hear(SpokenText::of("Tell me a").ends());
    let mut talk = rig.talk(FILES, &[]).await;
    talk.speak().await;
    talk.finalize().await;
    assert_eq!(talk.failure().await, UNAVAILABLE);
    talk.speak().await;
    talk.finalize().await;
    assert_eq!(talk.text().await, "hello world");
}

#[tokio::test]
async fn a_vendor_that_never_answers_fails_the_utterance_only() {
    let rig = Rig::start().await.impatient();
    rig.server.hear(SpokenText::of("").hangs());
    let mut talk = rig.talk(REALTIME, &[]).await;
    talk.speak().await;
    talk.finalize().await;
    assert_eq!(talk.failure().await, UNAVAILABLE);
    talk.speak().await;
    talk.finalize().await;
    assert_eq!(talk.text().await, "hello world");
}

#[rstest]
#[case("insufficient_quota", ProviderErrorKind::QuotaExceeded)]
#[case("billing_hard_limit_reached", ProviderErrorKind::QuotaExceeded)]
#[case("credit_balance_exhausted", ProviderErrorKind::QuotaExceeded)]
#[case("invalid_api_key", ProviderErrorKind::CredentialInvalid)]
#[case("account_deactivated", ProviderErrorKind::CredentialInvalid)]
#[case("model_not_found", ProviderErrorKind::InvalidConfig("why".to_owned()))]
#[tokio::test]
async fn an_error_that_stays_ends_the_conversation(#[case] code: &str, #[case] kind: ProviderErrorKind) {
    let rig = Rig::start().await;
    let mut talk = rig.talk(REALTIME, &[]).await;
    rig.server
        .say(json!({"type": "error", "error": {"type": "t", "code": "passing", "message": "why"}}));
    rig.server
        .say(json!({"type": "error", "error": {"type": "t", "code": code, "message": "why"}}));
    assert_eq!(talk.end().await, kind);
    rig.ends().await;
}

#[tokio::test]
async fn the_vendor_itself_is_not_called_without_a_key() {
    let rig = Rig::start().await;
    let ears = super::OpenAiSpeechToText {
        account: account("https://api.openai.com/v1", None),
        http: http(),
        ..rig.ears.clone()
    };
    let refused = ears.connect(config(PROVIDER, FILES, &[])).await;
    assert_eq!(refused.unwrap_err().kind, ProviderErrorKind::CredentialMissing);
}
