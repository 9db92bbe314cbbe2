use serde_json::{Value, json};
use viva_domain::ports::{LanguageModelRequest, Message, MessageRole};
use viva_fakes::vendors::language_models::ChatVendor::{self, Anthropic, Gemini, OpenAi};
use viva_fakes::vendors::language_models::RecordedChat;

use super::bench::{Bench, Heard, config, patiently};

/// What is sent for a greeted user who asked twice.
async fn sent(vendor: ChatVendor, options: &[(&str, &str)]) -> RecordedChat {
    let bench = Bench::start(vendor).await;
    let mut config = config();
    let own = |(name, json): &(&str, &str)| ((*name).to_owned(), (*json).to_owned());
    config.options = options.iter().map(own).collect();
    let said = [
        (MessageRole::Assistant, "Hello!"),
        (MessageRole::User, "Wait."),
        (MessageRole::User, "Who are you?"),
    ];
    let request = LanguageModelRequest {
        config,
        instructions: "Be brief.".to_owned(),
        messages: said
            .map(|(role, text)| Message {
                role,
                text: text.to_owned(),
            })
            .into(),
    };
    let heard = Heard::all(patiently(bench.model.respond(request)).await.unwrap()).await;
    assert!(heard.is_done);
    bench.server.requests().remove(0)
}

#[tokio::test]
async fn openai_is_told_everything_as_it_was() {
    let options = [
        ("max_completion_tokens", "300"),
        ("temperature", "0.5"),
        ("reasoning_effort", "\"none\""),
    ];
    let request = sent(OpenAi, &options).await;
    let expected = json!({
        "model": "scripted-model",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "assistant", "content": "Hello!"},
            {"role": "user", "content": "Wait."},
            {"role": "user", "content": "Who are you?"},
        ],
        "stream": true,
        "stream_options": {"include_usage": true},
        "max_completion_tokens": 300,
        "temperature": 0.5,
        "reasoning_effort": "none",
    });
    assert_eq!(request.body, expected);
    assert_eq!(request.path, "/v1/chat/completions");
    assert_eq!(request.header("authorization"), Some("Bearer sk-scripted-key"));
    assert_eq!(request.header("accept"), Some("text/event-stream"));
}

#[tokio::test]
async fn openai_gets_no_option_that_was_not_set_and_knows_the_older_name() {
    let request = sent(OpenAi, &[("max_tokens", "7")]).await;
    let names: Vec<&str> = request
        .body
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        names,
        ["max_tokens", "messages", "model", "stream", "stream_options"]
    );
    assert_eq!(request.body["max_tokens"], 7);
}

#[tokio::test]
async fn anthropic_hears_sides_alternate() {
    let options = [
        ("temperature", "0"),
        ("thinking", "\"disabled\""),
        ("effort", "\"low\""),
    ];
    let request = sent(Anthropic, &options).await;
    let mut body = request.body.clone();
    assert_eq!(roles(&body["messages"]), ["user", "assistant", "user"]);
    assert_eq!(body["messages"][2]["content"], "Wait.\nWho are you?");
    body["messages"].take();
    let expected = json!({
        "model": "scripted-model", "max_tokens": 1024, "system": "Be brief.", "messages": null, "stream": true,
        "temperature": 0.0, "thinking": {"type": "disabled"}, "output_config": {"effort": "low"},
    });
    assert_eq!(body, expected);
    assert_eq!(request.header("x-api-key"), Some("sk-scripted-key"));
    assert_eq!(request.header("anthropic-version"), Some("2023-06-01"));
}

#[tokio::test]
async fn gemini_hears_sides_alternate_and_the_key_is_no_part_of_the_address() {
    let options = [
        ("max_tokens", "300"),
        ("temperature", "0"),
        ("thinking_level", "\"low\""),
    ];
    let request = sent(Gemini, &options).await;
    let contents = &request.body["contents"];
    assert_eq!(roles(contents), ["user", "model", "user"]);
    assert_eq!(contents[2]["parts"], json!([{"text": "Wait.\nWho are you?"}]));
    assert_eq!(
        request.body["generationConfig"],
        json!({"temperature": 0.0, "maxOutputTokens": 300, "thinkingConfig": {"thinkingLevel": "LOW"}})
    );
    assert_eq!(
        request.body["systemInstruction"],
        json!({"parts": [{"text": "Be brief."}]})
    );
    assert_eq!(
        request.path,
        "/v1beta/models/scripted-model:streamGenerateContent?alt=sse"
    );
    assert_eq!(request.header("x-goog-api-key"), Some("sk-scripted-key"));
}

/// The scripted servers know what the vendors' documents name, and nothing else.
#[tokio::test]
async fn every_value_of_an_option_is_one_that_the_vendor_takes() {
    for effort in ["none", "minimal", "low", "medium", "high", "xhigh", "max"] {
        let json = format!("\"{effort}\"");
        let request = sent(OpenAi, &[("reasoning_effort", &json)]).await;
        assert_eq!(request.body["reasoning_effort"], effort);
    }
    for effort in ["low", "medium", "high", "xhigh", "max"] {
        let json = format!("\"{effort}\"");
        let request = sent(Anthropic, &[("effort", &json), ("thinking", "\"adaptive\"")]).await;
        assert_eq!(request.body["output_config"]["effort"], effort);
    }
}

fn roles(messages: &Value) -> Vec<&str> {
    let messages = messages.as_array().unwrap();
    messages
        .iter()
        .map(|message| message["role"].as_str().unwrap())
        .collect()
}
