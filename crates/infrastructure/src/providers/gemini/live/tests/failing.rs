use rstest::rstest;
use viva_domain::ports::ProviderErrorKind;
use viva_fakes::vendors::gemini::live::{LiveAnswer, LiveFault, LiveRefusal};

use super::*;

fn refusal(code: u16, status: &'static str, retry_after: Option<u64>) -> LiveRefusal {
    LiveRefusal {
        code,
        status,
        message: "no".to_owned(),
        retry_after,
    }
}

fn answering(fault: LiveFault) -> LiveScript {
    let mut script = quick();
    script.answers[0] = LiveAnswer::saying("It is noon.", "What time is it?").with(fault);
    script
}

#[rstest]
#[case(401, "UNAUTHENTICATED", ProviderErrorKind::CredentialInvalid)]
#[case(403, "PERMISSION_DENIED", ProviderErrorKind::CredentialForbidden)]
#[case(429, "RESOURCE_EXHAUSTED", ProviderErrorKind::RateLimited)]
#[tokio::test]
async fn a_refused_handshake_is_told_at_once(
    #[case] code: u16,
    #[case] status: &'static str,
    #[case] kind: ProviderErrorKind,
) {
    let script = LiveScript {
        refusals: vec![refusal(code, status, Some(7))],
        ..quick()
    };
    let rig = Rig::start(script).await;
    let err = rig.connect(config(&[])).await.unwrap_err();
    assert_eq!((&err.kind, err.provider.as_str()), (&kind, PROVIDER));
    if kind == ProviderErrorKind::RateLimited {
        assert_eq!(err.retry_after, Some(Duration::from_secs(7)));
    }
    rig.talk(&[]).await;
}

#[tokio::test]
async fn a_server_that_is_out_of_order_is_asked_twice() {
    for refusal in [
        refusal(500, "INTERNAL", None),
        refusal(429, "RESOURCE_EXHAUSTED", Some(1)),
    ] {
        let once = LiveScript {
            refusals: vec![refusal],
            ..quick()
        };
        let rig = Rig::start(once).await;
        assert_eq!(rig.talk(&[]).await.ask().await.text, "It is noon.");
    }
    let always = LiveScript {
        refusals: vec![refusal(503, "UNAVAILABLE", None); 2],
        ..quick()
    };
    let rig = Rig::start(always).await;
    let err = rig.connect(config(&[])).await.unwrap_err();
    assert_eq!(err.kind, ProviderErrorKind::Unavailable);
    assert_eq!(rig.server.connections().len(), 0);
}

#[tokio::test]
async fn a_key_that_is_wrong_or_missing_is_told() {
    let rig = Rig::start(quick()).await;
    let own = rig.server.base_url();
    for (base_url, key, kind) in [
        (
            own.as_str(),
            Some("another"),
            ProviderErrorKind::CredentialInvalid,
        ),
        // A server of one's own is asked, and may refuse.
        (own.as_str(), None, ProviderErrorKind::CredentialMissing),
        (
            "https://generativelanguage.googleapis.com",
            None,
            ProviderErrorKind::CredentialMissing,
        ),
    ] {
        let voice = voice(base_url, key);
        let err = patiently(voice.connect(request(config(&[])))).await.unwrap_err();
        assert_eq!(err.kind, kind);
    }
}

#[tokio::test]
async fn a_server_without_keys_is_sent_none() {
    let script = LiveScript {
        api_key: None,
        ..quick()
    };
    let rig = Rig::start(script).await;
    assert_eq!(rig.talk(&[]).await.ask().await.text, "It is noon.");
    let voice = voice(&rig.server.base_url(), None);
    let mut talk = Talk::of(patiently(voice.connect(request(config(&[])))).await.unwrap());
    assert_eq!(talk.ask().await.text, "It is noon.");
    let has_key: Vec<bool> = rig
        .server
        .connections()
        .iter()
        .map(|connection| connection.has_key)
        .collect();
    assert_eq!(has_key, [true, false]);
}

#[tokio::test]
async fn who_is_not_there_cannot_be_reached() {
    let server = LiveServer::start(quick()).await.unwrap();
    let nobody = voice(&server.base_url(), Some(KEY));
    drop(server);
    let err = patiently(nobody.connect(request(config(&[])))).await.unwrap_err();
    assert_eq!(err.kind, ProviderErrorKind::Unavailable);
}

