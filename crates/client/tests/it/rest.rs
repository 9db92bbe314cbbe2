//! The REST calls, against a server that answers as documented.

use serde_json::{Value, json};
use uuid::Uuid;
use viva_client::{Client, ClientError, Side};
use viva_protocol::rest::{AuditOutcome, CredentialContent, TemplateContent};
use wiremock::matchers::{body_json, header, method, path, query_param, query_param_is_missing};
use wiremock::{Mock, MockServer, ResponseTemplate};

const SESSION: Uuid = Uuid::from_u128(0x0197_0000_0000_7000_8000_0000_0000_0001);
const TURN: Uuid = Uuid::from_u128(0x0197_0000_0000_7000_8000_0000_0000_0009);

async fn answering(route: &str, answer: ResponseTemplate) -> (MockServer, Client) {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path(route))
        .respond_with(answer)
        .mount(&server)
        .await;
    let client = Client::new(&server.uri()).expect("the mock has an address");
    (server, client)
}

fn turn(number: u16) -> Value {
    json!({
        "id": TURN, "turn_number": number, "started_at": "2026-11-22T10:40:00Z", "ended_at": "2026-11-22T10:40:09Z",
        "interrupted": false, "latency": { "total_ms": 540.5 },
    })
}

#[tokio::test]
async fn providers_are_listed() {
    let body = json!({ "realtime": [], "stt": [], "llm": [], "tts": [] });
    let (_server, client) = answering(
        "/api/v1/interaction/providers",
        ResponseTemplate::new(200).set_body_json(body),
    )
    .await;
    assert_eq!(
        client.providers().await.unwrap(),
        viva_protocol::rest::ProviderList::default()
    );
}

#[tokio::test]
async fn voices_are_listed() {
    let body = json!({ "items": [{ "id": "anna", "name": "Anna" }], "from_provider": true });
    let (_server, client) = answering(
        "/api/v1/interaction/providers/acme/voices",
        ResponseTemplate::new(200).set_body_json(body),
    )
    .await;
    let list = client.voices("acme").await.unwrap();
    assert!(list.from_provider && list.items[0].name == "Anna", "{list:?}");
}

#[tokio::test]
async fn a_session_comes_with_its_turns() {
    let body = json!({
        "id": SESSION, "mode": "realtime", "config": { "realtime_provider": "offline" }, "status": "completed",
        "started_at": "2026-11-22T10:40:00Z", "barge_in_enabled": true, "turns": [turn(1)],
    });
    let route = format!("/api/v1/interaction/sessions/{SESSION}");
    let (_server, client) = answering(&route, ResponseTemplate::new(200).set_body_json(body)).await;
    let session = client.session(SESSION).await.unwrap();
    assert_eq!(
        (session.session.id, session.turns[0].latency.total_ms),
        (SESSION, Some(540.5))
    );
}

#[tokio::test]
async fn all_pages_of_turns_are_fetched() {
    let server = MockServer::start().await;
    for (number, page) in [(1_u16, "1"), (2, "2")] {
        let body =
            json!({ "items": [turn(number)], "total": 2, "page": number, "page_size": 1, "total_pages": 2 });
        Mock::given(path(format!("/api/v1/interaction/sessions/{SESSION}/turns")))
            .and(query_param("page", page))
            .respond_with(ResponseTemplate::new(200).set_body_json(body))
            .expect(1)
            .mount(&server)
            .await;
    }
    let turns = Client::new(&server.uri()).unwrap().turns(SESSION).await.unwrap();
    assert_eq!(
        turns.iter().map(|turn| turn.turn_number).collect::<Vec<_>>(),
        [1, 2]
    );
}

#[tokio::test]
async fn recordings_are_fetched_by_side() {
    let server = MockServer::start().await;
    for (side, bytes) in [("user", b"RIFFu"), ("ai", b"RIFFa")] {
        Mock::given(path(format!(
            "/api/v1/interaction/sessions/{SESSION}/turns/{TURN}/audio"
        )))
        .and(query_param("type", side))
        .respond_with(ResponseTemplate::new(200).set_body_bytes(bytes))
        .mount(&server)
        .await;
    }
    let client = Client::new(&server.uri()).unwrap();
    assert_eq!(
        client.turn_audio(SESSION, TURN, Side::User).await.unwrap(),
        "RIFFu"
    );
    assert_eq!(client.turn_audio(SESSION, TURN, Side::Ai).await.unwrap(), "RIFFa");
}

