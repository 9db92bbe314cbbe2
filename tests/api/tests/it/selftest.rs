//! `/api/v1/selftest`.

use viva_protocol::rest::{Certificate, CertifiedPart, SelfTest};
use viva_protocol::ws::Mode;

use crate::bench::Server;

const PATH: &str = "/api/v1/selftest";

fn certificate() -> Certificate {
    Certificate {
        taken_at: "2026-11-29T10:00:00Z".parse().unwrap(),
        version: "0.1.0".to_owned(),
        seed: 7,
        turns: 199,
        failed: 1,
        concurrency: 10,
        duration_ms: 61_234,
        parts: vec![CertifiedPart {
            mode: Mode::Cascade,
            part: "stt_ms".to_owned(),
            count: 99,
            bias_ms: 0.612,
            best_ms: Some(0.1),
            p50_ms: Some(0.5),
            p95_ms: 1.104,
            worst_ms: 2.25,
        }],
    }
}

#[tokio::test]
async fn one_is_begun_and_followed_to_its_certificate() {
    let server = Server::start().await;
    insta::assert_json_snapshot!(server.get(PATH).await.json(), @"{}");
    let begun = server.request("POST", PATH, &[]).await;
    assert_eq!(
        (begun.status.as_u16(), begun.text()),
        (202, r#"{"done":0,"total":200}"#)
    );
    assert_eq!(
        server.request("POST", PATH, &[]).await.problem(),
        (409, "self-test-running".to_owned())
    );
    insta::assert_json_snapshot!(server.get(PATH).await.json(), @r#"
    {
      "progress": {
        "done": 0,
        "total": 200
      }
    }
    "#);
    server.self_tests.set(Some(SelfTest {
        newest: Some(certificate()),
        ..SelfTest::default()
    }));
    insta::assert_json_snapshot!(server.get(PATH).await.json());
}

#[tokio::test]
async fn pages_of_other_servers_begin_none() {
    let server = Server::start().await;
    let origin = [("origin", "https://evil.example")];
    assert_eq!(
        server.request("POST", PATH, &origin).await.problem(),
        (403, "origin-not-allowed".to_owned())
    );
    let own = [("origin", "http://localhost")];
    assert_eq!(server.request("POST", PATH, &own).await.status.as_u16(), 202);
}

#[tokio::test]
async fn a_certificate_that_cannot_be_read_is_told_without_its_place() {
    let server = Server::start().await;
    server.self_tests.set(None);
    let answer = server.get(PATH).await;
    assert_eq!(answer.problem(), (500, "internal-server-error".to_owned()));
    assert!(
        answer.text().contains("run the self-test again") && !answer.text().contains("folder"),
        "{}",
        answer.text()
    );
}
