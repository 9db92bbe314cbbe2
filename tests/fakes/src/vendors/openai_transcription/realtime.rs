use std::collections::HashMap;

use axum::extract::ws::{WebSocket, WebSocketUpgrade};
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};

use super::refusal::{Refusal, check_key};
use super::server::Desk;
use super::{SpokenText, TextFault};
use crate::vendors::line::{Hung, Incoming, Line, is_voiced, samples};
use crate::vendors::openai::events::unknown_field;
use crate::vendors::transcribing::{is_noise_reduction, wrong_field};

/// Shorter buffers are refused: 100 ms.
const LEAST_COMMIT: usize = 2_400;

pub(super) async fn connect(
    State(desk): State<Desk>,
    headers: HeaderMap,
    Query(query): Query<Vec<(String, String)>>,
    upgrade: WebSocketUpgrade,
) -> Response {
    if let Some(refusal) = desk.refusal() {
        return refusal.into_response();
    }
    if let Err(refusal) = check_key(desk.script.api_key.as_deref(), &headers) {
        return refusal.into_response();
    }
    if headers.contains_key("openai-beta") {
        return Refusal::new(
            400,
            "beta_api_shape_disabled",
            "The Realtime Beta API is no longer supported",
        )
        .into_response();
    }
    upgrade.on_upgrade(move |socket| serve(desk, socket, query))
}

async fn serve(desk: Desk, socket: WebSocket, query: Vec<(String, String)>) {
    let line = desk.lines.open(socket, "/v1/realtime", &query);
    let mut ears = Ears {
        is_transcription: query
            .iter()
            .any(|(name, value)| name == "intent" && value == "transcription")
            && !query.iter().any(|(name, _)| name == "model"),
        is_configured: false,
        buffered: 0,
        is_speech: false,
        items: 0,
        due: Vec::new(),
        desk,
        line,
    };
    // How it ended is recorded where it ended.
    let Hung = ears.run().await;
}

struct Ears {
    desk: Desk,
    line: Line,
    /// A `model` in the address opens a conversation instead.
    is_transcription: bool,
    is_configured: bool,
    /// Samples since the last commit, and whether something is said in them.
    buffered: usize,
    is_speech: bool,
    items: usize,
    /// Items that are not transcribed yet; they are answered when they are due, whatever their order.
    due: Vec<(Instant, usize, SpokenText)>,
}

impl Ears {
    async fn run(&mut self) -> Hung {
        let kind = if self.is_transcription {
            "transcription"
        } else {
            "realtime"
        };
        let created =
            json!({"type": "session.created", "event_id": "e", "session": {"type": kind, "id": "s"}});
        if let Err(hung) = self.line.say(&created).await {
            return hung;
        }
        loop {
            let next = self.due.iter().map(|(at, ..)| *at).min();
            let going_on = tokio::select! {
                incoming = self.line.next() => match incoming {
                    Ok(Incoming::Text(message)) => self.on(&message).await,
                    Ok(Incoming::Binary(_) | Incoming::Plain(_)) => {
                        self.error(&Refusal::new(400, "invalid_json", "no JSON"), &Value::Null).await
                    }
                    Err(hung) => Err(hung),
                },
                () = sleep_until(next.unwrap_or_else(Instant::now)), if next.is_some() => self.answer().await,
            };
            if let Err(hung) = going_on {
                return hung;
            }
        }
    }

    async fn on(&mut self, message: &Value) -> Result<(), Hung> {
        if let Some(field) = unknown_field(message) {
            let text = format!("Unknown parameter: '{field}'");
            let refusal = Refusal::parameter("unknown_parameter", &text, &field);
            return self.error(&refusal, &message["event_id"]).await;
        }
        let done = match message["type"].as_str() {
            Some("session.update") => self.update(message).await?,
            Some(_) if !self.is_configured => {
                Err(Refusal::new(400, "not_configured", "send session.update first"))
            }
            Some("input_audio_buffer.append") => self.append(message),
            Some("input_audio_buffer.commit") => self.commit().await?,
            Some("input_audio_buffer.clear") => {
                self.buffered = 0;
                self.is_speech = false;
                self.line
                    .say(&json!({"type": "input_audio_buffer.cleared", "event_id": "e"}))
                    .await?;
                Ok(())
            }
            Some(other) => Err(Refusal::parameter(
                "invalid_value",
                &format!("Invalid value: '{other}'"),
                "type",
            )),
            None => Err(Refusal::parameter(
                "missing_required_parameter",
                "Missing required parameter: 'type'",
                "type",
            )),
        };
        match done {
            Ok(()) => Ok(()),
            Err(refusal) => self.error(&refusal, &message["event_id"]).await,
        }
    }

    async fn update(&mut self, message: &Value) -> Result<Result<(), Refusal>, Hung> {
        if let Err(refusal) = check_session(&message["session"], self.is_transcription) {
            return Ok(Err(refusal));
        }
        self.is_configured = true;
        let updated =
            json!({"type": "session.updated", "event_id": "e", "session": message["session"], "mood": 1});
        self.line.say(&updated).await?;
        Ok(Ok(()))
    }

    fn append(&mut self, message: &Value) -> Result<(), Refusal> {
        let audio = message["audio"]
            .as_str()
            .and_then(|audio| STANDARD.decode(audio).ok());
        let samples = audio.and_then(|audio| samples(&audio)).ok_or_else(|| {
            Refusal::parameter(
                "invalid_value",
                "Invalid 'audio'. Expected base64-encoded audio bytes",
                "audio",
            )
        })?;
        self.line.heard(&samples);
        self.buffered += samples.len();
        self.is_speech |= is_voiced(&samples);
        Ok(())
    }