#[tokio::test]
async fn statistics_are_fetched() {
    let mut body = serde_json::to_value(viva_protocol::rest::LatencyStats::default()).unwrap();
    body["total_ms"] =
        json!({ "count": 1, "avg": 5.0, "min": 5.0, "max": 5.0, "p50": 5.0, "p95": 5.0, "p99": 5.0 });
    let route = format!("/api/v1/interaction/sessions/{SESSION}/latency-stats");
    let (_server, client) = answering(&route, ResponseTemplate::new(200).set_body_json(body)).await;
    assert_eq!(
        client.latency_stats(SESSION).await.unwrap().whole.total_ms.p99,
        Some(5.0)
    );
}

fn template(name: &str) -> Value {
    json!({
        "id": TURN, "built_in": false, "updated_at": "2026-11-29T10:40:00Z",
        "name": name, "category": "restaurant", "language": "en",
    })
}

fn content(name: &str) -> TemplateContent {
    TemplateContent {
        name: name.to_owned(),
        category: "restaurant".to_owned(),
        language: "en".to_owned(),
        ai_role: Some("waiter".to_owned()),
        ..TemplateContent::default()
    }
}

#[tokio::test]
async fn templates_of_a_kind_are_fetched_from_all_pages() {
    let server = MockServer::start().await;
    for number in [1, 2] {
        let body = json!({
            "items": [template(&format!("T{number}"))], "total": 2, "page": number, "page_size": 1, "total_pages": 2,
        });
        Mock::given(path("/api/v1/interaction/templates"))
            .and(query_param("category", "旅館 & bar"))
            .and(query_param_is_missing("language"))
            .and(query_param("page", number.to_string()))
            .respond_with(ResponseTemplate::new(200).set_body_json(body))
            .expect(1)
            .mount(&server)
            .await;
    }
    let client = Client::new(&server.uri()).unwrap();
    let templates = client.templates(Some("旅館 & bar"), None).await.unwrap();
    let names = templates.iter().map(|template| template.content.name.as_str());
    assert_eq!(names.collect::<Vec<_>>(), ["T1", "T2"]);
}

#[tokio::test]
async fn templates_are_made_replaced_and_copied_by_what_is_sent() {
    let server = MockServer::start().await;
    let one = format!("/api/v1/interaction/templates/{TURN}");
    for (verb, route, body, name) in [
        (
            "POST",
            "/api/v1/interaction/templates".to_owned(),
            json!(content("New")),
            "New",
        ),
        ("PUT", one.clone(), json!(content("Other")), "Other"),
        (
            "POST",
            format!("{one}/duplicate"),
            json!({ "name": "Copy" }),
            "Copy",
        ),
    ] {
        Mock::given(method(verb))
            .and(path(route))
            .and(header("content-type", "application/json"))
            .and(body_json(body))
            .respond_with(ResponseTemplate::new(201).set_body_json(template(name)))
            .expect(1)
            .mount(&server)
            .await;
    }
    let client = Client::new(&server.uri()).unwrap();
    for (answer, name) in [
        (client.create_template(&content("New")).await, "New"),
        (client.replace_template(TURN, &content("Other")).await, "Other"),
        (client.duplicate_template(TURN, "Copy").await, "Copy"),
    ] {
        assert_eq!(answer.unwrap().content.name, name);
    }
}

#[tokio::test]
async fn one_template_is_fetched_and_forgotten() {
    let route = format!("/api/v1/interaction/templates/{TURN}");
    let answer = ResponseTemplate::new(200).set_body_json(template("Waiter"));
    let (server, client) = answering(&route, answer).await;
    assert_eq!(client.template(TURN).await.unwrap().content.name, "Waiter");
    Mock::given(method("DELETE"))
        .and(path(route))
        .respond_with(ResponseTemplate::new(204))
        .expect(1)
        .mount(&server)
        .await;
    client.delete_template(TURN).await.unwrap();
}

