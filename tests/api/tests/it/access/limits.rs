//! How much one client may ask for.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use serde_json::json;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Error;
use tower::ServiceExt as _;
use viva_contract::samples::{session_id, turn, turn_id};
use viva_domain::ids::UserId;
use viva_domain::ports::StoreErrorKind;
use viva_presentation::{Exposure, RateLimits};

use super::setup;
use crate::bench::{Answer, Auth, Server, Setup};

const SESSIONS: &str = "/api/v1/interaction/sessions";
const TEMPLATES: &str = "/api/v1/interaction/templates";
const CREDENTIALS: &str = "/api/v1/credentials";

async fn server(limits: RateLimits) -> Server {
    Server::start_with(Setup { limits, ..setup() }).await
}

fn few() -> RateLimits {
    RateLimits {
        sign_ins: 2,
        writes: 2,
        reads: 3,
        connections: 2,
        ..RateLimits::default()
    }
}

fn assert_had_its_share(answer: &Answer) {
    assert_eq!(answer.problem(), (429, "too-many-requests".to_owned()));
    let seconds: u64 = answer.header("retry-after").parse().unwrap();
    // As many come back evenly within a minute.
    assert!((1..=30).contains(&seconds), "{seconds}");
    assert!(
        answer.text().contains(&format!("in {seconds} s")),
        "{}",
        answer.text()
    );
}

#[tokio::test]
async fn a_user_that_had_their_share_is_told_when_there_is_more() {
    let server = server(few()).await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let headers = |bearer| [("authorization", bearer), ("content-type", "application/json")];
    let (adas, bobs) = (ada.bearer(), bob.bearer());
    for _ in 0..3 {
        assert_eq!(server.request("GET", SESSIONS, &headers(&adas)).await.status, 200);
    }
    assert_had_its_share(&server.request("GET", SESSIONS, &headers(&adas)).await);
    assert_had_its_share(&server.request("GET", TEMPLATES, &headers(&adas)).await);
    // Others, and other groups, are counted apart.
    assert_eq!(server.request("GET", SESSIONS, &headers(&bobs)).await.status, 200);
    for n in 0..2 {
        let body =
            json!({ "name": format!("T{n}"), "category": "c", "language": "en", "system_prompt": "p" });
        let made = server
            .send("POST", TEMPLATES, &headers(&adas), Body::from(body.to_string()))
            .await;
        assert_eq!(made.status, 201);
    }
    let one_more = server.request("DELETE", TEMPLATES, &headers(&adas)).await;
    assert_had_its_share(&one_more);
}

#[tokio::test]
async fn connections_are_counted_and_those_that_are_open_stay() {
    let server = server(few()).await;
    let ada = server.person("ada").await;
    let bearer = ada.bearer();
    let headers = [("authorization", bearer.as_str())];
    let mut sockets = Vec::new();
    for _ in 0..2 {
        sockets.push(server.try_connect(&headers).await.unwrap());
    }
    let Err(Error::Http(refused)) = server.try_connect(&headers).await.map(drop) else {
        panic!("it was let in")
    };
    assert_eq!(refused.status(), 429);
    assert!(refused.headers().contains_key("retry-after"));
    for socket in &mut sockets {
        assert_eq!(socket.json().await["type"], "connection_ready");
        socket.say(json!({"type": "ping", "timestamp": 1})).await;
        assert_eq!(socket.json().await["type"], "pong");
    }
    assert_eq!(server.request("GET", SESSIONS, &headers).await.status, 200);
}

#[tokio::test]
async fn so_many_connections_are_open_at_once() {
    let server = server(RateLimits {
        connections: 0,
        open_connections: 1,
        ..RateLimits::default()
    })
    .await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let (adas, bobs) = (ada.bearer(), bob.bearer());
    let headers = [("authorization", adas.as_str())];
    let first = server.try_connect(&headers).await.unwrap();
    let Err(Error::Http(refused)) = server.try_connect(&headers).await.map(drop) else {
        panic!("it was let in")
    };
    assert_eq!(refused.status(), 429);
    assert_eq!(refused.headers()["retry-after"], "60");
    let others = server.try_connect(&[("authorization", &bobs)]).await;
    assert!(others.is_ok(), "clients are counted apart");
    drop(first);
    let again = async { while server.try_connect(&headers).await.is_err() {} };
    timeout(Duration::from_mins(1), again)
        .await
        .expect("there is room when one is closed");
}

