use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::path::Path;

use axum::Json;
use axum::body::Body;
use axum::extract::multipart::{Field, Multipart};
use axum::extract::{FromRequest, Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};
use viva_audio::Clip;

use super::refusal::{Refusal, check_key};
use super::server::{Answering, Desk};
use super::{SpokenText, TextFault, Upload};
use crate::vendors::line::is_voiced;
use crate::vendors::transcribing::is_language;

/// What a request may hold besides the file.
const FIELDS: [&str; 9] = [
    "include[]",
    "keywords[]",
    "language",
    "languages[]",
    "model",
    "prompt",
    "response_format",
    "stream",
    "temperature",
];

pub(super) async fn transcribe(State(desk): State<Desk>, request: Request) -> Response {
    let asked = Instant::now();
    if let Some(refusal) = desk.refusal() {
        return refusal.into_response();
    }
    match read(&desk, request).await {
        Ok(upload) => answer(&desk, upload, asked).await,
        Err(refusal) => refusal.into_response(),
    }
}

async fn read(desk: &Desk, request: Request) -> Result<Upload, Refusal> {
    check_key(desk.script.api_key.as_deref(), request.headers())?;
    let has_key = request.headers().contains_key(header::AUTHORIZATION);
    let mut parts = Multipart::from_request(request, &())
        .await
        .map_err(|err| Refusal::new(400, "invalid_body", &err.to_string()))?;
    let (mut fields, mut audio) = (Vec::new(), None);
    while let Some(part) = parts
        .next_field()
        .await
        .map_err(|err| Refusal::new(400, "invalid_body", &err.to_string()))?
    {
        let name = part.name().unwrap_or_default().to_owned();
        if name == "file" {
            audio = Some(read_file(part).await?);
        } else if FIELDS.contains(&name.as_str()) {
            let value = part.text().await.unwrap_or_default();
            check_field(&name, &value)?;
            fields.push((name, value));
        } else {
            return Err(Refusal::parameter(
                "unknown_parameter",
                "Unknown parameter",
                &name,
            ));
        }
    }
    if !fields.iter().any(|(name, _)| name == "model") {
        return Err(Refusal::parameter(
            "missing_required_parameter",
            "you must provide a model",
            "model",
        ));
    }
    let model = fields
        .iter()
        .find(|(name, _)| name == "model")
        .map(|(_, model)| model);
    let has_keywords = fields.iter().any(|(name, _)| name == "keywords[]");
    if has_keywords && model.is_some_and(|model| model.starts_with("whisper-")) {
        return Err(Refusal::parameter(
            "unsupported_parameter",
            "This model takes no keywords",
            "keywords",
        ));
    }
    let missing = || Refusal::parameter("missing_required_parameter", "you must provide a file", "file");
    Ok(Upload {
        fields,
        audio: audio.ok_or_else(missing)?,
        has_key,
        cancelled: None,
    })
}

async fn read_file(part: Field<'_>) -> Result<Clip, Refusal> {
    let is_wav = part
        .file_name()
        .is_some_and(|name| Path::new(name).extension() == Some("wav".as_ref()))
        && part.content_type() == Some("audio/wav");
    if !is_wav {
        return Err(Refusal::parameter(
            "unsupported_format",
            "Invalid file format",
            "file",
        ));
    }
    let bytes = part
        .bytes()
        .await
        .map_err(|err| Refusal::new(400, "invalid_body", &err.to_string()))?;
    Clip::read(&bytes[..]).map_err(|err| {
        Refusal::parameter(
            "invalid_value",
            &format!("Audio file is corrupted: {err}"),
            "file",
        )
    })
}

fn check_field(name: &str, value: &str) -> Result<(), Refusal> {
    let is_valid = match name {
        "stream" => matches!(value, "true" | "false"),
        "response_format" => matches!(value, "json" | "text"),
        "language" | "languages[]" => is_language(&Value::from(value)),
        "temperature" => value.parse().is_ok_and(|value: f64| (0.0..=1.0).contains(&value)),
        _ => !value.is_empty(),
    };
    if is_valid {
        return Ok(());
    }
    Err(Refusal::parameter(
        "invalid_value",
        &format!("Invalid value: '{value}'"),
        name,
    ))
}

async fn answer(desk: &Desk, upload: Upload, asked: Instant) -> Response {
    let spoken = desk.next_spoken(is_voiced(&upload.audio.samples));
    let is_streamed = desk.script.streams && upload.field("stream") == Some("true");
    let mut answering = desk.take(upload);
    // It takes its time from the beginning of the request, however long what was said is on its way.
    sleep_until(asked + spoken.delay).await;
    if spoken.fault == Some(TextFault::Hang) {
        return pending().await;
    }
    if is_streamed {
        return streamed(&spoken, desk.script.chunk_bytes, answering);
    }
    answering.done();
    match &spoken.fault {
        Some(TextFault::Error(code)) => Refusal::new(400, code, "it went wrong").into_response(),
        Some(_) => broken(vec![Bytes::from_static(b"{\"text\":")]),
        None => Json(
            json!({"text": spoken.text, "usage": {"type": "duration", "seconds": 1}, "mood": "thrown in"}),
        )
        .into_response(),
    }
}

/// An answer that breaks off after these pieces.
fn broken(pieces: Vec<Bytes>) -> Response {
    let cut = stream::once(async {
        // What came before goes out first.
        tokio::task::yield_now().await;
        Err(io::Error::other("cut"))
    });
    let body = stream::iter(pieces.into_iter().map(Ok)).chain(cut);
    (
        [(header::CONTENT_TYPE, "text/event-stream")],
        Body::from_stream(body),
    )
        .into_response()
}

fn streamed(spoken: &SpokenText, chunk_bytes: usize, mut answering: Answering) -> Response {
    let mut text = String::from(": thrown in\n\n");
    let mut tell = |event: &Value| text.extend(["data: ", &event.to_string(), "\r\n\r\n"]);
    tell(&json!({"type": "transcript.mood", "mood": "thrown in"}));
    let faulty = match spoken.fault {
        None | Some(TextFault::End) => usize::MAX,
        Some(_) => 1,
    };
    for delta in spoken.deltas().take(faulty) {
        tell(&json!({"type": "transcript.text.delta", "delta": delta, "logprobs": []}));
    }
    match &spoken.fault {
        Some(TextFault::Error(code)) => {
            tell(&json!({"error": Refusal::new(500, code, "it went wrong").error()}));
        }
        Some(_) => {}
        None => {
            tell(&json!({"type": "transcript.text.done", "text": spoken.text, "usage": {"type": "tokens"}}));
            text.push_str("data: [DONE]\n\n");
        }
    }
    let chunks: VecDeque<Bytes> = text
        .as_bytes()
        .chunks(chunk_bytes.max(1))
        .map(Bytes::copy_from_slice)
        .collect();
    if spoken.fault == Some(TextFault::Cut) {
        answering.done();
        return broken(chunks.into());
    }
    let stops = spoken.fault == Some(TextFault::Stop);
    let body = stream::unfold(
        (chunks, answering),
        move |(mut chunks, mut answering)| async move {
            let chunk = chunks.pop_front();
            if chunk.is_none() && stops {
                return pending().await;
            }
            if chunk.is_none() {
                answering.done();
            }
            Some((Ok::<_, Infallible>(chunk?), (chunks, answering)))
        },
    );
    (
        [(header::CONTENT_TYPE, "text/event-stream; charset=utf-8")],
        Body::from_stream(body),
    )
        .into_response()
}
