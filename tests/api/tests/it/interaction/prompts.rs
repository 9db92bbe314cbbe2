//! `/prompts/compose`, and sessions that begin with the same texts.

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use viva_contract::samples::{OWNER, at, template_content, template_id};
use viva_protocol::ws::MAX_MESSAGE_BYTES;

use crate::bench::Server;

const COMPOSE: &str = "/api/v1/interaction/prompts/compose";
/// The first built-in template in English.
const BUILT_IN: &str = "01a22499-f800-7000-8000-000000000001";
/// The same in Traditional Chinese.
const BUILT_IN_ZH: &str = "01a22499-f800-7000-8000-000000000011";

fn at_sea() -> Value {
    json!({
        "system_prompt": " Be brief. ", "user_role": "乘客", "ai_role": "船長", "scenario_context": "On a ship.\nIt storms.",
    })
}

/// All texts at their limits, of this character.
fn at_their_limits(character: &str) -> Value {
    let (text, role) = (character.repeat(20_000), character.repeat(200));
    json!({ "system_prompt": text, "user_role": role, "ai_role": role, "scenario_context": text })
}

fn starting(texts: &Value) -> Value {
    let mut message = texts.clone();
    message["type"] = "start_session".into();
    message["mode"] = "realtime".into();
    message
}

/// As it is written by programs that write ASCII only.
fn escaped(json: &Value) -> String {
    let escape = |unit: u16| match u8::try_from(unit) {
        Ok(byte) if byte.is_ascii() => char::from(byte).to_string(),
        _ => format!("\\u{unit:04x}"),
    };
    json.to_string().encode_utf16().map(escape).collect()
}

/// Begins a session with a message; what it kept, and what its provider was told.
async fn begin(server: &Server, message: String) -> (Value, String) {
    let mut socket = server.connect().await;
    socket.send(Message::text(message)).await;
    let started = socket.until("session_started").await;
    let id = started["session_id"].as_str().unwrap();
    let path = format!("/api/v1/interaction/sessions/{id}");
    let kept = server.get(&path).await.json();
    socket.say(json!({ "type": "end_session" })).await;
    socket.until("session_ended").await;
    let requests = server.voice.recorded().requests;
    (kept, requests.last().unwrap().instructions.clone())
}

#[tokio::test]
async fn what_is_composed_is_what_the_provider_of_a_session_is_told() {
    let server = Server::start().await;
    let over_template = json!({ "template_id": BUILT_IN, "user_role": "", "ai_role": "Clerk" });
    let mut in_chinese = at_sea();
    in_chinese["prompt_language"] = "zh-TW".into();
    let of_template = json!({ "template_id": BUILT_IN_ZH });
    for texts in [
        at_sea(),
        over_template,
        in_chinese.clone(),
        of_template,
        json!({}),
    ] {
        let composed = server.send_json("POST", COMPOSE, &texts).await.json();
        let (kept, told) = begin(&server, starting(&texts).to_string()).await;
        assert_eq!(composed, json!({ "instructions": told }));
        assert_eq!(kept["instructions"], told);
        assert!(texts["ai_role"].is_null() || kept["ai_role"] == texts["ai_role"]);
        // What else a session begins with changes nothing about it.
        let whole = server.send_json("POST", COMPOSE, &starting(&texts)).await;
        assert_eq!(whole.json(), composed);
    }
    let composed = server.send_json("POST", COMPOSE, &at_sea()).await.json();
    insta::assert_json_snapshot!(composed, @r#"
    {
      "instructions": "Be brief.\n\nYou play this role: 船長.\n\nThe person you talk to plays this role: 乘客.\n\nThe situation: On a ship.\nIt storms."
    }
    "#);
    let composed = server.send_json("POST", COMPOSE, &in_chinese).await.json();
    insta::assert_json_snapshot!(composed, @r#"
    {
      "instructions": "Be brief.\n\n你扮演的角色：船長。\n\n與你交談的人扮演的角色：乘客。\n\n情境：On a ship.\nIt storms."
    }
    "#);
}

#[tokio::test]
async fn a_session_without_a_language_of_its_prompt_takes_that_of_its_configuration() {
    let server = Server::start().await;
    let mut message = starting(&at_sea());
    message["config"] = json!({ "language": "zh-TW" });
    let (kept, told) = begin(&server, message.to_string()).await;
    assert!(told.contains("你扮演的角色：船長。"), "{told}");
    assert_eq!(kept["instructions"], told);
    message["prompt_language"] = "en".into();
    let (_, told) = begin(&server, message.to_string()).await;
    assert!(told.contains("You play this role: 船長."), "{told}");
}

#[tokio::test]
async fn texts_that_cannot_be_used_are_refused() {
    let server = Server::start().await;
    let too_much = json!({ "system_prompt": "語".repeat(90_000) });
    for (body, status, code) in [
        (json!({ "ai_role": "語".repeat(201) }), 400, "invalid-prompt"),
        (json!({ "scenario_context": "a\u{0}b" }), 400, "invalid-prompt"),
        (json!({ "user_role": 5 }), 400, "invalid-body"),
        (json!([null, null]), 400, "invalid-body"),
        (json!({ "template_id": "none" }), 400, "invalid-body"),
        (json!({ "prompt_language": "none!" }), 400, "invalid-prompt"),
        (too_much, 413, "payload-too-large"),
    ] {
        let answer = server.send_json("POST", COMPOSE, &body).await;
        assert_eq!(answer.problem(), (status, code.to_owned()), "{}", answer.text());
    }
    let long = json!({ "ai_role": "語".repeat(201) });
    let refused = server.send_json("POST", COMPOSE, &long).await;
    assert!(
        refused.text().contains("ai_role is longer than 200 characters"),
        "{}",
        refused.text()
    );
}

#[tokio::test]
async fn a_template_of_somebody_else_is_not_there() {
    let server = Server::start().await;
    let foreign = template_content("Waiter");
    server
        .template_store
        .insert(OWNER, template_id(1), &foreign, at(1))
        .await
        .unwrap();
    let body = json!({ "template_id": template_id(1).to_string() });
    let answer = server.send_json("POST", COMPOSE, &body).await;
    assert_eq!(answer.problem(), (404, "template-not-found".to_owned()));
}

#[tokio::test]
async fn texts_at_their_limits_are_composed_and_told_in_any_script() {
    let server = Server::start().await;
    for character in ["x", "語", "😀"] {
        let texts = at_their_limits(character);
        let composed = server.send_json("POST", COMPOSE, &texts).await.json();
        let message = starting(&texts);
        let mut spellings = vec![message.to_string()];
        if character == "語" {
            spellings.push(escaped(&message));
        }
        for message in spellings {
            let bytes = message.len();
            assert!(bytes < MAX_MESSAGE_BYTES, "{bytes}");
            let (kept, told) = begin(&server, message).await;
            assert_eq!(kept["scenario_context"], texts["scenario_context"]);
            assert!(composed["instructions"] == told.as_str(), "{character}");
        }
    }
}
