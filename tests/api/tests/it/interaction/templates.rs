//! `/templates` and what is below.

use axum::body::Body;
use serde_json::{Value, json};
use viva_contract::samples::{OWNER, at, template_content, template_id};
use viva_domain::ports::StoreErrorKind;

use crate::bench::{Answer, Server};

const TEMPLATES: &str = "/api/v1/interaction/templates";
const NONE: &str = "0199a6a4-7c1c-7f4e-9d53-0d3c2b1a0f5e";
/// The first built-in template in English.
const BUILT_IN: &str = "01a22499-f800-7000-8000-000000000001";

fn waiter() -> Value {
    json!({
        "name": " Waiter ", "description": "Takes orders.", "category": "restaurant", "language": "EN-gb",
        "system_prompt": "Be brief.\nBe kind.", "user_role": "guest", "ai_role": "服務生",
    })
}

fn with(mut body: Value, field: &str, value: impl Into<Value>) -> Value {
    body[field] = value.into();
    body
}

fn at_id(id: &str) -> String {
    format!("{TEMPLATES}/{id}")
}

/// The template that was made, and that it is where the answer says.
async fn made(server: &Server, answer: &Answer) -> Value {
    assert_eq!(answer.status.as_u16(), 201, "{}", answer.text());
    let template: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(server.get(answer.header("location")).await.json(), template);
    template
}

async fn create(server: &Server, body: &Value) -> Value {
    made(server, &server.send_json("POST", TEMPLATES, body).await).await
}

