//! What the transcripts of files have in common.

use serde_json::json;

use super::chat::{data, words};

/// Every word as OpenAI streams it.
pub(super) fn deltas(text: &str) -> String {
    words(text)
        .map(|word| data(&json!({"type": "transcript.text.delta", "delta": word})))
        .collect()
}