#[tokio::test]
async fn nobody_is_counted_by_their_address() {
    let server = Server::start_with(Setup {
        limits: few(),
        exposure: Exposure::BehindProxy,
        ..setup()
    })
    .await;
    let ada = server.person("ada").await;
    let from = |address| [("x-forwarded-for", address)];
    for path in ["/healthz", SESSIONS, "/login"] {
        let answer = server.request("GET", path, &from("198.51.100.7")).await;
        assert!([200, 401].contains(&answer.status.as_u16()), "{path}");
    }
    for path in ["/healthz", "/readyz", SESSIONS, "/login", "/api/docs", "/"] {
        let answer = server.request("GET", path, &from("198.51.100.7")).await;
        assert_had_its_share(&answer);
    }
    let elsewhere = server.request("GET", SESSIONS, &from("198.51.100.8")).await;
    assert_eq!(elsewhere.status, 401);
    // Somebody who signed in is nobody's neighbour.
    let bearer = ada.bearer();
    let headers = [
        ("authorization", bearer.as_str()),
        ("x-forwarded-for", "198.51.100.7"),
    ];
    assert_eq!(server.request("GET", SESSIONS, &headers).await.status, 200);
}

#[tokio::test]
async fn the_database_is_asked_for_unknown_tokens_so_often_only() {
    let limits = RateLimits {
        unknown_tokens: 3,
        sign_ins: 0,
        ..RateLimits::default()
    };
    let (server, store) = Server::on_fake_tokens(limits).await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let (adas, bobs) = (ada.bearer(), bob.bearer());
    let get = async |token: &str| server.request("GET", SESSIONS, &[("authorization", token)]).await;
    assert_eq!(get(&adas).await.status, 200);
    let mut wrong = adas.clone();
    wrong.replace_range(wrong.len() - 2.., "ff");
    store.faults().fail(StoreErrorKind::Unavailable);
    let cookie = format!("viva_session={}", &wrong["Bearer ".len()..]);
    for header in [("authorization", wrong.as_str()), ("cookie", cookie.as_str())] {
        assert_eq!(server.request("GET", SESSIONS, &[header]).await.status, 503);
    }
    for header in [("authorization", wrong.as_str()), ("cookie", cookie.as_str())] {
        for path in [SESSIONS, "/"] {
            let answer = server.request("GET", path, &[header]).await;
            assert_eq!(answer.problem(), (429, "too-many-requests".to_owned()));
        }
    }
    assert_eq!(store.faults().failures(), 2, "it was not asked again");
    store.faults().recover();
    // Whoever was here before is known, whatever others do at the same address.
    assert_eq!(get(&adas).await.status, 200);
    assert_eq!(get(&bobs).await.status, 429);
}

#[tokio::test]
async fn a_user_that_had_their_share_is_not_looked_up_either() {
    let limits = RateLimits {
        reads: 2,
        ..RateLimits::default()
    };
    let (server, store) = Server::on_fake_tokens(limits).await;
    let ada = server.person("ada").await;
    let bearer = ada.bearer();
    let get = async || {
        let headers = [("authorization", bearer.as_str())];
        server.request("GET", SESSIONS, &headers).await
    };
    for _ in 0..2 {
        assert_eq!(get().await.status, 200);
    }
    store.faults().fail(StoreErrorKind::Unavailable);
    assert_had_its_share(&get().await);
    assert_eq!(store.faults().failures(), 0);
}

