//! In what form audio goes out.

use std::io;

use axum::body::Body;
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::stream;
use serde_json::{Value, json};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::server::Answering;
use crate::speech::{Said, Saying};
use crate::vendors::delays::Delays;

/// How the audio is wrapped.
#[derive(Debug, Clone)]
pub(super) enum Form {
    /// As it is, after this head.
    Bytes(Option<Vec<u8>>),
    /// All of it, after this head, in one JSON.
    Json(Vec<u8>),
    /// Each piece in an event.
    Events,
    /// An event that says that there is nothing to say.
    Silence,
}

/// A body on its way.
pub(super) struct Speaking {
    pub(super) form: Form,
    pub(super) saying: Saying<u8>,
    pub(super) answering: Answering,
    /// Who is to be told of the first byte, until there was one.
    pub(super) told: Option<(Delays, Instant)>,
    pub(super) stop: CancellationToken,
    pub(super) is_over: bool,
}

impl Form {
    fn content_type(&self) -> &'static str {
        match self {
            Self::Bytes(None) => "audio/pcm",
            Self::Bytes(Some(_)) => "audio/wav",
            Self::Json(_) => "application/json",
            Self::Events | Self::Silence => "text/event-stream",
        }
    }
}

impl Speaking {
    /// The answer, which claims to be of this type if one is given.
    pub(super) fn into_response(self, content_type: Option<&str>) -> Response {
        let content_type = content_type.unwrap_or_else(|| self.form.content_type());
        let headers = [
            (header::CONTENT_TYPE, content_type.to_owned()),
            (HeaderName::from_static("x-mood"), "thrown in".to_owned()),
        ];
        let body = stream::unfold(self, |mut speaking| async move {
            let bytes = speaking.next().await?;
            Some((bytes, speaking))
        });
        (headers, Body::from_stream(body)).into_response()
    }

    async fn next(&mut self) -> Option<io::Result<Vec<u8>>> {
        loop {
            if self.is_over {
                return None;
            }
            let said = tokio::select! {
                said = self.saying.next() => said,
                () = self.stop.cancelled() => Said::Cut,
            };
            match said {
                Said::Piece(bytes) => {
                    if let Some((delays, asked)) = self.told.take() {
                        delays.end(asked);
                    }
                    if let Some(bytes) = self.form.wrap(bytes) {
                        return Some(Ok(bytes));
                    }
                }
                Said::Over => {
                    self.is_over = true;
                    self.answering.end(|request| request.is_complete = true);
                    return self.form.end().map(Ok);
                }
                Said::Cut => {
                    // Lets out what was sent before; else the client sees none of it.
                    tokio::task::yield_now().await;
                    self.answering.end(|_| {});
                    self.is_over = true;
                    return Some(Err(io::Error::other("cut")));
                }
            }
        }
    }
}

impl Form {
    /// What goes out for a piece; `None` while it is only kept.
    fn wrap(&mut self, bytes: Vec<u8>) -> Option<Vec<u8>> {
        match self {
            Self::Bytes(head) => Some([head.take().unwrap_or_default(), bytes].concat()),
            Self::Json(all) => {
                all.extend(bytes);
                None
            }
            Self::Silence => None,
            Self::Events => Some(event(
                &json!([{"inlineData": {
                    "mimeType": "audio/L16;codec=pcm;rate=24000", "data": STANDARD.encode(bytes),
                }}]),
                &Value::Null,
            )),
        }
    }

    /// What goes out when there is nothing more to say.
    fn end(&mut self) -> Option<Vec<u8>> {
        match self {
            Self::Bytes(head) => head.take(),
            Self::Json(all) => {
                let json = json!({"audioContent": STANDARD.encode(all), "mood": "thrown in"});
                Some(json.to_string().into_bytes())
            }
            Self::Events => Some(event(&json!([]), &json!("STOP"))),
            Self::Silence => Some(event(&json!([]), &json!("OTHER"))),
        }
    }
}

/// A part of Gemini's answer, after one that nobody knows.
fn event(parts: &Value, finish_reason: &Value) -> Vec<u8> {
    let mut candidate = json!({"index": 0, "content": {"role": "model", "parts": parts}});
    if !finish_reason.is_null() {
        candidate["finishReason"] = finish_reason.clone();
    }
    let data =
        json!({"candidates": [candidate], "usageMetadata": {"totalTokenCount": 29}, "mood": "thrown in"});
    format!(": nothing\n\ndata: {{\"surprise\": true}}\n\ndata: {data}\n\n").into_bytes()
}

/// The header of a WAV file whose length nobody knows yet.
pub(super) fn wav_header(rate: u32) -> Vec<u8> {
    let mut header = b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\x01\0\x01\0".to_vec();
    header.extend(rate.to_le_bytes());
    header.extend((rate * 2).to_le_bytes());
    header.extend(b"\x02\0\x10\0data\xff\xff\xff\xff");
    header
}
