//! The Realtime API of speaches: names and sessions of the beta. It finds turns itself and cannot be told not to; ignores
//! what it does not know, and a `turn_detection` that is not complete; complains of what it cannot change, and goes on;
//! answers once a turn is written down; lets go of an answer without a word when there is another one; and can neither
//! cancel nor truncate. Its errors name no message, mostly.

use serde_json::{Value, json};

use super::CompatibleAnswer;
use super::server::Desk;
use super::sockets::{Talk, audio_of, tone};
use super::speaches::not_installed;
use crate::vendors::openai::realtime::ears::{Ears, Found};

/// Samples of 100 ms.
const LEAST_TURN: usize = 2_400;
const EVENTS: [&str; 9] = [
    "session.update",
    "input_audio_buffer.append",
    "input_audio_buffer.commit",
    "input_audio_buffer.clear",
    "conversation.item.create",
    "conversation.item.truncate",
    "conversation.item.delete",
    "response.create",
    "response.cancel",
];
const CONTENT: [&str; 5] = ["input_text", "input_audio", "item_reference", "text", "audio"];

pub(super) struct SpeachesTalk {
    desk: Desk,
    session: Value,
    ears: Ears,
    items: Vec<Item>,
    numbers: usize,
    /// What the next turn is answered with.
    understood: Option<CompatibleAnswer>,
}

struct Item {
    id: String,
    role: String,
    text: String,
    /// What is not is not passed on.
    is_complete: bool,
}

impl SpeachesTalk {
    pub(super) fn new(desk: &Desk, model: &str, intent: &str) -> (Self, Vec<Value>) {
        let is_transcription = intent == "transcription";
        let session = json!({
            "id": "sess_1", "input_audio_format": "pcm16", "output_audio_format": "pcm16",
            "input_audio_transcription": {
                "model": if is_transcription { model } else { "Systran/faster-distil-whisper-small.en" },
                "language": null,
            },
            "instructions": "Your knowledge cutoff is 2023-10.", "max_response_output_tokens": "inf",
            "modalities": ["audio", "text"], "model": model, "temperature": 0.8, "tool_choice": "auto", "tools": [],
            "turn_detection": {
                "create_response": !is_transcription, "prefix_padding_ms": 0, "silence_duration_ms": 550,
                "threshold": 0.9, "type": "server_vad",
            },
            "speech_model": "speaches-ai/Kokoro-82M-v1.0-ONNX", "voice": "af_heart",
        });
        let created = json!({"type": "session.created", "event_id": "event_1", "session": session});
        let talk = Self {
            desk: desk.clone(),
            session,
            ears: Ears::default(),
            items: Vec::new(),
            numbers: 0,
            understood: None,
        };
        (talk, vec![created])
    }

    fn complain(&self, kind: &str, message: &str, event_id: &Value, out: &mut Vec<Value>) {
        self.desk.complained(message);
        let error =
            json!({"type": kind, "message": message, "code": null, "event_id": event_id, "param": null});
        out.push(json!({"type": "error", "event_id": "event_2", "error": error}));
    }

    fn invalid(&self, message: &str, out: &mut Vec<Value>) {
        self.complain("invalid_request_error", message, &Value::Null, out);
    }

    fn unsupported(&self, field: &str, out: &mut Vec<Value>) {
        let message = format!(
            "Specifying `{field}` is not supported. The server either does not support this field or it is not \
             configurable."
        );
        self.invalid(&message, out);
    }

    fn update(&mut self, wanted: &Value, out: &mut Vec<Value>) {
        if let Some(field) = wrong_field(wanted) {
            let message = format!("1 validation error for tagged-union\nsession.update.session.{field}");
            return self.invalid(&message, out);
        }
        for field in ["input_audio_format", "output_audio_format"] {
            if !wanted[field].is_null() {
                self.unsupported(&format!("session.{field}"), out);
            }
        }
        for field in [
            "instructions",
            "voice",
            "model",
            "speech_model",
            "modalities",
            "max_response_output_tokens",
        ] {
            if !wanted[field].is_null() {
                self.session[field] = wanted[field].clone();
            }
        }
        let transcription = &wanted["input_audio_transcription"];
        if transcription["model"].is_string() {
            self.session["input_audio_transcription"] = transcription.clone();
        }
        let detection = &wanted["turn_detection"];
        if is_complete(detection) {
            self.unsupported("session.turn_detection.prefix_padding_ms", out);
            for field in ["create_response", "silence_duration_ms", "threshold"] {
                self.session["turn_detection"][field] = detection[field].clone();
            }
        }
        out.push(json!({"type": "session.updated", "event_id": "event_3", "session": self.session}));
    }