fn problem(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

fn names(page: &Value) -> Vec<&str> {
    let items = page["items"].as_array().unwrap();
    items.iter().map(|item| item["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn what_comes_with_viva_is_listed() {
    let server = Server::start().await;
    for language in ["en", "zh"] {
        let page = server.get(&format!("{TEMPLATES}?language={language}")).await;
        insta::assert_json_snapshot!(format!("built_in_{language}"), page.json());
    }
    let one = server.get(&at_id(BUILT_IN)).await.json();
    assert_eq!(
        (&one["name"], &one["built_in"]),
        (&json!("Customer service"), &json!(true))
    );
}

#[tokio::test]
async fn a_template_is_made_shown_replaced_and_forgotten() {
    let server = Server::start().await;
    let template = create(&server, &waiter()).await;
    insta::assert_json_snapshot!(template, @r#"
    {
      "ai_role": "服務生",
      "built_in": false,
      "category": "restaurant",
      "description": "Takes orders.",
      "id": "00000000-0001-7000-8000-000000000000",
      "language": "en-GB",
      "name": "Waiter",
      "system_prompt": "Be brief.\nBe kind.",
      "updated_at": "2026-01-01T00:00:00Z",
      "user_role": "guest"
    }
    "#);
    let path = at_id(template["id"].as_str().unwrap());
    let bare =
        json!({ "name": "Cook", "category": "kitchen", "language": "fr", "scenario_context": "Au marché." });
    let replaced = server.send_json("PUT", &path, &bare).await.json();
    insta::assert_json_snapshot!(replaced, @r#"
    {
      "built_in": false,
      "category": "kitchen",
      "description": "",
      "id": "00000000-0001-7000-8000-000000000000",
      "language": "fr",
      "name": "Cook",
      "scenario_context": "Au marché.",
      "updated_at": "2026-01-01T00:00:00Z"
    }
    "#);
    assert_eq!(server.get(&path).await.json(), replaced);
    let listed = server.get(&format!("{TEMPLATES}?page_size=100")).await.json();
    assert_eq!(listed["items"].as_array().unwrap().last(), Some(&replaced));

    let gone = server.request("DELETE", &path, &[]).await;
    assert_eq!((gone.status.as_u16(), gone.text()), (204, ""));
    for method in ["GET", "DELETE"] {
        let answer = server.request(method, &path, &[]).await;
        assert_eq!(answer.problem(), problem(404, "template-not-found"), "{method}");
    }
}

#[tokio::test]
async fn a_copy_says_the_same_and_belongs_to_who_made_it() {
    let server = Server::start().await;
    let original = server.get(&at_id(BUILT_IN)).await.json();
    let copy = json!({ "name": "My service" });
    let path = format!("{}/duplicate", at_id(BUILT_IN));
    let template = made(&server, &server.send_json("POST", &path, &copy).await).await;
    assert_eq!(
        (&template["name"], &template["built_in"]),
        (&copy["name"], &json!(false))
    );
    for field in [
        "description",
        "category",
        "language",
        "system_prompt",
        "user_role",
        "ai_role",
        "scenario_context",
    ] {
        assert_eq!(template[field], original[field], "{field}");
    }
    let again = server.send_json("POST", &path, &copy).await;
    assert_eq!(again.problem(), problem(409, "template-name-taken"));
    let unnamed = server.send_json("POST", &path, &json!({ "name": " " })).await;
    assert_eq!(unnamed.problem(), problem(400, "invalid-template"));
    let copied = server
        .send_json("PUT", &at_id(template["id"].as_str().unwrap()), &waiter())
        .await;
    assert_eq!(copied.json()["name"], "Waiter");
    assert_eq!(server.get(&at_id(BUILT_IN)).await.json(), original);
}

#[tokio::test]
async fn lists_are_filtered_and_come_page_by_page() {
    let server = Server::start().await;
    for (name, category, language) in [
        ("A", "restaurant", "en-GB"),
        ("B", "restaurant", "zh-TW"),
        ("C", "storyteller", "en"),
        ("D", "旅館 & bar", "zh-Hant-TW"),
    ] {
        let body = with(waiter(), "name", name);
        let body = with(body, "category", category);
        create(&server, &with(body, "language", language)).await;
    }
    for (query, expected) in [
        ("category=restaurant", &["A", "B"][..]),
        ("category=Restaurant", &[]),
        ("category=restaurant&language=ZH", &["B"]),
        ("language=en-gb", &["A"]),
        ("category=storyteller&language=en", &["Storyteller", "C"]),
        ("category=%E6%97%85%E9%A4%A8%20%26%20bar", &["D"]),
        ("language=zh-hant&category=", &["D"]),
    ] {
        let page = server.get(&format!("{TEMPLATES}?{query}")).await.json();
        assert_eq!(names(&page), expected, "{query}");
        assert_eq!(page["total"], expected.len(), "{query}");
    }
    let page = server
        .get(&format!("{TEMPLATES}?page=2&page_size=14"))
        .await
        .json();
    assert_eq!(names(&page), ["C", "D"]);
    assert_eq!((&page["total"], &page["total_pages"]), (&json!(16), &json!(2)));
    for query in ["language=english_", "category=a%00b", "page=last"] {
        let answer = server.get(&format!("{TEMPLATES}?{query}")).await;
        assert_eq!(answer.problem(), problem(400, "invalid-query"), "{query}");
    }
}

#[tokio::test]
async fn built_in_templates_are_read_only() {
    let server = Server::start().await;
    let before = server.get(&format!("{TEMPLATES}?page_size=100")).await.json();
    for template in before["items"].as_array().unwrap() {
        let path = at_id(template["id"].as_str().unwrap());
        for answer in [
            server.send_json("PUT", &path, &waiter()).await,
            server.request("DELETE", &path, &[]).await,
        ] {
            assert_eq!(answer.problem(), problem(409, "template-built-in"));
            assert!(answer.text().contains("duplicate it"), "{}", answer.text());
        }
    }
    assert_eq!(
        server.get(&format!("{TEMPLATES}?page_size=100")).await.json(),
        before
    );
}

#[tokio::test]
async fn what_belongs_to_somebody_else_is_not_there() {
    let server = Server::start().await;
    let foreign = template_content("Waiter");
    server
        .template_store
        .insert(OWNER, template_id(1), &foreign, at(1))
        .await
        .unwrap();
    assert_eq!(server.get(TEMPLATES).await.json()["total"], 12);
    for id in [template_id(1).to_string(), NONE.to_owned()] {
        let path = at_id(&id);
        let copy = json!({ "name": "Stolen" });
        for answer in [
            server.get(&path).await,
            server.send_json("PUT", &path, &waiter()).await,
            server.request("DELETE", &path, &[]).await,
            server
                .send_json("POST", &format!("{path}/duplicate"), &copy)
                .await,
        ] {
            assert_eq!(answer.problem(), problem(404, "template-not-found"), "{path}");
        }
    }
    let kept = server.template_store.find(OWNER, template_id(1)).await.unwrap();
    assert_eq!(kept.map(|template| template.content), Some(foreign));
    // Names of others are free.
    create(&server, &waiter()).await;
}

#[tokio::test]
async fn a_name_is_given_once() {
    let server = Server::start().await;
    create(&server, &waiter()).await;
    let other = create(&server, &with(waiter(), "name", "Cook")).await;
    let path = at_id(other["id"].as_str().unwrap());
    for answer in [
        server.send_json("POST", TEMPLATES, &waiter()).await,
        server.send_json("PUT", &path, &waiter()).await,
        server
            .send_json("POST", &format!("{path}/duplicate"), &waiter())
            .await,
    ] {
        assert_eq!(answer.problem(), problem(409, "template-name-taken"));
        assert!(
            answer.text().contains(r#"the name \"Waiter\" already"#),
            "{}",
            answer.text()
        );
    }
    assert_eq!(server.get(&path).await.json(), other);
    // Those that came with Viva are nobody's.
    create(&server, &with(waiter(), "name", "Customer service")).await;
}

#[tokio::test]
async fn texts_that_cannot_be_kept_are_refused() {
    let server = Server::start().await;
    let own = create(&server, &waiter()).await;
    let path = at_id(own["id"].as_str().unwrap());
    for (field, value, detail) in [
        ("name", " ".to_owned(), "name is empty"),
        ("name", "語".repeat(101), "name is longer than 100 characters"),
        (
            "name",
            "two\nlines".to_owned(),
            "name contains a line break or another control character",
        ),
        ("category", String::new(), "category is empty"),
        (
            "category",
            "c".repeat(51),
            "category is longer than 50 characters",
        ),
        (
            "description",
            "d".repeat(501),
            "description is longer than 500 characters",
        ),
        (
            "description",
            "\u{1b}[31m".to_owned(),
            "description contains a line break or another control character",
        ),
        (
            "language",
            "en_GB".to_owned(),
            "language must be a BCP 47 tag, such as en or zh-TW",
        ),
        (
            "system_prompt",
            "p".repeat(20_001),
            "system_prompt is longer than 20000 characters",
        ),
        (
            "system_prompt",
            "a\u{0}b".to_owned(),
            "system_prompt contains a control character",
        ),
        (
            "user_role",
            "r".repeat(201),
            "user_role is longer than 200 characters",
        ),
        (
            "ai_role",
            "\u{7}".to_owned(),
            "ai_role contains a control character",
        ),
        (
            "scenario_context",
            "s".repeat(20_001),
            "scenario_context is longer than 20000 characters",
        ),
    ] {
        let body = with(waiter(), field, value);
        for answer in [
            server.send_json("POST", TEMPLATES, &body).await,
            server.send_json("PUT", &path, &body).await,
        ] {
            assert_eq!(answer.problem(), problem(400, "invalid-template"), "{detail}");
            let body: Value = serde_json::from_slice(&answer.body).unwrap();
            assert_eq!(body["detail"], detail);
        }
    }
    let silent = json!({ "name": "n", "category": "c", "language": "en", "system_prompt": " " });
    let answer = server.send_json("POST", TEMPLATES, &silent).await;
    assert_eq!(answer.problem(), problem(400, "invalid-template"));
    assert_eq!(server.get(&path).await.json(), own);
    assert_eq!(server.get(TEMPLATES).await.json()["total"], 13);
}

#[tokio::test]
async fn what_is_as_long_as_it_may_be_is_kept() {
    let server = Server::start().await;
    let body = json!({
        "name": "語".repeat(100), "description": "語".repeat(500), "category": "語".repeat(50), "language": "zh-TW",
        "system_prompt": "龍".repeat(20_000), "user_role": "語".repeat(200), "ai_role": "語".repeat(200),
        "scenario_context": "🐉".repeat(20_000),
    });
    let template = create(&server, &body).await;
    for (field, text) in body.as_object().unwrap() {
        assert_eq!(&template[field], text, "{field}");
    }
}

#[tokio::test]
async fn a_body_that_is_no_template_is_refused() {
    let server = Server::start().await;
    let one = at_id(BUILT_IN);
    let duplicate = format!("{one}/duplicate");
    let json = [("content-type", "application/json")];
    for (method, path) in [
        ("POST", TEMPLATES),
        ("PUT", one.as_str()),
        ("POST", duplicate.as_str()),
    ] {
        for body in [
            "",
            "{",
            "[]",
            "null",
            "\"Waiter\"",
            "{}",
            r#"{"name":5}"#,
            r#"["Waiter","","","en","Be kind."]"#,
            "{\"name\":\"\u{1}\"}",
        ] {
            let answer = server.send(method, path, &json, Body::from(body)).await;
            assert_eq!(
                answer.problem(),
                problem(400, "invalid-body"),
                "{method} {path} {body}"
            );
        }
        let untyped = server
            .send(method, path, &[], Body::from(waiter().to_string()))
            .await;
        assert_eq!(untyped.problem(), problem(415, "unsupported-media-type"));
        let huge = with(waiter(), "system_prompt", "p".repeat(262_144)).to_string();
        let huge = server.send(method, path, &json, Body::from(huge)).await;
        assert_eq!(huge.problem(), problem(413, "payload-too-large"));
    }
    for method in ["GET", "PUT", "DELETE"] {
        let answer = server.send_json(method, &at_id("5"), &waiter()).await;
        assert_eq!(answer.problem(), problem(400, "invalid-path"), "{method}");
    }
    assert_eq!(server.get(TEMPLATES).await.json()["total"], 12);
}

#[tokio::test]
async fn pages_of_other_servers_change_nothing() {
    let server = Server::start().await;
    let own = create(&server, &waiter()).await;
    let path = at_id(own["id"].as_str().unwrap());
    let headers = [
        ("content-type", "application/json"),
        ("origin", "https://evil.example"),
    ];
    for (method, path) in [
        ("POST", TEMPLATES.to_owned()),
        ("PUT", path.clone()),
        ("DELETE", path.clone()),
        ("POST", format!("{path}/duplicate")),
    ] {
        let body = Body::from(with(waiter(), "name", "Evil").to_string());
        let answer = server.send(method, &path, &headers, body).await;
        assert_eq!(
            answer.problem(),
            problem(403, "origin-not-allowed"),
            "{method} {path}"
        );
    }
    assert_eq!(server.get(&path).await.json(), own);
    assert_eq!(server.get(TEMPLATES).await.json()["total"], 13);
}

#[tokio::test]
async fn a_database_that_goes_away_is_a_problem_that_passes() {
    let (server, store) = Server::on_fake_templates().await;
    store.faults().fail_next(1, StoreErrorKind::Unavailable);
    let answer = server.send_json("POST", TEMPLATES, &waiter()).await;
    assert_eq!(answer.problem(), problem(503, "database-unavailable"));
    create(&server, &waiter()).await;
}

#[tokio::test]
async fn a_session_keeps_what_its_template_said_then() {
    let server = Server::start().await;
    let template = create(&server, &waiter()).await;
    let mut socket = server.connect().await;
    socket
        .say(json!({
            "type": "start_session", "mode": "realtime", "template_id": template["id"], "user_role": "critic",
        }))
        .await;
    let started = socket.until("session_started").await;
    let told = server.voice.recorded().requests.remove(0);
    assert_eq!(
        told.instructions,
        "Be brief.\nBe kind.\n\nYou play this role: 服務生.\n\nThe person you talk to plays this role: critic."
    );
    let path = at_id(template["id"].as_str().unwrap());
    server.request("DELETE", &path, &[]).await;
    let id = started["session_id"].as_str().unwrap();
    let kept = server
        .get(&format!("/api/v1/interaction/sessions/{id}"))
        .await
        .json();
    assert_eq!(
        (
            &kept["system_prompt"],
            &kept["user_role"],
            &kept["ai_role"],
            kept.get("scenario_context")
        ),
        (
            &json!("Be brief.\nBe kind."),
            &json!("critic"),
            &json!("服務生"),
            None
        )
    );
}
