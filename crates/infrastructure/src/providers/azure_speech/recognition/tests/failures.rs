use std::time::Duration;

use rstest::rstest;
use viva_domain::ports::ProviderErrorKind;
use viva_fakes::vendors::ears::Spoken;

use super::kind;
use crate::providers::ears::rig::Rig;

const UNAVAILABLE: ProviderErrorKind = ProviderErrorKind::Unavailable;

#[rstest]
#[case(Spoken::of("").errs("Error", ""), UNAVAILABLE)]
#[case(Spoken::of("").errs("TooManyRequests", ""), ProviderErrorKind::RateLimited)]
#[case(Spoken::of("").closes(1011, ""), UNAVAILABLE)]
#[case(Spoken::of("").cuts(), UNAVAILABLE)]
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
}

#[rstest]
#[case(Spoken::of("").errs("Forbidden", ""), ProviderErrorKind::CredentialForbidden)]
#[case(Spoken::of("").closes(1007, "Quota exceeded"), ProviderErrorKind::QuotaExceeded)]
#[case(Spoken::of("").errs("BadRequest", ""), ProviderErrorKind::Failed("its status is BadRequest".to_owned()))]
#[tokio::test]
async fn what_another_connection_cannot_cure_ends_the_conversation(
    #[case] spoken: Spoken,
    #[case] expected: ProviderErrorKind,
) {
    let rig = Rig::start(kind()).await;
    rig.server.hear(spoken);
    let mut talk = rig.talk(&[]).await;
    talk.speak().await;
    talk.finalize().await;
    assert_eq!(talk.end().await, expected);
    rig.ends().await;
    assert_eq!(rig.server.requests().len(), 1);
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
