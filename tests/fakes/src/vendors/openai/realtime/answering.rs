use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{AnswerFault, PIECE_MS, RealtimeAnswer};

/// Samples in a ms at 24 kHz.
const PER_MS: usize = 24;

/// An answer that is under way.
#[derive(Debug)]
pub(super) struct Answering {
    pub(super) id: String,
    pub(super) item_id: String,
    metadata: Value,
    answer: RealtimeAnswer,
    bytes: Vec<u8>,
    /// When the next step is due.
    pub(super) due: Instant,
    asked: Instant,
    first_audio: Instant,
    /// `None` before it was announced, then the number of the next piece.
    next: Option<usize>,
    pub(super) said: String,
    /// Bytes that were sent.
    sent: usize,
}

/// What happens next.
pub(super) enum Step {
    /// These events; more follow.
    Say(Vec<Value>),
    /// These are the last events.
    Last(Vec<Value>),
    Hang,
    Cut,
    Close(u16),
}

impl Answering {
    pub(super) fn new(number: usize, answer: RealtimeAnswer, metadata: Value, first_audio: Duration) -> Self {
        let now = Instant::now();
        let samples = (1..=1_000_i16).cycle().take(answer.audio_ms * PER_MS);
        Self {
            id: format!("resp_{number}"),
            item_id: format!("item_ai_{number}"),
            metadata,
            bytes: samples.flat_map(i16::to_le_bytes).collect(),
            due: now + answer.announced_after,
            asked: now,
            first_audio: now + first_audio.max(answer.announced_after),
            answer,
            next: None,
            said: String::new(),
            sent: 0,
        }
    }

    pub(super) fn is_announced(&self) -> bool {
        self.next.is_some()
    }

    /// When it was asked for, as long as it has no audio.
    pub(super) fn waiting_since(&self) -> Option<Instant> {
        (self.sent == 0).then_some(self.asked)
    }

    /// Audio that was sent, in ms.
    pub(super) fn sent_ms(&self) -> u64 {
        (self.sent / (2 * PER_MS)) as u64
    }

    pub(super) fn step(&mut self) -> Step {
        let Some(piece) = self.next else {
            self.next = Some(0);
            self.due = self.first_audio;
            let response = self.response("in_progress", &Value::Null);
            return Step::Say(vec![json!({ "type": "response.created", "response": response })]);
        };
        match &self.answer.fault {
            Some(AnswerFault::Fail(code, after)) if *after == piece => {
                let error = json!({ "type": "server_error", "code": code, "message": "Sorry about that." });
                return Step::Last(self.ended("failed", &json!({ "type": "failed", "error": error })));
            }
            Some(AnswerFault::Hang(after)) if *after == piece => return Step::Hang,
            Some(AnswerFault::Cut(after)) if *after == piece => return Step::Cut,
            Some(AnswerFault::Close(code, after)) if *after == piece => return Step::Close(*code),
            _ => {}
        }
        let mut events = Vec::new();
        if piece == 0 {
            events.extend(self.beginning());
        }
        if piece == self.pieces() {
            let (status, details) = match &self.answer.fault {
                Some(AnswerFault::Incomplete(reason)) => {
                    ("incomplete", json!({ "type": "incomplete", "reason": reason }))
                }
                _ => ("completed", Value::Null),
            };
            events.extend(self.ended(status, &details));
            return Step::Last(events);
        }
        events.extend(self.piece(piece));
        self.next = Some(piece + 1);
        self.due += self.answer.pace;
        Step::Say(events)
    }

    /// What follows when it is cancelled.
    pub(super) fn cancelled(&mut self, reason: &str) -> Vec<Value> {
        self.ended("cancelled", &json!({ "type": "cancelled", "reason": reason }))
    }

    fn pieces(&self) -> usize {
        self.answer.audio_ms.div_ceil(PIECE_MS)
    }

    fn beginning(&self) -> Vec<Value> {
        let item = json!({ "id": self.item_id, "type": "message", "role": "assistant", "status": "in_progress", "content": [] });
        vec![
            json!({ "type": "rate_limits.updated", "rate_limits": [{ "name": "tokens", "limit": 1, "remaining": 0, "reset_seconds": 3.0 }] }),
            json!({ "type": "response.mood.changed", "response_id": self.id, "mood": "sunny" }),
            json!({ "type": "response.output_item.added", "response_id": self.id, "output_index": 0, "item": item }),
            json!({ "type": "conversation.item.added", "item": item, "previous_item_id": null }),
            self.of_part("response.content_part.added", "part", json!({ "type": "audio" })),
        ]
    }

    /// Words of a piece, then its audio. The cuts are not between samples.
    fn piece(&mut self, piece: usize) -> Vec<Value> {
        let words: Vec<&str> = self.answer.text.split_inclusive(' ').collect();
        let is_last = piece + 1 == self.pieces();
        let words = if is_last {
            words.get(piece..).unwrap_or_default().concat()
        } else {
            words.get(piece).copied().unwrap_or_default().to_owned()
        };
        let end = if is_last {
            self.bytes.len()
        } else {
            (piece + 1) * PIECE_MS * PER_MS * 2 - piece % 2 - 1
        };
        let audio = match self.answer.fault {
            Some(AnswerFault::NoBase64) => "***".to_owned(),
            _ => STANDARD.encode(&self.bytes[self.sent..end]),
        };
        self.said.push_str(&words);
        self.sent = end;
        vec![
            self.of_part("response.output_audio_transcript.delta", "delta", json!(words)),
            self.of_part("response.output_audio.delta", "delta", json!(audio)),
        ]
    }

    fn ended(&mut self, status: &str, details: &Value) -> Vec<Value> {
        let mut events = Vec::new();
        if self.next.is_some_and(|next| next > 0) {
            let item_status = if status == "completed" {
                "completed"
            } else {
                "incomplete"
            };
            let item =
                json!({ "id": self.item_id, "type": "message", "role": "assistant", "status": item_status });
            events = vec![
                self.of_part("response.output_audio.done", "mood", json!(1)),
                self.of_part(
                    "response.output_audio_transcript.done",
                    "transcript",
                    json!(self.said),
                ),
                self.of_part("response.content_part.done", "part", json!({ "type": "audio" })),
                json!({ "type": "conversation.item.done", "item": item }),
                json!({ "type": "response.output_item.done", "response_id": self.id, "item": item }),
            ];
        }
        let response = self.response(status, details);
        events.push(json!({ "type": "response.done", "response": response, "mood": 1 }));
        events
    }

    fn response(&self, status: &str, details: &Value) -> Value {
        let usage = match status {
            "in_progress" => Value::Null,
            _ => {
                json!({ "total_tokens": 30, "input_tokens": 10, "output_tokens": 20, "input_token_details": {} })
            }
        };
        json!({
            "object": "realtime.response", "id": self.id, "status": status, "status_details": details, "output": [],
            "usage": usage, "metadata": self.metadata, "mood": 1,
        })
    }

    fn of_part(&self, kind: &str, field: &str, value: Value) -> Value {
        let mut event = json!({
            "type": kind, "event_id": "event_part", "response_id": self.id, "item_id": self.item_id, "output_index": 0,
            "content_index": 0, "mood": 1,
        });
        event[field] = value;
        event
    }
}