#[tokio::test]
async fn providers_are_asked_about_keys_so_often_only() {
    let server = server(RateLimits {
        key_checks: 2,
        ..RateLimits::default()
    })
    .await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let (adas, bobs) = (ada.bearer(), bob.bearer());
    let ask = async |bearer: &str, method: &str, path: &str| {
        let body = json!({ "api_key": "sk-0123456789-abcdef" });
        let headers = [("authorization", bearer), ("content-type", "application/json")];
        let path = format!("{CREDENTIALS}/{path}");
        server
            .send(method, &path, &headers, Body::from(body.to_string()))
            .await
    };
    assert_eq!(ask(&adas, "PUT", "acme").await.status, 200);
    assert_eq!(ask(&adas, "POST", "acme/validate").await.status, 200);
    for (method, path) in [("PUT", "acme"), ("POST", "acme/validate")] {
        assert_had_its_share(&ask(&adas, method, path).await);
    }
    assert_eq!(server.credential_check.asked().len(), 2);
    // What asks no provider, and others, are not kept waiting.
    assert_eq!(ask(&adas, "DELETE", "acme").await.status, 204);
    assert_eq!(ask(&bobs, "PUT", "acme").await.status, 200);
}

#[tokio::test]
async fn so_many_requests_are_under_way_at_once() {
    let server = server(RateLimits {
        requests_at_once: 1,
        ..RateLimits::default()
    })
    .await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let (adas, bobs) = (ada.bearer(), bob.bearer());
    let get = async |bearer: &str| {
        let headers = [("authorization", bearer)];
        server.request("GET", SESSIONS, &headers).await
    };
    server.credential_check.be_silent();
    let slow = async {
        let body = json!({ "api_key": "sk-0123456789-abcdef" });
        let headers = [("authorization", adas.as_str())];
        let path = format!("{CREDENTIALS}/acme");
        server
            .send("PUT", &path, &headers, Body::from(body.to_string()))
            .await
    };
    let meanwhile = async {
        server.credential_check.until_asked(1).await;
        let refused = get(&adas).await;
        assert_eq!(refused.problem(), (429, "too-many-requests".to_owned()));
        assert_eq!(refused.header("retry-after"), "1");
        assert!(refused.text().contains("under way"), "{}", refused.text());
        assert_eq!(get(&bobs).await.status, 200, "clients are counted apart");
        assert_eq!(server.get("/healthz").await.status, 200);
        server.credential_check.answer();
    };
    let (kept, ()) = tokio::join!(slow, meanwhile);
    assert_eq!(kept.status, 200);
    assert_eq!(get(&adas).await.status, 200);
}

#[tokio::test]
async fn a_recording_is_under_way_until_it_is_read() {
    let server = Server::start_with(Setup {
        limits: RateLimits {
            requests_at_once: 1,
            ..RateLimits::default()
        },
        ..Setup::default()
    })
    .await;
    server.keep_session_of(UserId::LOCAL, 1, 1).await;
    let key = turn(1, 1).ai_audio.unwrap().key;
    server.keep_recording(&key, &vec![7; 200_000]).await;
    let path = format!(
        "{SESSIONS}/{}/turns/{}/audio?type=ai",
        session_id(1),
        turn_id(1, 1)
    );
    let request = Request::get(path).header("host", "localhost");
    let router = viva_presentation::router(server.state.clone());
    let recording = router
        .oneshot(request.body(Body::empty()).unwrap())
        .await
        .unwrap();
    assert_eq!(recording.status(), 200);
    assert_eq!(recording.headers()["content-length"], "200000");
    assert_eq!(server.get(SESSIONS).await.status, 429);
    let bytes = axum::body::to_bytes(recording.into_body(), usize::MAX).await;
    assert_eq!(bytes.unwrap().len(), 200_000);
    assert_eq!(server.get(SESSIONS).await.status, 200);
}

#[tokio::test]
async fn a_server_for_one_user_has_limits_as_well() {
    let server = Server::start_with(Setup {
        auth: Auth::None,
        limits: few(),
        ..Setup::default()
    })
    .await;
    for _ in 0..3 {
        assert_eq!(server.get(SESSIONS).await.status, 200);
    }
    assert_had_its_share(&server.get(SESSIONS).await);
}

#[tokio::test]
async fn by_default_nobody_who_works_with_it_notices() {
    let server = Server::start_with(Setup {
        auth: Auth::None,
        ..Setup::default()
    })
    .await;
    for _ in 0..600 {
        drop(server.connect().await);
        assert_eq!(server.get("/healthz").await.status, 200);
        assert_eq!(server.get(SESSIONS).await.status, 200);
    }
}
