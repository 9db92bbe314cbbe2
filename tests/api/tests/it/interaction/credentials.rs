//! `/credentials` and what is below, and `/audit-log`.

use std::time::Duration;

use axum::body::Body;
use serde_json::{Value, json};
use viva_contract::samples::{OWNER, stored_credential};
use viva_domain::credentials::{AddressFault, AuditEntry, CredentialRefusal, StoredCredential};
use viva_domain::ids::UserId;
use viva_domain::ports::PageRequest;
use viva_fakes::CapturedLogs;

use crate::bench::{Answer, Server};

const CREDENTIALS: &str = "/api/v1/credentials";
const ACME: &str = "/api/v1/credentials/acme";
const AUDIT: &str = "/api/v1/audit-log";
const KEY: &str = "sk-0123456789-hidden-abcd";

fn account() -> Value {
    json!({ "api_key": format!(" {KEY}\n"), "base_url": "https://eu.acme.example/v1?key=hidden", "organization": "org-1" })
}

async fn put(server: &Server, body: &Value) -> Answer {
    server.send_json("PUT", ACME, body).await
}

/// What was done, newest first.
async fn log(server: &Server) -> Vec<(String, String)> {
    let page = server.get(AUDIT).await.json();
    let text = |entry: &Value, field: &str| entry[field].as_str().unwrap().to_owned();
    let items = page["items"].as_array().unwrap();
    items
        .iter()
        .map(|entry| (text(entry, "action"), text(entry, "outcome")))
        .collect()
}

fn entry(action: &str, outcome: &str) -> (String, String) {
    (action.to_owned(), outcome.to_owned())
}

