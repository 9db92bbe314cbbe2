use std::convert::Infallible;

use axum::body::Body;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::Response;
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

/// Bytes of a piece of text; letters and lines are cut where it falls.
const PIECE: usize = 7;

/// What a server answers.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    kind: &'static str,
    headers: Vec<(HeaderName, String)>,
    pieces: Vec<Vec<u8>>,
}

impl Reply {
    pub(super) fn new(status: u16, kind: &'static str, body: Vec<u8>) -> Self {
        Self {
            status,
            kind,
            headers: Vec::new(),
            pieces: vec![body],
        }
    }

    pub(super) fn json(json: &Value) -> Self {
        Self::refusal(200, json)
    }

    pub(super) fn refusal(status: u16, json: &Value) -> Self {
        Self::new(status, "application/json", json.to_string().into_bytes())
    }

    /// What most of them list, with what nobody knows.
    pub(super) fn models(ids: &[&str]) -> Self {
        let model = |id: &&str| json!({"id": id, "object": "model", "created": 1.5, "owned_by": "me"});
        let models: Vec<Value> = ids.iter().map(model).collect();
        Self::json(&json!({"object": "list", "data": models, "mood": "thrown in"}))
    }

    /// Server-sent events, as they are.
    pub(super) fn events(text: &str) -> Self {
        let pieces = text.as_bytes().chunks(PIECE).map(<[u8]>::to_vec);
        Self {
            pieces: pieces.collect(),
            ..Self::new(200, "text/event-stream; charset=utf-8", Vec::new())
        }
    }

    /// Audio in pieces.
    pub(super) fn audio(kind: &'static str, pieces: Vec<Vec<u8>>) -> Self {
        Self {
            pieces,
            ..Self::new(200, kind, Vec::new())
        }
    }

    pub(super) fn with(mut self, name: HeaderName, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    pub(super) fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = stream::iter(self.pieces).then(|piece| async move {
            // Each piece goes out by itself.
            tokio::task::yield_now().await;
            Ok::<_, Infallible>(piece)
        });
        let mut response = Response::builder()
            .status(status)
            .header(header::CONTENT_TYPE, self.kind);
        for (name, value) in self.headers {
            response = response.header(name, value);
        }
        let response = response.body(Body::from_stream(body));
        response.unwrap_or_else(|_| unreachable!("its headers are written down here"))
    }
}