    async fn commit(&mut self) -> Result<Result<(), Refusal>, Hung> {
        if self.buffered < LEAST_COMMIT {
            let message =
                "Error committing input audio buffer: buffer too small. Expected at least 100ms of audio";
            return Ok(Err(Refusal::new(400, "input_audio_buffer_commit_empty", message)));
        }
        let item = self.items;
        self.items += 1;
        let spoken = self.desk.next_spoken(std::mem::take(&mut self.is_speech));
        self.buffered = 0;
        self.due.push((Instant::now() + spoken.delay, item, spoken));
        let previous = item.checked_sub(1).map(name);
        let committed = json!({"type": "input_audio_buffer.committed", "item_id": name(item), "previous_item_id": previous});
        self.line.say(&committed).await?;
        let added = json!({"type": "conversation.item.added", "item": {"id": name(item), "type": "message"}});
        self.line.say(&added).await?;
        Ok(Ok(()))
    }

    async fn answer(&mut self) -> Result<(), Hung> {
        let now = Instant::now();
        let Some(at) = self.due.iter().position(|(due, ..)| *due <= now) else {
            return Ok(());
        };
        let (_, item, spoken) = self.due.remove(at);
        let event = |kind: &str, more: Value| {
            let mut event = HashMap::from([
                (
                    "type",
                    json!(format!("conversation.item.input_audio_transcription.{kind}")),
                ),
                ("item_id", json!(name(item))),
                ("content_index", json!(0)),
            ]);
            if let Some((key, value)) = more.as_object().and_then(|more| more.iter().next()) {
                event.insert(key, value.clone());
                return json!(event);
            }
            json!(event)
        };
        match &spoken.fault {
            Some(TextFault::Hang | TextFault::Stop | TextFault::End) => return Ok(()),
            Some(TextFault::Cut) => return Err(Hung),
            Some(TextFault::Error(code)) => {
                let error = Refusal::new(400, code, "it went wrong").error();
                return self.line.say(&event("failed", json!({"error": error}))).await;
            }
            None => {}
        }
        self.line
            .say(&json!({"type": "rate_limits.dreamt", "of": ["nothing"]}))
            .await?;
        for delta in spoken.deltas() {
            self.line.say(&event("delta", json!({"delta": delta}))).await?;
        }
        self.line
            .say(&event("completed", json!({"transcript": spoken.text})))
            .await
    }

    async fn error(&mut self, refusal: &Refusal, event_id: &Value) -> Result<(), Hung> {
        let mut error = refusal.error();
        error["event_id"] = event_id.clone();
        self.line
            .say(&json!({"type": "error", "event_id": "e", "error": error}))
            .await
    }
}

fn name(item: usize) -> String {
    format!("item_{item}")
}

/// Checks what the vendor checks: the type, the format, no name that it does not know.
fn check_session(session: &Value, is_transcription: bool) -> Result<(), Refusal> {
    let known = |at: &str, value: &Value, names: &[&str]| {
        let fields = value.as_object().into_iter().flat_map(|object| object.keys());
        let unknown = fields.into_iter().find(|name| !names.contains(&name.as_str()));
        unknown.map_or(Ok(()), |name| {
            let name = format!("{at}.{name}");
            Err(Refusal::parameter(
                "unknown_parameter",
                &format!("Unknown parameter: '{name}'"),
                &name,
            ))
        })
    };
    match session["type"].as_str() {
        None => {
            let message = "Missing required parameter: 'session.type'";
            return Err(Refusal::parameter(
                "missing_required_parameter",
                message,
                "session.type",
            ));
        }
        Some("transcription") if is_transcription => {}
        Some(_) => {
            let message = "Passing a transcription session update event to a realtime session is not allowed";
            return Err(Refusal::parameter(
                "invalid_session_type",
                message,
                "session.type",
            ));
        }
    }
    known("session", session, &["type", "audio", "include"])?;
    known("session.audio", &session["audio"], &["input"])?;
    let input = &session["audio"]["input"];
    let names = ["format", "noise_reduction", "transcription", "turn_detection"];
    known("session.audio.input", input, &names)?;
    let names = ["model", "language", "languages", "prompt", "keywords", "delay"];
    known(
        "session.audio.input.transcription",
        &input["transcription"],
        &names,
    )?;
    if input["format"] != json!({"type": "audio/pcm", "rate": 24_000}) {
        return Err(Refusal::parameter(
            "invalid_value",
            "Invalid format",
            "session.audio.input.format",
        ));
    }
    if input.get("turn_detection") != Some(&Value::Null) {
        let message = "turn detection is not scripted here";
        return Err(Refusal::parameter(
            "invalid_value",
            message,
            "session.audio.input.turn_detection",
        ));
    }
    if let Some(field) = wrong_field(&input["transcription"]) {
        let name = format!("session.audio.input.transcription.{field}");
        return Err(Refusal::parameter(
            "invalid_value",
            &format!("Invalid value for '{name}'"),
            &name,
        ));
    }
    if !is_noise_reduction(&input["noise_reduction"]) {
        let name = "session.audio.input.noise_reduction.type";
        return Err(Refusal::parameter("invalid_value", "Invalid value", name));
    }
    Ok(())
}
