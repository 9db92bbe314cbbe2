//! `DELETE /sessions/{id}` and `POST /sessions/deletions`.

use serde_json::{Value, json};
use viva_contract::samples::{OWNER, session_id, turn};
use viva_domain::ids::UserId;
use viva_domain::ports::{BlobErrorKind, BlobKey, StoreErrorKind};

use crate::bench::{Answer, Server};

const SESSIONS: &str = "/api/v1/interaction/sessions";
const DELETIONS: &str = "/api/v1/interaction/sessions/deletions";

/// Stores the `n`th session, which is over, with a turn and its recordings.
async fn keep(server: &Server, owner: UserId, n: u16) {
    server.keep_ended_session_of(owner, n, 1).await;
    for recording in [turn(n, 1).user_audio, turn(n, 1).ai_audio].into_iter().flatten() {
        server.keep_recording(&recording.key, b"RIFF").await;
    }
}

async fn delete(server: &Server, n: u16) -> Answer {
    let path = format!("{SESSIONS}/{}", session_id(n));
    server.request("DELETE", &path, &[]).await
}

async fn delete_selection(server: &Server, body: Value) -> Answer {
    server.send_json("POST", DELETIONS, &body).await
}

fn ids(numbers: &[u16]) -> Value {
    let ids = numbers.iter().map(|n| session_id(*n).to_string());
    json!({ "ids": ids.collect::<Vec<_>>() })
}

/// What came of each, in order.
fn outcomes(answer: &Answer) -> Vec<(String, String)> {
    let body = answer.json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let items = body["items"].as_array().unwrap().iter();
    items
        .map(|item| (text(&item["id"]), text(&item["outcome"])))
        .collect()
}

fn expected(outcomes: &[(u16, &str)]) -> Vec<(String, String)> {
    let of = |(n, outcome): &(u16, &str)| (session_id(*n).to_string(), (*outcome).to_owned());
    outcomes.iter().map(of).collect()
}

#[tokio::test]
async fn a_session_goes_with_its_turns_and_recordings() {
    let server = Server::start().await;
    for n in [1, 2] {
        keep(&server, UserId::LOCAL, n).await;
    }
    let answer = delete(&server, 1).await;
    assert_eq!(answer.status, 204);
    assert!(answer.body.is_empty());
    let path = format!("{SESSIONS}/{}", session_id(1));
    for path in [
        path.clone(),
        format!("{path}/turns"),
        format!("{path}/latency-stats"),
    ] {
        assert_eq!(
            server.get(&path).await.problem(),
            (404, "session-not-found".to_owned())
        );
    }
    let folder = BlobKey::of_session(session_id(2));
    let left = server.blob_store.keys();
    assert_eq!(left.len(), 2);
    assert!(left.iter().all(|key| key.is_below(&folder)), "{left:?}");
    assert_eq!(server.get(SESSIONS).await.json()["total"], 1);
    assert_eq!(
        delete(&server, 1).await.problem(),
        (404, "session-not-found".to_owned())
    );
}

#[tokio::test]
async fn a_session_that_goes_on_stays() {
    let server = Server::start().await;
    server.keep_session(1, 1).await;
    assert_eq!(
        delete(&server, 1).await.problem(),
        (409, "session-active".to_owned())
    );
    assert_eq!(server.get(SESSIONS).await.json()["total"], 1);
}

#[tokio::test]
async fn what_came_of_each_of_a_selection_is_told() {
    let server = Server::start().await;
    keep(&server, UserId::LOCAL, 1).await;
    keep(&server, UserId::LOCAL, 2).await;
    keep(&server, OWNER, 3).await;
    server.keep_session(4, 0).await;
    let answer = delete_selection(&server, ids(&[2, 3, 4, 5, 2, 1])).await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        outcomes(&answer),
        expected(&[
            (2, "deleted"),
            (3, "not_found"),
            (4, "active"),
            (5, "not_found"),
            (1, "deleted"),
        ])
    );
    assert_eq!(
        server.get(SESSIONS).await.json()["total"],
        1,
        "the one that goes on"
    );
    let foreign = BlobKey::of_session(session_id(3));
    let left = server.blob_store.keys();
    assert_eq!(left.iter().filter(|key| key.is_below(&foreign)).count(), 2);
    assert_eq!(left.len(), 2);
}

