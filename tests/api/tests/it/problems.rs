//! Whatever goes wrong with a request is `application/problem+json`, and every answer has its headers.

use axum::body::Body;
use viva_domain::ports::StoreErrorKind;

use crate::bench::Server;

const ID: &str = "0199a6a4-7c1c-7f4e-9d53-0d3c2b1a0f5e";

#[tokio::test]
async fn bad_requests_are_problems() {
    let server = Server::start().await;
    let audio = format!("/api/v1/interaction/sessions/{ID}/turns/{ID}/audio");
    for (method, path, status, code) in [
        ("GET", "/api/v1/nothing".to_owned(), 404, "not-found"),
        ("GET", "/nothing".to_owned(), 404, "not-found"),
        (
            "POST",
            "/api/v1/interaction/providers".to_owned(),
            405,
            "method-not-allowed",
        ),
        ("DELETE", "/healthz".to_owned(), 405, "method-not-allowed"),
        ("GET", "/api/v1/interaction/ws".to_owned(), 400, "bad-request"),
        (
            "GET",
            "/api/v1/interaction/sessions/5".to_owned(),
            400,
            "invalid-path",
        ),
        (
            "GET",
            "/api/v1/interaction/sessions/%FF".to_owned(),
            400,
            "invalid-path",
        ),
        (
            "GET",
            "/api/v1/interaction/sessions?page=last".to_owned(),
            400,
            "invalid-query",
        ),
        (
            "GET",
            "/api/v1/interaction/sessions?page_size=-1".to_owned(),
            400,
            "invalid-query",
        ),
        ("GET", audio.clone(), 400, "invalid-query"),
        ("GET", format!("{audio}?type=both"), 400, "invalid-query"),
        ("GET", format!("{audio}?type=ai"), 404, "turn-not-found"),
        (
            "GET",
            format!("/api/v1/interaction/sessions/{ID}"),
            404,
            "session-not-found",
        ),
        (
            "GET",
            format!("/api/v1/interaction/sessions/{ID}/turns"),
            404,
            "session-not-found",
        ),
        (
            "GET",
            format!("/api/v1/interaction/sessions/{ID}/latency-stats"),
            404,
            "session-not-found",
        ),
    ] {
        let problem = server.request(method, &path, &[]).await.problem();
        assert_eq!(problem, (status, code.to_owned()), "{method} {path}");
    }
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    let answer = Server::start()
        .await
        .request("POST", "/api/v1/interaction/providers", &[])
        .await;
    assert_eq!(answer.header("allow"), "GET,HEAD");
}

#[tokio::test]
async fn a_body_that_nobody_wants_is_refused_at_once() {
    let server = Server::start().await;
    for path in [
        "/healthz",
        "/api/v1/interaction/providers",
        "/api/v1/selftest",
        "/login",
        "/",
    ] {
        let length = [("content-length", "65537")];
        let answer = server
            .send("GET", path, &length, Body::from(vec![0; 65_537]))
            .await;
        assert_eq!(answer.problem(), (413, "payload-too-large".to_owned()), "{path}");
    }
}

#[tokio::test]
async fn another_host_is_another_server() {
    let server = Server::start().await;
    for host in ["evil.example", "localhost.evil.example:8080", "192.168.1.5"] {
        let answer = server
            .request("GET", "/api/v1/interaction/providers", &[("host", host)])
            .await;
        assert_eq!(answer.problem(), (421, "host-not-allowed".to_owned()), "{host}");
    }
}

#[tokio::test]
async fn a_database_that_goes_away_is_a_problem_that_passes() {
    let (server, store) = Server::on_fakes().await;
    server.keep_session(1, 1).await;
    store.faults().fail_next(1, StoreErrorKind::Unavailable);
    let answer = server.get("/api/v1/interaction/sessions").await;
    assert_eq!(answer.problem(), (503, "database-unavailable".to_owned()));
    assert_eq!(
        server.get("/api/v1/interaction/sessions").await.json()["total"],
        1
    );
    store.faults().fail_next(1, StoreErrorKind::Damaged);
    assert_eq!(
        server.get("/api/v1/interaction/sessions").await.problem(),
        (500, "internal-server-error".to_owned())
    );
}

#[tokio::test]
async fn every_answer_has_its_headers() {
    let server = Server::start().await;
    for path in [
        "/",
        "/healthz",
        "/api/docs",
        "/api/v1/interaction/providers",
        "/nothing",
    ] {
        let answer = server.get(path).await;
        assert!(!answer.header("x-request-id").is_empty(), "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
        assert!(
            answer.header("permissions-policy").contains("microphone=(self)"),
            "{path}"
        );
    }
    for path in ["/", "/healthz", "/api/docs", "/api/v1/interaction/providers"] {
        assert!(
            server
                .get(path)
                .await
                .header("content-security-policy")
                .contains("frame-ancestors 'none'"),
            "{path}"
        );
    }
    assert_eq!(
        server
            .get("/api/v1/interaction/providers")
            .await
            .header("cache-control"),
        "no-store"
    );
}

#[tokio::test]
async fn a_request_keeps_the_id_that_it_came_with() {
    let answer = Server::start()
        .await
        .request("GET", "/healthz", &[("x-request-id", "abc-1")])
        .await;
    assert_eq!(answer.header("x-request-id"), "abc-1");
}