fn problem(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[tokio::test]
async fn a_key_is_given_shown_in_part_and_forgotten() {
    let server = Server::start().await;
    let fresh = server.get(CREDENTIALS).await.json();
    let kept = put(&server, &account()).await.json();
    insta::assert_json_snapshot!(kept, @r#"
    {
      "base_url": "https://eu.acme.example/v1",
      "checked_at": "2026-01-01T00:00:00Z",
      "masked_key": "sk-…abcd",
      "organization": "org-1",
      "status": "valid"
    }
    "#);
    assert_eq!(
        server.credential_check.asked(),
        [("acme".to_owned(), KEY.to_owned())]
    );
    insta::assert_json_snapshot!(server.get(CREDENTIALS).await.json());
    let gone = server.request("DELETE", ACME, &[]).await;
    assert_eq!(gone.status.as_u16(), 204);
    assert_eq!(server.get(CREDENTIALS).await.json(), fresh);
    for answer in [
        server.request("DELETE", ACME, &[]).await,
        server.request("POST", &format!("{ACME}/validate"), &[]).await,
    ] {
        assert_eq!(answer.problem(), problem(404, "credential-not-found"));
    }
    assert_eq!(
        log(&server).await,
        [entry("delete", "done"), entry("create", "done")]
    );
}

#[tokio::test]
async fn a_key_that_is_not_accepted_is_not_kept_and_says_why() {
    let server = Server::start().await;
    let minute = CredentialRefusal::RateLimited {
        retry_after: Some(Duration::from_millis(1_500)),
    };
    let mut expected = Vec::new();
    for (refusal, status, code, outcome) in [
        (CredentialRefusal::BadKey, 422, "credential-refused", "bad_key"),
        (
            CredentialRefusal::Forbidden,
            422,
            "credential-forbidden",
            "forbidden",
        ),
        (
            CredentialRefusal::WrongAddress {
                fault: AddressFault::NotTheProvider,
                said: "it is another resource's".to_owned(),
            },
            422,
            "base-url-not-the-provider",
            "wrong_address",
        ),
        (
            CredentialRefusal::QuotaExceeded,
            422,
            "credential-quota-exceeded",
            "quota_exceeded",
        ),
        (
            CredentialRefusal::NoNetwork("nobody is there".to_owned()),
            502,
            "provider-unreachable",
            "no_network",
        ),
        (minute, 503, "provider-rate-limited", "rate_limited"),
        (
            CredentialRefusal::Failed("500".to_owned()),
            502,
            "provider-failed",
            "failed",
        ),
    ] {
        let is_limit = matches!(refusal, CredentialRefusal::RateLimited { .. });
        server.credential_check.refusals().fail_next(1, refusal);
        let answer = put(&server, &account()).await;
        assert_eq!(answer.problem(), problem(status, code));
        assert_eq!(answer.header("retry-after"), if is_limit { "2" } else { "" });
        assert!(!answer.text().contains("hidden"), "{}", answer.text());
        expected.insert(0, entry("create", outcome));
    }
    assert_eq!(log(&server).await, expected);
    assert_eq!(
        server.get(CREDENTIALS).await.json()["items"][0].get("credential"),
        None
    );
    // The one that is there stays when its replacement is refused.
    put(&server, &account()).await.json();
    server
        .credential_check
        .refusals()
        .fail_next(1, CredentialRefusal::BadKey);
    let other = json!({ "api_key": "sk-another-0123456789" });
    assert_eq!(
        put(&server, &other).await.problem(),
        problem(422, "credential-refused")
    );
    let list = server.get(CREDENTIALS).await.json();
    assert_eq!(list["items"][0]["credential"]["masked_key"], "sk-…abcd");
    assert_eq!(log(&server).await[0], entry("replace", "bad_key"));
}

#[tokio::test]
async fn a_key_is_asked_about_again() {
    let server = Server::start().await;
    put(&server, &account()).await.json();
    let validate = async || server.request("POST", &format!("{ACME}/validate"), &[]).await;
    let status = async || server.get(CREDENTIALS).await.json()["items"][0]["credential"]["status"].clone();
    server
        .credential_check
        .refusals()
        .fail_next(1, CredentialRefusal::NoNetwork("nobody is there".to_owned()));
    assert_eq!(validate().await.problem(), problem(502, "provider-unreachable"));
    assert_eq!(status().await, "valid", "nothing is known about the key");
    server
        .credential_check
        .refusals()
        .fail_next(1, CredentialRefusal::BadKey);
    assert_eq!(validate().await.problem(), problem(422, "credential-refused"));
    assert_eq!(status().await, "invalid");
    assert_eq!(validate().await.json()["status"], "valid");
    assert_eq!(status().await, "valid");
    let validated = |outcome| entry("validate", outcome);
    assert_eq!(
        log(&server).await[..3],
        ["done", "bad_key", "no_network"].map(validated)
    );
}

#[tokio::test]
async fn what_cannot_be_a_key_is_refused_by_its_field() {
    let server = Server::start().await;
    for (path, body, detail) in [
        (ACME, json!({ "api_key": " " }), "api_key is missing"),
        (
            ACME,
            json!({ "api_key": "hidden key" }),
            "api_key holds a space, a line break or a letter that is not ASCII; give the api_key alone",
        ),
        (
            ACME,
            json!({ "api_key": KEY, "base_url": "h".repeat(2_049) }),
            "base_url is longer than 2048 characters",
        ),
        (
            "/api/v1/credentials/resource",
            json!({ "api_key": KEY }),
            "base_url is missing",
        ),
        (
            "/api/v1/credentials/resource",
            json!({ "api_key": KEY, "base_url": "https://mine.example", "organization": "org-1" }),
            "this provider takes no organization",
        ),
    ] {
        let answer = server.send_json("PUT", path, &body).await;
        assert_eq!(answer.problem(), problem(400, "invalid-credential"), "{detail}");
        let body: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(body["detail"], detail);
    }
    let unknown = server
        .send_json("PUT", "/api/v1/credentials/other", &account())
        .await;
    assert_eq!(unknown.problem(), problem(404, "provider-not-found"));
    assert_eq!(server.credential_check.asked(), []);
    assert_eq!(log(&server).await, []);
}

#[tokio::test]
async fn a_body_that_is_no_account_is_refused_and_not_repeated() {
    let logs = CapturedLogs::start();
    let server = Server::start().await;
    let json = [("content-type", "application/json")];
    for body in [
        "",
        "{",
        "\"sk-hidden\"",
        "[[\"sk-hidden\"]]",
        "[\"sk-hidden\"]",
        "{}",
        r#"{"api_key":5}"#,
        r#"{"api_key":["sk-hidden"]}"#,
        r#"{"api_key":"sk-hidden","base_url":{"sk-hidden":1}}"#,
        r#"{"api_key":"sk-hidden","organization":true}"#,
    ] {
        let answer = server.send("PUT", ACME, &json, Body::from(body)).await;
        assert_eq!(answer.problem(), problem(400, "invalid-body"), "{body}");
        assert!(!answer.text().contains("hidden"), "{}", answer.text());
    }
    let huge = format!(r#"{{"api_key":"{}"}}"#, "k".repeat(262_144));
    let huge = server.send("PUT", ACME, &json, Body::from(huge)).await;
    assert_eq!(huge.problem(), problem(413, "payload-too-large"));
    assert_eq!(server.credential_check.asked(), []);
    assert!(!logs.text().contains("hidden"), "{}", logs.text());
}

#[tokio::test]
async fn a_key_that_stands_for_a_provider_is_not_repeated() {
    let logs = CapturedLogs::start();
    let server = Server::start().await;
    let wrong = "/api/v1/credentials/sk-hidden-0123456789";
    for (method, path, code) in [
        ("PUT", wrong.to_owned(), "provider-not-found"),
        ("DELETE", wrong.to_owned(), "provider-not-found"),
        ("POST", format!("{wrong}/validate"), "provider-not-found"),
        ("GET", format!("{wrong}/check"), "not-found"),
    ] {
        let answer = server.send_json(method, &path, &account()).await;
        assert_eq!(answer.problem(), problem(404, code), "{method}");
        assert!(!answer.text().contains("hidden"), "{}", answer.text());
    }
    let text = logs.text();
    assert!(!text.contains("hidden"), "{text}");
    server.request("POST", &format!("{ACME}/validate"), &[]).await;
    let text = logs.text();
    for known in [r#"provider.name="acme""#, r#"http.path="/api/v1/credentials/""#] {
        assert!(text.contains(known), "{text}");
    }
}

#[tokio::test]
async fn pages_of_other_servers_change_nothing() {
    let server = Server::start().await;
    put(&server, &account()).await.json();
    let before = server.get(CREDENTIALS).await.json();
    let headers = [
        ("content-type", "application/json"),
        ("origin", "https://evil.example"),
    ];
    for (method, path) in [
        ("PUT", ACME.to_owned()),
        ("DELETE", ACME.to_owned()),
        ("POST", format!("{ACME}/validate")),
    ] {
        let body = Body::from(account().to_string());
        let answer = server.send(method, &path, &headers, body).await;
        assert_eq!(answer.problem(), problem(403, "origin-not-allowed"), "{method}");
    }
    assert_eq!(server.get(CREDENTIALS).await.json(), before);
    assert_eq!(log(&server).await.len(), 1);
}

#[tokio::test]
async fn keys_of_others_are_not_there() {
    let server = Server::start().await;
    let foreign = stored_credential(1);
    let done = AuditEntry {
        owner: OWNER,
        ..viva_contract::samples::audit_entry(1)
    };
    server.credential_store.put(&foreign, &done).await.unwrap();
    assert_eq!(
        server.get(CREDENTIALS).await.json()["items"][0].get("credential"),
        None
    );
    for answer in [
        server.request("DELETE", ACME, &[]).await,
        server.request("POST", &format!("{ACME}/validate"), &[]).await,
    ] {
        assert_eq!(answer.problem(), problem(404, "credential-not-found"));
    }
    assert_eq!(log(&server).await, []);
    assert_eq!(server.credential_store.list(OWNER).await.unwrap(), [foreign]);
}

/// A row that was copied to another user in the database is of no use there.
#[tokio::test]
async fn a_key_that_was_moved_is_shown_as_unusable_and_can_be_replaced() {
    let server = Server::start().await;
    put(&server, &account()).await.json();
    let own = server
        .credential_store
        .find(UserId::LOCAL, "acme")
        .await
        .unwrap()
        .unwrap();
    let moved = StoredCredential {
        provider: "resource".to_owned(),
        id: stored_credential(1).id,
        ..own
    };
    let done = AuditEntry {
        owner: UserId::LOCAL,
        ..viva_contract::samples::audit_entry(1)
    };
    server.credential_store.put(&moved, &done).await.unwrap();
    let shown = server.get(CREDENTIALS).await.json()["items"][1]["credential"].clone();
    assert_eq!(
        (&shown["masked_key"], &shown["status"]),
        (&json!("…"), &json!("invalid"))
    );
    let path = "/api/v1/credentials/resource";
    let asked = server.credential_check.asked().len();
    let validated = server.request("POST", &format!("{path}/validate"), &[]).await;
    assert_eq!(validated.problem(), problem(409, "credential-unreadable"));
    assert_eq!(server.credential_check.asked().len(), asked, "it went nowhere");
    let account = json!({ "api_key": KEY, "base_url": "https://mine.example" });
    assert_eq!(
        server.send_json("PUT", path, &account).await.json()["status"],
        "valid"
    );
}

#[tokio::test]
async fn the_audit_log_is_paged_and_holds_no_key() {
    let server = Server::start().await;
    for _ in 0..3 {
        put(&server, &account()).await.json();
    }
    let page = server.get(&format!("{AUDIT}?page=2&page_size=2")).await;
    insta::assert_json_snapshot!(page.json(), @r#"
    {
      "items": [
        {
          "action": "create",
          "at": "2026-01-01T00:00:00Z",
          "id": "00000000-0002-7000-8000-000000000000",
          "outcome": "done",
          "provider": "acme"
        }
      ],
      "page": 2,
      "page_size": 2,
      "total": 3,
      "total_pages": 2
    }
    "#);
    let wrong = server.get(&format!("{AUDIT}?page=x")).await;
    assert_eq!(wrong.problem(), problem(400, "invalid-query"));
}

#[tokio::test]
async fn a_key_is_in_no_log_and_not_in_the_database() {
    let logs = CapturedLogs::start();
    let server = Server::start().await;
    put(&server, &account()).await.json();
    server.get(CREDENTIALS).await.json();
    server
        .request("POST", &format!("{ACME}/validate"), &[])
        .await
        .json();
    let page = server
        .credential_store
        .audit(UserId::LOCAL, PageRequest::new(1, 100))
        .await;
    assert_eq!(page.unwrap().total, 2);
    let text = logs.text();
    assert!(
        text.contains("api.credentials.put") && !text.contains("hidden"),
        "{text}"
    );
    for file in std::fs::read_dir(server.folder()).unwrap() {
        let path = file.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let is_in = bytes.windows(6).any(|part| part == b"hidden");
        assert!(!is_in, "{}", path.display());
    }
}
