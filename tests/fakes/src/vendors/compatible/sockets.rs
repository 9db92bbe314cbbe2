//! The sockets of those that have one.

use axum::extract::ws::{WebSocket, WebSocketUpgrade};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::local_ai_talk::LocalAiTalk;
use super::server::Desk;
use super::speaches_talk::SpeachesTalk;
use super::{CompatibleVendor, local_ai, vllm};
use crate::vendors::line::{Hung, Incoming, Line, samples};

/// A conversation: takes a message, says what follows, and tells the audio that it brought.
pub(super) trait Talk: Send {
    fn hear(&mut self, message: &Value, out: &mut Vec<Value>) -> Vec<i16>;

    /// What is said of something that is no JSON.
    fn puzzled(&self, out: &mut Vec<Value>);
}

struct VllmTalk;

pub(super) async fn connect(
    State(desk): State<Desk>,
    headers: HeaderMap,
    Query(query): Query<Vec<(String, String)>>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let parameter = |name: &str| {
        let parameter = query.iter().find(|(parameter, _)| parameter == name);
        parameter.map(|(_, value)| value.as_str())
    };
    let sent = headers
        .get(header::AUTHORIZATION)
        .and_then(|sent| sent.to_str().ok());
    let bearer = sent.and_then(|sent| sent.strip_prefix("Bearer "));
    let has_key = |sent: Option<&str>| desk.script.api_key.as_deref().is_none_or(|key| sent == Some(key));
    let model = parameter("model").unwrap_or_default().to_owned();
    match desk.vendor {
        CompatibleVendor::Speaches => {
            if model.is_empty() {
                return StatusCode::FORBIDDEN.into_response();
            }
            let other = headers.get("x-api-key").and_then(|sent| sent.to_str().ok());
            let is_admitted = has_key(parameter("api_key").or(bearer).or(other));
            let intent = parameter("intent").unwrap_or("conversation");
            let (talk, out) = SpeachesTalk::new(&desk, &model, intent);
            upgrade.on_upgrade(async move |socket| {
                let mut line = desk.lines.open(socket, "/v1/realtime", &query);
                let Hung = if is_admitted {
                    converse(&mut line, talk, out).await
                } else {
                    line.close(1008, "Authentication failed").await
                };
            })
        }
        CompatibleVendor::LocalAi if !has_key(bearer) => {
            local_ai::refusal(401, "An authentication key is required").into_response()
        }
        CompatibleVendor::LocalAi => {
            let (talk, out) = LocalAiTalk::new(&desk, &model);
            upgrade.on_upgrade(move |socket| serve(desk, socket, query, talk, out))
        }
        _ => {
            let created = json!({"type": "session.created", "id": "sess-1", "created": 1_790_000_000});
            upgrade.on_upgrade(move |socket| serve(desk, socket, query, VllmTalk, vec![created]))
        }
    }
}

async fn serve(
    desk: Desk,
    socket: WebSocket,
    query: Vec<(String, String)>,
    talk: impl Talk,
    out: Vec<Value>,
) {
    let mut line = desk.lines.open(socket, "/v1/realtime", &query);
    // How it ended is recorded where it ended.
    let Hung = converse(&mut line, talk, out).await;
}

async fn converse(line: &mut Line, mut talk: impl Talk, mut out: Vec<Value>) -> Hung {
    loop {
        for message in out.drain(..) {
            if let Err(hung) = line.say(&message).await {
                return hung;
            }
        }
        match line.next().await {
            Ok(Incoming::Text(message)) => {
                let audio = talk.hear(&message, &mut out);
                line.heard(&audio);
            }
            Ok(Incoming::Plain(_) | Incoming::Binary(_)) => talk.puzzled(&mut out),
            Err(hung) => return hung,
        }
    }
}

impl Talk for VllmTalk {
    fn hear(&mut self, message: &Value, out: &mut Vec<Value>) -> Vec<i16> {
        out.extend(vllm::hear(message));
        Vec::new()
    }

    fn puzzled(&self, out: &mut Vec<Value>) {
        out.push(json!({"type": "error", "error": "Invalid JSON", "code": "invalid_json"}));
    }
}

/// The audio of a message; `None` where it is none.
pub(super) fn audio_of(message: &Value) -> Option<Vec<i16>> {
    let bytes = STANDARD.decode(message["audio"].as_str()?).ok()?;
    samples(&bytes)
}

/// 400 ms of a tone in base64, in two parts that are cut within a sample.
pub(super) fn tone() -> [String; 2] {
    let samples = (1..=1_000_i16).cycle().take(400 * 24);
    let bytes: Vec<u8> = samples.flat_map(i16::to_le_bytes).collect();
    let (first, second) = bytes.split_at(bytes.len() / 2 + 1);
    [first, second].map(|part| STANDARD.encode(part))
}