    fn append(&mut self, audio: &[i16], out: &mut Vec<Value>) {
        let silence = self.session["turn_detection"]["silence_duration_ms"].as_u64();
        for found in self.ears.hear(audio, silence) {
            let item_id = format!("item_user_{}", self.numbers);
            match found {
                Found::Start { at_ms } => out.push(json!({
                    "type": "input_audio_buffer.speech_started", "event_id": "event_4", "audio_start_ms": at_ms,
                    "item_id": item_id,
                })),
                Found::End { at_ms } => {
                    out.push(json!({
                        "type": "input_audio_buffer.speech_stopped", "event_id": "event_5", "audio_end_ms": at_ms,
                        "item_id": item_id,
                    }));
                    self.take_turn(&item_id, out);
                }
            }
        }
    }

    fn commit(&mut self, out: &mut Vec<Value>) {
        if self.ears.buffered < LEAST_TURN {
            let message =
                "Error committing input audio buffer: buffer too small. Expected at least 100ms of audio";
            return self.invalid(message, out);
        }
        let item_id = format!("item_user_{}", self.numbers);
        self.take_turn(&item_id, out);
    }

    fn take_turn(&mut self, item_id: &str, out: &mut Vec<Value>) {
        self.numbers += 1;
        self.ears.buffered = 0;
        let last = self.items.last().map(|item| item.id.clone());
        out.push(json!({
            "type": "input_audio_buffer.committed", "event_id": "event_6", "item_id": item_id,
            "previous_item_id": last,
        }));
        let content = json!([{"type": "input_audio", "transcript": null}]);
        self.create(item_id, "user", "", &content, out);
        let model = self.session["input_audio_transcription"]["model"]
            .as_str()
            .unwrap_or_default();
        if model != self.desk.script.model {
            let message = not_installed(model);
            return self.invalid(&message, out);
        }
        let answer = self.desk.next_answer();
        if let Some(item) = self.items.last_mut() {
            answer.heard.clone_into(&mut item.text);
        }
        out.push(json!({
            "type": "conversation.item.input_audio_transcription.completed", "event_id": "event_7",
            "item_id": item_id, "content_index": 0, "transcript": answer.heard,
            "usage": {"type": "duration", "seconds": 1.0},
        }));
        self.understood = Some(answer);
        if self.session["turn_detection"]["create_response"] == true {
            self.respond(out);
        }
    }

    /// Adds an item, if there is none of its name.
    fn create(&mut self, id: &str, role: &str, text: &str, content: &Value, out: &mut Vec<Value>) {
        if self.items.iter().any(|item| item.id == id) {
            let message = format!("Error adding item: the item with id '{id}' already exists.");
            return self.invalid(&message, out);
        }
        let status = if role == "assistant" && text.is_empty() {
            "incomplete"
        } else {
            "completed"
        };
        let item = json!({
            "id": id, "object": "realtime.item", "type": "message", "role": role, "status": status, "content": content,
        });
        let last = self.items.last().map(|item| item.id.clone());
        out.push(json!({
            "type": "conversation.item.created", "event_id": "event_8", "item": item, "previous_item_id": last,
        }));
        self.items.push(Item {
            id: id.to_owned(),
            role: role.to_owned(),
            text: text.to_owned(),
            is_complete: status == "completed",
        });
    }

    fn delete(&mut self, id: &str, out: &mut Vec<Value>) {
        let Some(at) = self.items.iter().position(|item| item.id == id) else {
            let message = format!("Error deleting item: the item with id '{id}' does not exist.");
            return self.invalid(&message, out);
        };
        self.items.remove(at);
        out.push(json!({"type": "conversation.item.deleted", "event_id": "event_9", "item_id": id}));
    }

    /// An answer that is under way is let go without a word.
    fn respond(&mut self, out: &mut Vec<Value>) {
        let known = self
            .items
            .iter()
            .filter(|item| item.is_complete && !item.text.is_empty());
        let prompt = known.map(|item| format!("{}: {}", item.role, item.text));
        self.desk.prompted(prompt.collect());
        let answer = self.understood.take().unwrap_or_else(|| self.desk.next_answer());
        self.numbers += 1;
        let (id, item_id) = (
            format!("resp_{}", self.numbers),
            format!("item_ai_{}", self.numbers),
        );
        let response = |status: &str| json!({"id": id, "object": "realtime.response", "status": status, "output": [], "modalities": ["audio", "text"]});
        let part = |kind: &str, field: &str, value: Value| {
            let mut event = json!({
                "type": kind, "event_id": "event_10", "response_id": id, "item_id": item_id, "output_index": 0,
                "content_index": 0,
            });
            event[field] = value;
            event
        };
        let item = json!({"id": item_id, "object": "realtime.item", "type": "message", "role": "assistant", "status": "incomplete", "content": []});
        out.push(
            json!({"type": "response.created", "event_id": "event_11", "response": response("incomplete")}),
        );
        out.push(json!({
            "type": "response.output_item.added", "event_id": "event_12", "output_index": 0, "response_id": id,
            "item": item,
        }));
        self.create(&item_id, "assistant", "", &json!([]), out);
        out.push(part(
            "response.content_part.added",
            "part",
            json!({"type": "audio", "transcript": ""}),
        ));
        let middle = answer.text.find(' ').map_or(answer.text.len(), |at| at + 1);
        let (first, second) = answer.text.split_at(middle);
        let [sound, rest] = tone();
        out.push(part("response.audio_transcript.delta", "delta", json!(first)));
        out.push(part("response.audio.delta", "delta", json!(sound)));
        if answer.stalls {
            return;
        }
        out.push(part("response.audio_transcript.delta", "delta", json!(second)));
        out.push(part("response.audio.delta", "delta", json!(rest)));
        out.push(part("response.audio.done", "mood", json!(1)));
        out.push(part(
            "response.audio_transcript.done",
            "transcript",
            json!(answer.text),
        ));
        out.push(part(
            "response.content_part.done",
            "part",
            json!({"type": "audio", "transcript": answer.text}),
        ));
        out.push(json!({
            "type": "response.output_item.done", "event_id": "event_13", "output_index": 0, "response_id": id,
            "item": item,
        }));
        out.push(json!({"type": "response.done", "event_id": "event_14", "response": response("completed")}));
        if let Some(item) = self.items.iter_mut().find(|item| item.id == item_id) {
            item.is_complete = true;
            item.text = answer.text;
        }
    }
}