#[tokio::test]
async fn a_selection_is_neither_empty_nor_endless() {
    let server = Server::start().await;
    let none: [u16; 0] = [];
    let most: Vec<u16> = (1..=100).collect();
    let too_many: Vec<u16> = (1..=101).collect();
    for selection in [&none[..], &too_many] {
        let answer = delete_selection(&server, ids(selection)).await;
        assert_eq!(answer.problem(), (400, "invalid-selection".to_owned()));
    }
    assert_eq!(outcomes(&delete_selection(&server, ids(&most)).await).len(), 100);
    for body in [json!({}), json!({ "ids": ["one"] }), json!({ "ids": "all" })] {
        let answer = delete_selection(&server, body).await;
        assert_eq!(answer.problem(), (400, "invalid-body".to_owned()));
    }
}

#[tokio::test]
async fn pages_of_other_servers_delete_nothing() {
    let server = Server::start().await;
    keep(&server, UserId::LOCAL, 1).await;
    let foreign = ("origin", "https://elsewhere.example");
    let path = format!("{SESSIONS}/{}", session_id(1));
    let answer = server.request("DELETE", &path, &[foreign]).await;
    assert_eq!(answer.problem(), (403, "origin-not-allowed".to_owned()));
    let headers = [("content-type", "application/json"), foreign];
    let body = ids(&[1]).to_string().into();
    let answer = server.send("POST", DELETIONS, &headers, body).await;
    assert_eq!(answer.problem(), (403, "origin-not-allowed".to_owned()));
    assert_eq!(server.get(SESSIONS).await.json()["total"], 1);
}

#[tokio::test]
async fn what_does_not_answer_is_told_and_what_is_begun_is_told_apart() {
    let (server, store) = Server::on_fakes().await;
    for n in [1, 2] {
        keep(&server, UserId::LOCAL, n).await;
    }
    store.faults().fail_next(1, StoreErrorKind::Unavailable);
    let answer = delete(&server, 1).await;
    assert_eq!(answer.problem(), (503, "database-unavailable".to_owned()));
    let faults = server.blob_store.faults();
    faults.fail_next(1, BlobErrorKind::Unavailable);
    let answer = delete(&server, 1).await;
    assert_eq!(answer.problem(), (503, "storage-unavailable".to_owned()));
    assert_eq!(
        server.get(SESSIONS).await.json()["total"],
        2,
        "nothing has changed"
    );

    faults.fail_next(1, BlobErrorKind::Unavailable);
    let answer = delete_selection(&server, ids(&[1, 2])).await;
    assert_eq!(outcomes(&answer), expected(&[(1, "failed"), (2, "failed")]));

    // The tombstone is stored, and then the storage is gone.
    store.faults().fail_after(1, StoreErrorKind::Unavailable);
    let answer = delete_selection(&server, ids(&[1, 2])).await;
    assert_eq!(outcomes(&answer), expected(&[(1, "unfinished"), (2, "failed")]));
    assert_eq!(
        delete(&server, 1).await.problem(),
        (503, "database-unavailable".to_owned())
    );
    store.faults().recover();
    store.faults().fail_after(1, StoreErrorKind::Unavailable);
    assert_eq!(
        delete(&server, 1).await.problem(),
        (503, "deletion-unfinished".to_owned())
    );
    store.faults().recover();
    assert_eq!(delete(&server, 1).await.status, 204);
    assert_eq!(server.get(SESSIONS).await.json()["total"], 1);
    assert_eq!(server.blob_store.keys().len(), 2);
}