#[tokio::test]
async fn provider_keys_are_given_asked_about_and_forgotten() {
    let server = MockServer::start().await;
    let one = "/api/v1/credentials/acme";
    let shown = json!({ "masked_key": "sk-…abcd", "status": "valid", "checked_at": "2026-11-29T10:40:00Z" });
    let content = CredentialContent {
        api_key: "sk-0123456789abcd".into(),
        base_url: None,
        organization: Some("org-1".to_owned()),
    };
    let sent = json!({ "api_key": "sk-0123456789abcd", "organization": "org-1" });
    Mock::given(method("PUT"))
        .and(path(one))
        .and(body_json(sent))
        .respond_with(ResponseTemplate::new(200).set_body_json(&shown))
        .expect(1)
        .mount(&server)
        .await;
    let entry = json!({
        "id": TURN, "at": "2026-11-29T10:40:00Z", "action": "use", "provider": "acme", "session_id": SESSION,
        "outcome": "bad_key",
    });
    let page = json!({ "items": [entry], "total": 1, "page": 1, "page_size": 100, "total_pages": 1 });
    for (verb, route, answer) in [
        (
            "POST",
            format!("{one}/validate"),
            ResponseTemplate::new(200).set_body_json(&shown),
        ),
        ("DELETE", one.to_owned(), ResponseTemplate::new(204)),
        (
            "GET",
            "/api/v1/credentials".to_owned(),
            ResponseTemplate::new(200).set_body_json(json!({ "items": [] })),
        ),
        (
            "GET",
            "/api/v1/audit-log".to_owned(),
            ResponseTemplate::new(200).set_body_json(page),
        ),
    ] {
        Mock::given(method(verb))
            .and(path(route))
            .respond_with(answer)
            .expect(1)
            .mount(&server)
            .await;
    }
    let client = Client::new(&server.uri()).unwrap();
    let kept = client.put_credential("acme", &content).await.unwrap();
    assert_eq!(kept.masked_key, "sk-…abcd");
    assert_eq!(client.validate_credential("acme").await.unwrap(), kept);
    client.delete_credential("acme").await.unwrap();
    assert_eq!(client.credentials().await.unwrap().items, []);
    let entries = client.audit().await.unwrap();
    assert_eq!(
        (entries[0].session_id, entries[0].outcome),
        (Some(SESSION), AuditOutcome::BadKey)
    );
}

#[tokio::test]
async fn the_token_is_sent_as_a_bearer() {
    let server = MockServer::start().await;
    let body = json!({ "realtime": [], "stt": [], "llm": [], "tts": [] });
    Mock::given(header("authorization", "Bearer abc"))
        .respond_with(ResponseTemplate::new(200).set_body_json(body))
        .expect(1)
        .mount(&server)
        .await;
    Client::new(&server.uri())
        .unwrap()
        .with_token("abc")
        .unwrap()
        .providers()
        .await
        .unwrap();
}

#[tokio::test]
async fn a_problem_is_an_error_that_says_what_is_wrong() {
    let body = json!({ "type": "about:blank", "title": "Not Found", "status": 404, "code": "session-not-found",
        "detail": "no session has this id" });
    let answer =
        ResponseTemplate::new(404).set_body_raw(body.to_string(), "application/problem+json; charset=utf-8");
    let (_server, client) = answering(&format!("/api/v1/interaction/sessions/{SESSION}"), answer).await;
    let err = client.session(SESSION).await.unwrap_err();
    assert_eq!(err.to_string(), "no session has this id");
    let ClientError::Problem(problem) = err else {
        panic!("no problem: {err:?}")
    };
    assert_eq!(
        (problem.status, problem.code.as_str()),
        (404, "session-not-found")
    );
}

#[tokio::test]
async fn a_refusal_of_something_that_is_not_viva_tells_its_status() {
    let answer = ResponseTemplate::new(502).set_body_raw("<h1>Bad Gateway</h1>", "text/html");
    let (_server, client) = answering("/api/v1/interaction/providers", answer).await;
    assert!(matches!(
        client.providers().await,
        Err(ClientError::Status { status: 502 })
    ));
}

#[tokio::test]
async fn an_answer_that_is_no_body_of_the_api_is_an_error() {
    let (_server, client) = answering(
        "/api/v1/interaction/providers",
        ResponseTemplate::new(200).set_body_raw("{}", "application/json"),
    )
    .await;
    assert!(matches!(
        client.providers().await,
        Err(ClientError::Answer { .. })
    ));
}
