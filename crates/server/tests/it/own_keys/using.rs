use viva_protocol::rest::{AuditAction, AuditOutcome, CredentialStatus};
use viva_protocol::ws::ErrorCode;

use super::{OPENAI, OWN, WRONG, audit, give, keep, listed, problem, refused, serve, shown, start, vendor};
use crate::bench::{Folder, Server, hang_up};

const SERVERS_REFUSED: &str = "provider openai: it refused the key";

async fn done(server: &Server, count: usize) -> Vec<(AuditAction, AuditOutcome)> {
    let entries = audit(server, count).await.into_iter();
    entries.map(|entry| (entry.action, entry.outcome)).collect()
}

#[tokio::test]
async fn a_users_own_key_wins_over_the_servers() {
    let (folder, vendor) = (Folder::new(), vendor().await);
    let server = serve(&folder, &vendor).await;
    let error = refused(&server).await;
    assert_eq!(
        (error.code, error.message.as_str()),
        (ErrorCode::CredentialInvalid, SERVERS_REFUSED)
    );
    let everybodys = listed(&server).await;
    assert_eq!((everybodys.own_key, everybodys.checked_at), (false, None));

    let given = give(&server, OWN, None).await.expect("the vendor takes it");
    assert_eq!(given.masked_key, "sk-…0123");
    let own = listed(&server).await;
    assert_eq!(
        (own.own_key, own.available, own.credential_status),
        (true, true, CredentialStatus::Valid)
    );
    assert_eq!(own.checked_at, Some(given.checked_at));
    let mut conversation = start(&server).await.expect("the vendor takes the key");
    hang_up(&mut conversation).await;

    let client = server.client();
    client.delete_credential(OPENAI).await.expect("there is one");
    assert_eq!(refused(&server).await.message, SERVERS_REFUSED);
    assert!(!listed(&server).await.own_key);
}

#[tokio::test]
async fn everything_that_is_done_with_a_key_is_in_the_audit_log_with_its_outcome() {
    let (folder, vendor) = (Folder::new(), vendor().await);
    let server = serve(&folder, &vendor).await;
    let client = server.client();
    // The server's own key is nobody's business.
    refused(&server).await;
    assert_eq!(done(&server, 0).await, []);

    let (status, why) = problem(give(&server, WRONG, None).await);
    assert_eq!(status, 422);
    assert!(why.contains("does not take this key"), "{why}");
    give(&server, OWN, None).await.expect("the vendor takes it");
    client.validate_credential(OPENAI).await.expect("it still does");
    let mut conversation = start(&server).await.expect("the vendor takes the key");
    hang_up(&mut conversation).await;
    assert_eq!(problem(give(&server, WRONG, None).await).0, 422);
    let nobody = Some("http://127.0.0.1:1/v1".to_owned());
    assert_eq!(problem(give(&server, OWN, nobody).await).0, 502);
    give(&server, OWN, Some(vendor.base_url()))
        .await
        .expect("it is the vendor's");
    vendor.refuse(401, "invalid_api_key", "Incorrect API key provided", None);
    refused(&server).await;
    client.delete_credential(OPENAI).await.expect("there is one");

    let expected = [
        (AuditAction::Delete, AuditOutcome::Done),
        (AuditAction::Use, AuditOutcome::BadKey),
        (AuditAction::Replace, AuditOutcome::Done),
        (AuditAction::Replace, AuditOutcome::NoNetwork),
        (AuditAction::Replace, AuditOutcome::BadKey),
        (AuditAction::Use, AuditOutcome::Done),
        (AuditAction::Validate, AuditOutcome::Done),
        (AuditAction::Create, AuditOutcome::Done),
        (AuditAction::Create, AuditOutcome::BadKey),
    ];
    assert_eq!(done(&server, expected.len()).await, expected);
    let entries = audit(&server, expected.len()).await;
    assert!(entries.iter().all(|entry| entry.provider == OPENAI));
    let with_session = entries.iter().filter(|entry| entry.session_id.is_some());
    assert_eq!(
        with_session.map(|entry| entry.action).collect::<Vec<_>>(),
        [AuditAction::Use]
    );
}

#[tokio::test]
async fn a_key_that_is_refused_is_marked_and_the_user_told_where_to_mend_it() {
    let (folder, vendor) = (Folder::new(), vendor().await);
    keep(&folder, WRONG).await;
    let server = serve(&folder, &vendor).await;
    assert_eq!(shown(&server).await.status, CredentialStatus::Valid);
    let error = refused(&server).await;
    assert_eq!(error.code, ErrorCode::CredentialInvalid);
    assert!(error.message.contains("/api/v1/credentials"), "{}", error.message);
    assert_eq!(audit(&server, 2).await[0].outcome, AuditOutcome::BadKey);
    let marked = shown(&server).await;
    assert_eq!(
        (marked.status, marked.masked_key.as_str()),
        (CredentialStatus::Invalid, "sk-…89ab")
    );
    let provider = listed(&server).await;
    assert_eq!(
        (provider.available, provider.credential_status),
        (false, CredentialStatus::Invalid)
    );
    assert_eq!(provider.checked_at, Some(marked.checked_at));
    let attempts = vendor.attempts();
    assert_eq!(refused(&server).await.message, error.message);
    assert_eq!(vendor.attempts(), attempts, "it is not tried again");

    give(&server, OWN, None).await.expect("the vendor takes it");
    assert_eq!(shown(&server).await.status, CredentialStatus::Valid);
    start(&server).await.expect("the vendor takes the key");
}