#[tokio::test]
async fn a_setup_that_is_not_taken_names_what_is_wrong() {
    let rig = Rig::start(quick()).await;
    let wrong_voice = ProviderConfig {
        voice: Some("Nobody".to_owned()),
        ..config(&[])
    };
    let wrong_model = ProviderConfig {
        model: Some("gemini-3.8-live".to_owned()),
        ..config(&[("thinking", "\"low\"")])
    };
    for (config, message) in [
        (wrong_voice, "voice is not available"),
        (wrong_model, "thinking level"),
    ] {
        let err = rig.connect(config).await.unwrap_err();
        assert!(
            matches!(&err.kind, ProviderErrorKind::InvalidConfig(told) if told.contains(message)),
            "{err}"
        );
    }
    let err = rig.connect(config(&[("speed", "1")])).await.unwrap_err();
    assert!(matches!(err.kind, ProviderErrorKind::InvalidConfig(_)), "{err}");
    assert_eq!(rig.server.connections().len(), 2);
}

#[tokio::test]
async fn an_answer_that_breaks_off_fails_and_the_conversation_goes_on() {
    let cut = LiveFault::Cut { after: 2 };
    let closed = LiveFault::Close {
        after: 2,
        code: 1011,
        reason: "Internal error encountered.".to_owned(),
    };
    for fault in [cut, closed] {
        let rig = Rig::start(answering(fault)).await;
        let mut talk = rig.talk(&[]).await;
        let told = talk.ask().await;
        assert_eq!(told.failure.unwrap().kind, ProviderErrorKind::Unavailable);
        assert_eq!(told.text, "It is ");
        assert_eq!(told.transcript, "What time is it?");
        assert_eq!(talk.ask().await.text, "You are welcome.");
        let connections = rig.server.connections();
        assert_eq!(connections.len(), 2);
        let handle = &connections[1].messages[0]["setup"]["sessionResumption"]["handle"];
        assert!(handle.as_str().unwrap().starts_with("handle-"), "{handle}");
    }
}

#[tokio::test]
async fn a_question_whose_connection_breaks_is_asked_again() {
    let mut script = answering(LiveFault::Cut { after: 0 });
    script.answers[1] = LiveAnswer::saying("Noon.", "What time is it?");
    let rig = Rig::start(script).await;
    let mut talk = rig.talk(&[]).await;
    let told = talk.ask().await;
    assert_eq!((told.text.as_str(), told.failure), ("Noon.", None));
    let connections = rig.server.connections();
    assert_eq!(connections.len(), 2);
    assert_eq!(connections[1].turns, [talk.sent.clone()]);
}

#[tokio::test]
async fn a_quota_that_is_used_up_ends_the_conversation() {
    let rig = Rig::start(answering(LiveFault::Close {
        after: 1,
        code: 1011,
        reason: "You exceeded your current quota, please check your plan and billing details.".to_owned(),
    }))
    .await;
    let mut talk = rig.talk(&[]).await;
    talk.speak().await;
    talk.commit().await;
    assert_eq!(talk.fails().await.kind, ProviderErrorKind::QuotaExceeded);
    rig.ends().await;
}

#[tokio::test]
async fn an_answer_that_the_server_forbids_fails_alone() {
    let rig = Rig::start(answering(LiveFault::Reason("PROHIBITED_INPUT_CONTENT"))).await;
    let mut talk = rig.talk(&[]).await;
    let failure = talk.ask().await.failure.unwrap();
    assert!(
        matches!(&failure.kind, ProviderErrorKind::Failed(told) if told.contains("PROHIBITED_INPUT_CONTENT")),
        "{failure}"
    );
    assert_eq!(talk.ask().await.text, "You are welcome.");
}

#[tokio::test]
async fn an_answer_that_hangs_can_be_given_up() {
    let rig = Rig::start(answering(LiveFault::Hang { after: 1 })).await;
    let mut talk = rig.talk(&[]).await;
    talk.speak().await;
    talk.commit().await;
    talk.until_audio().await;
    talk.interrupt().await;
    assert_eq!(talk.ask().await.text, "You are welcome.");
}

#[tokio::test]
async fn a_message_of_another_shape_is_left_out() {
    let rig = Rig::start(quick()).await;
    let mut talk = rig.talk(&[]).await;
    rig.server.say(serde_json::json!({"serverContent": "nonsense"}));
    assert_eq!(talk.ask().await.failure, None);
    assert_eq!(rig.server.connections().len(), 1);
}
