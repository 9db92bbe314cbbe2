use axum::body::{Body as Bytes, to_bytes};
use viva_domain::ids::SessionId;
use viva_domain::ports::{StoreErrorKind, VaultError};

use super::*;

async fn json(response: Response) -> serde_json::Value {
    serde_json::from_slice(&to_bytes(response.into_body(), usize::MAX).await.unwrap()).unwrap()
}

#[tokio::test]
async fn a_problem_says_what_and_why() {
    let id: SessionId = "0199a6a4-7c1c-7f4e-9d53-0d3c2b1a0f5e".parse().unwrap();
    let response = Problem::from(HistoryError::UnknownSession(id)).into_response();
    assert_eq!(response.headers()[CONTENT_TYPE], PROBLEM_JSON);
    insta::assert_json_snapshot!(json(response).await, @r#"
    {
      "code": "session-not-found",
      "detail": "there is no session 0199a6a4-7c1c-7f4e-9d53-0d3c2b1a0f5e",
      "status": 404,
      "title": "Not Found",
      "type": "about:blank"
    }
    "#);
}

#[tokio::test]
async fn causes_stay_inside() {
    let cause = StoreError {
        kind: StoreErrorKind::Damaged,
        operation: "find session",
        source: Some("secret-host refused".into()),
    };
    let response = Problem::from(HistoryError::Store(cause)).into_response();
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let body = json(response).await.to_string();
    assert!(
        !body.contains("secret-host") && !body.contains("find session"),
        "{body}"
    );
}

#[test]
fn only_what_is_stored_and_cannot_be_read_back_is_to_be_entered_again() {
    let unreadable = Problem::from(CredentialError::Unreadable(VaultError::Damaged));
    assert_eq!(
        (unreadable.status, &*unreadable.code),
        (StatusCode::CONFLICT, "credential-unreadable")
    );
    let not_sealed = Problem::from(CredentialError::NotSealed(VaultError::Failed));
    assert_eq!(not_sealed, Problem::internal());
}

#[tokio::test]
async fn failures_of_layers_become_problems_and_keep_their_headers() {
    let foreign = Response::builder()
        .status(StatusCode::METHOD_NOT_ALLOWED)
        .header("allow", "GET,HEAD")
        .header("content-length", "5")
        .body(Bytes::from("sorry"))
        .unwrap();
    let response = describe_failure(foreign).await;
    assert_eq!(response.headers()["allow"], "GET,HEAD");
    assert_eq!(json(response).await["code"], "method-not-allowed");
}

#[test]
fn waits_are_told_in_whole_seconds_that_are_long_enough() {
    for (ms, told) in [(0, 1), (1, 1), (1_000, 1), (1_001, 2), (59_999, 60)] {
        assert_eq!(whole_seconds(Duration::from_millis(ms)), told);
    }
}

#[tokio::test]
async fn pages_for_people_stay_as_they_are() {
    let page = Problem::unauthorized().shown_as(Html("sign in".to_owned()));
    let response = describe_failure(page).await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(&to_bytes(response.into_body(), 10).await.unwrap()[..], b"sign in");
}

#[tokio::test]
async fn successes_stay_as_they_are() {
    let response = describe_failure("fine".into_response()).await;
    assert_eq!(&to_bytes(response.into_body(), 10).await.unwrap()[..], b"fine");
}
