//! Answers that the user cut: no provider is told again what nobody heard of them.

use serde_json::Value;
use viva_fakes::vendors::language_models::{ChatScript, ChatServer, ChatServerSettings, ChatVendor};
use viva_fakes::vendors::openai::realtime::{OpenAiRealtimeScript, OpenAiRealtimeServer, RealtimeAnswer};

use crate::bench::{Folder, call};

const KEY: &str = "sk-of-everybody";
/// The first of these is heard before the caller speaks over the answer, 2.5 s after the question; the last is not.
const SENTENCES: [&str; 12] = [
    "Apples are red and green.",
    "Bananas are long and yellow.",
    "Cherries grow on tall trees.",
    "Dates are dried in the sun.",
    "Elderberries make good juice.",
    "Figs are eaten with cheese.",
    "Grapes are pressed for wine.",
    "Honeydew is a kind of melon.",
    "Kiwis come from far away.",
    "Lemons are sour but useful.",
    "Mangos are sweet and heavy.",
    "Nectarines have smooth skins.",
];
const FIRST: &str = "Apples";
const LAST: &str = "Nectarines";

/// Somebody asks, and speaks over the answer.
const CALLER: &str = "barge-in-en";

async fn a_model_is_not_told(vendor: ChatVendor, id: &str, base_url: &str, key: &str) {
    let model = ChatServer::start(ChatServerSettings {
        key: Some(KEY.to_owned()),
        ..ChatServerSettings::of(vendor)
    })
    .await
    .expect("it starts");
    model.script(ChatScript::answering(&SENTENCES.join(" ")));
    let folder = Folder::new();
    let server = folder
        .serve_with(&[(base_url, model.base_url()), (key, KEY.to_owned())])
        .await;
    let name = &model.settings().model;
    let args = ["--mode", "cascade", "--llm", id, "--llm-model", name];
    let report = call(&folder, &server, CALLER, 2, &args).await;

    let requests = model.requests();
    assert_eq!(requests.len(), 2, "{id}: {report:#}");
    let second = requests[1].body.to_string();
    assert!(second.contains(FIRST), "{id} forgot what was heard: {second}");
    assert!(
        !second.contains(LAST),
        "{id} was told what nobody heard: {second}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn no_language_model_is_told_what_was_not_heard() {
    tokio::join!(
        a_model_is_not_told(
            ChatVendor::OpenAi,
            "openai",
            "VIVA__PROVIDERS__OPENAI__BASE_URL",
            "OPENAI_API_KEY"
        ),
        a_model_is_not_told(
            ChatVendor::Anthropic,
            "anthropic",
            "VIVA__PROVIDERS__ANTHROPIC__BASE_URL",
            "ANTHROPIC_API_KEY"
        ),
        a_model_is_not_told(
            ChatVendor::Gemini,
            "gemini",
            "VIVA__PROVIDERS__GEMINI__BASE_URL",
            "GEMINI_API_KEY"
        ),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn openai_s_item_is_truncated_where_playback_stopped() {
    let openai = OpenAiRealtimeServer::start(OpenAiRealtimeScript {
        api_key: Some(KEY.to_owned()),
        ..OpenAiRealtimeScript::default()
    })
    .await
    .expect("it starts");
    openai.answer(RealtimeAnswer::of(&SENTENCES.join(" ")).lasting(20_000));
    let folder = Folder::new();
    let server = folder
        .serve_with(&[
            ("VIVA__PROVIDERS__OPENAI__BASE_URL", openai.base_url()),
            ("OPENAI_API_KEY", KEY.to_owned()),
        ])
        .await;
    let args = ["--provider", "openai", "--option", "turn_detection=none"];
    let report = call(&folder, &server, CALLER, 2, &args).await;

    let line = &openai.requests()[0];
    let truncated: Vec<&Value> = line
        .texts
        .iter()
        .filter(|text| text["type"] == "conversation.item.truncate")
        .collect();
    let [truncated] = truncated.as_slice() else {
        panic!("it is truncated once: {truncated:?}, {report:#}")
    };
    let end_ms = truncated["audio_end_ms"].as_u64().expect("a number");
    assert!(
        (1..4_000).contains(&end_ms),
        "the caller speaks 2.5 s after the question, and the answer lasts 20 s: {truncated}"
    );
    assert_eq!(openai.complaints(), Vec::<String>::new());
}