impl Talk for SpeachesTalk {
    fn hear(&mut self, message: &Value, out: &mut Vec<Value>) -> Vec<i16> {
        let kind = message["type"].as_str().unwrap_or_default();
        if !EVENTS.contains(&kind) {
            self.invalid(
                "1 validation error for tagged-union\n  Input tag does not match",
                out,
            );
            return Vec::new();
        }
        match kind {
            "session.update" => self.update(&message["session"], out),
            "input_audio_buffer.append" => {
                let audio = audio_of(message).unwrap_or_default();
                self.append(&audio, out);
                return audio;
            }
            "input_audio_buffer.commit" => self.commit(out),
            "input_audio_buffer.clear" => {
                self.ears.buffered = 0;
                out.push(json!({"type": "input_audio_buffer.cleared", "event_id": "event_15"}));
            }
            "conversation.item.create" => {
                let item = &message["item"];
                let content = &item["content"];
                let parts = content.as_array().map_or(&[][..], Vec::as_slice);
                let is_part =
                    |part: &Value| part["type"].as_str().is_some_and(|kind| CONTENT.contains(&kind));
                let role = item["role"].as_str().unwrap_or_default();
                if !parts.iter().all(is_part) || !matches!(role, "user" | "assistant" | "system") {
                    self.invalid(
                        "validation errors for tagged-union\nconversation.item.create.item",
                        out,
                    );
                    return Vec::new();
                }
                let text = content[0]["text"].as_str().unwrap_or_default();
                // Where it should be is not looked at.
                self.create(item["id"].as_str().unwrap_or("item_1"), role, text, content, out);
            }
            "conversation.item.delete" => self.delete(message["item_id"].as_str().unwrap_or_default(), out),
            "response.create" => {
                for field in ["conversation", "input", "output_audio_format", "metadata"] {
                    if !message["response"][field].is_null() {
                        self.unsupported(&format!("response.{field}"), out);
                    }
                }
                self.respond(out);
            }
            other => {
                let text = format!("Handling of the '{other}' event is not implemented.");
                self.complain("server_error", &text, &message["event_id"], out);
            }
        }
        Vec::new()
    }

    fn puzzled(&self, out: &mut Vec<Value>) {
        self.invalid("1 validation error for tagged-union\n  Invalid JSON", out);
    }
}

/// A `turn_detection` that lacks something is taken for nothing at all.
fn is_complete(detection: &Value) -> bool {
    let is_share = |value: &Value| value.as_f64().is_some_and(|share| (0.0..=1.0).contains(&share));
    matches!(detection["type"].as_str(), None | Some("server_vad"))
        && detection["create_response"].is_boolean()
        && detection["prefix_padding_ms"].is_u64()
        && detection["silence_duration_ms"].is_u64()
        && is_share(&detection["threshold"])
}

/// A field of a session, and whether a value can stand in it.
type FieldCheck = (&'static str, fn(&Value) -> bool);

/// The first field of a session that is something else than it can be. Null is something else.
fn wrong_field(session: &Value) -> Option<&'static str> {
    let checks: [FieldCheck; 8] = [
        ("instructions", is_text_or_nothing),
        ("voice", is_text_or_nothing),
        ("model", is_text_or_nothing),
        ("speech_model", is_text_or_nothing),
        ("turn_detection", Value::is_object),
        ("input_audio_transcription", Value::is_object),
        ("modalities", Value::is_array),
        ("max_response_output_tokens", |value| {
            value.is_u64() || value == "inf"
        }),
    ];
    let given = |name: &str| session.get(name);
    let wrong = checks
        .iter()
        .find(|(name, is_right)| given(name).is_some_and(|value| !is_right(value)));
    wrong.map(|(name, _)| *name)
}

/// An object is taken for nothing at all.
fn is_text_or_nothing(value: &Value) -> bool {
    value.is_string() || value.is_object()
}
