use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::RealtimeAnswer;
use super::answering::{Answering, Step};
use super::complaint::Complaint;
use super::ears::{Ears, Found};
use super::server::Desk;
use super::session::{self, Configured};
use crate::vendors::line::samples;
use crate::vendors::openai::events::unknown_field;

/// Shorter turns are refused: 100 ms.
const LEAST_TURN: usize = 2_400;

/// What one connection knows. Everything that it says goes to `out`.
pub(super) struct Conversation {
    desk: Desk,
    session: Option<Configured>,
    ears: Ears,
    /// Audio that each item has, in ms.
    items: HashMap<String, u64>,
    users: usize,
    answering: Option<Answering>,
    /// What the next turn is understood as, and answered with.
    understood: Option<RealtimeAnswer>,
    /// Words of the user that come later.
    later: Vec<(Instant, Value)>,
    pub(super) out: Vec<Value>,
}

/// What ends a connection.
pub(super) enum Ending {
    Cut,
    Close(u16),
}

type Done = Result<(), Complaint>;

impl Conversation {
    pub(super) fn new(desk: Desk) -> Self {
        let created = json!({ "type": "session.created", "event_id": "event_0", "mood": 1, "session": { "type": "realtime", "id": "sess_1" } });
        Self {
            desk,
            session: None,
            ears: Ears::default(),
            items: HashMap::new(),
            users: 0,
            answering: None,
            understood: None,
            later: Vec::new(),
            out: vec![json!({ "type": "weather.changed", "mood": 1 }), created],
        }
    }

    /// Takes a message and says what is to be heard of it, audio if it is some.
    pub(super) fn on(&mut self, message: &Value) -> Vec<i16> {
        let mut audio = Vec::new();
        if let Err(complaint) = self.obey(message, &mut audio) {
            self.desk.complained(&complaint);
            self.out.push(complaint.event(&message["event_id"]));
        }
        audio
    }

    fn obey(&mut self, message: &Value, audio: &mut Vec<i16>) -> Done {
        if let Some(field) = unknown_field(message) {
            let text = format!("Unknown parameter: '{field}'.");
            return Err(Complaint::about(&field, "unknown_parameter", &text));
        }
        match message["type"].as_str().unwrap_or_default() {
            "session.update" => self.update(message),
            "input_audio_buffer.append" => self.append(message, audio),
            "input_audio_buffer.commit" => self.commit(),
            "conversation.item.create" => self.create_item(&message["item"], &message["previous_item_id"]),
            "conversation.item.truncate" => self.truncate(message),
            "conversation.item.delete" => self.delete(message),
            "response.create" => session::check_response(&message["response"])
                .and_then(|()| self.create_response(&message["response"]["metadata"])),
            "response.cancel" => self.cancel(message),
            other => Err(Complaint::about(
                "type",
                "invalid_value",
                &format!("Invalid value: '{other}'."),
            )),
        }
    }

    /// When there is something to say by itself.
    pub(super) fn due(&self) -> Option<Instant> {
        let answer = self.answering.iter().map(|answering| answering.due);
        self.later.iter().map(|(at, _)| *at).chain(answer).min()
    }

    /// Says what is due.
    pub(super) fn tick(&mut self) -> Option<Ending> {
        let now = Instant::now();
        let due = self.later.extract_if(.., |(at, _)| *at <= now);
        self.out.extend(due.map(|(_, event)| event));
        let answering = self.answering.as_mut().filter(|answering| answering.due <= now)?;
        let waiting_since = answering.waiting_since();
        match answering.step() {
            Step::Say(events) => {
                if let (Some(asked), None) = (waiting_since, answering.waiting_since()) {
                    self.desk.delays.end(asked);
                }
                if answering.is_announced() {
                    self.items.insert(answering.item_id.clone(), answering.sent_ms());
                }
                self.out.extend(events);
                None
            }
            Step::Last(events) => {
                self.items.insert(answering.item_id.clone(), answering.sent_ms());
                self.out.extend(events);
                self.answering = None;
                None
            }
            Step::Hang => {
                answering.due = now + std::time::Duration::from_hours(1);
                None
            }
            Step::Cut => Some(Ending::Cut),
            Step::Close(code) => Some(Ending::Close(code)),
        }
    }

    fn update(&mut self, message: &Value) -> Done {
        self.session = Some(session::check(&message["session"])?);
        if self.desk.script.accepts_sessions {
            let session = &message["session"];
            self.out
                .push(json!({ "type": "session.updated", "session": session, "mood": 1 }));
        }
        Ok(())
    }

    fn append(&mut self, message: &Value, audio: &mut Vec<i16>) -> Done {
        let bytes = message["audio"]
            .as_str()
            .and_then(|audio| STANDARD.decode(audio).ok());
        *audio = bytes.and_then(|bytes| samples(&bytes)).ok_or_else(|| {
            Complaint::about(
                "audio",
                "invalid_value",
                "Invalid 'audio'. Expected base64-encoded audio bytes.",
            )
        })?;
        let detection = self.session.and_then(|session| session.detection);
        for found in self
            .ears
            .hear(audio, detection.map(|detection| detection.silence_ms))
        {
            let item_id = format!("item_user_{}", self.users);
            match found {
                Found::Start { at_ms } => {
                    self.out.push(json!({ "type": "input_audio_buffer.speech_started", "audio_start_ms": at_ms, "item_id": item_id }));
                    if detection.is_some_and(|detection| detection.interrupts_response) {
                        self.stop("turn_detected");
                    }
                }
                Found::End { at_ms } => {
                    self.out.push(json!({ "type": "input_audio_buffer.speech_stopped", "audio_end_ms": at_ms, "item_id": item_id }));
                    self.take_turn();
                    if detection.is_some_and(|detection| detection.creates_response) {
                        self.answer_turn();
                    }
                }
            }
        }
        Ok(())
    }

    /// Answers what was found, unless an answer is under way.
    fn answer_turn(&mut self) {
        if let Err(complaint) = self.create_response(&Value::Null) {
            self.desk.complained(&complaint);
            self.out.push(complaint.event(&Value::Null));
        }
    }

    fn commit(&mut self) -> Done {
        if self.session.is_some_and(|session| session.detection.is_some()) {
            return Err(Complaint::new(
                "invalid_request_error",
                "Turns are found by the server in this session.",
            ));
        }
        if self.ears.buffered < LEAST_TURN {
            let message =
                "Error committing input audio buffer: buffer too small. Expected at least 100ms of audio.";
            return Err(Complaint::new("input_audio_buffer_commit_empty", message));
        }
        self.take_turn();
        Ok(())
    }

    fn take_turn(&mut self) {
        let item_id = format!("item_user_{}", self.users);
        self.users += 1;
        self.ears.buffered = 0;
        self.items.insert(item_id.clone(), 0);
        let answer = self.desk.next_answer();
        let item = json!({ "id": item_id, "type": "message", "role": "user", "status": "completed" });
        self.out.extend([
            json!({ "type": "input_audio_buffer.committed", "item_id": item_id, "previous_item_id": null }),
            json!({ "type": "conversation.item.added", "item": item }),
            json!({ "type": "conversation.item.done", "item": item }),
        ]);
        if self.session.is_some_and(|session| session.transcribes) {
            self.transcribe(&item_id, &answer);
        }
        self.understood = Some(answer);
    }

    fn transcribe(&mut self, item_id: &str, answer: &RealtimeAnswer) {
        let at = Instant::now() + answer.heard_after;
        let event = |kind: &str, field: &str, text: &str| {
            let kind = format!("conversation.item.input_audio_transcription.{kind}");
            let mut event = json!({ "type": kind, "item_id": item_id, "content_index": 0, "mood": 1 });
            event[field] = json!(text);
            (at, event)
        };
        for word in answer.heard.split_inclusive(' ') {
            self.later.push(event("delta", "delta", word));
        }
        self.later.push(event("completed", "transcript", &answer.heard));
    }

    fn create_item(&mut self, item: &Value, behind: &Value) -> Done {
        let content = &item["content"][0];
        let is_text = content["text"].as_str().is_some_and(|text| !text.is_empty());
        let is_valid = item["type"] == "message"
            && is_text
            && matches!(
                (item["role"].as_str(), content["type"].as_str()),
                (Some("user" | "system"), Some("input_text")) | (Some("assistant"), Some("output_text"))
            );
        if !is_valid {
            return Err(Complaint::about("item.content", "invalid_value", "Invalid item."));
        }
        let behind = behind.as_str().filter(|behind| *behind != "root");
        if let Some(missing) = behind.filter(|behind| !self.items.contains_key(*behind)) {
            return Err(no_item(missing));
        }
        if let Some(item_id) = item["id"].as_str()
            && self.items.insert(item_id.to_owned(), 0).is_some()
        {
            let text = format!("Error adding item: an item with id '{item_id}' already exists.");
            return Err(Complaint::about(
                "item.id",
                "item_create_duplicate_item_id",
                &text,
            ));
        }
        self.out
            .push(json!({ "type": "conversation.item.added", "item": item }));
        self.out
            .push(json!({ "type": "conversation.item.done", "item": item }));
        Ok(())
    }

    fn truncate(&mut self, message: &Value) -> Done {
        let item_id = message["item_id"].as_str().unwrap_or_default();
        let there_is = *self.items.get(item_id).ok_or_else(|| no_item(item_id))?;
        let end = message["audio_end_ms"].as_u64().unwrap_or_default();
        if message["content_index"] != 0 || end == 0 || end > there_is {
            let text = format!("Audio content of {there_is}ms is already shorter than {end}ms");
            return Err(Complaint::about("audio_end_ms", "invalid_value", &text));
        }
        self.items.insert(item_id.to_owned(), end);
        self.out.push(json!({ "type": "conversation.item.truncated", "item_id": item_id, "content_index": 0, "audio_end_ms": end }));
        Ok(())
    }

    fn delete(&mut self, message: &Value) -> Done {
        let item_id = message["item_id"].as_str().unwrap_or_default();
        if self.items.remove(item_id).is_none() {
            return Err(no_item(item_id));
        }
        self.out
            .push(json!({ "type": "conversation.item.deleted", "item_id": item_id }));
        Ok(())
    }

    fn create_response(&mut self, metadata: &Value) -> Done {
        if self.session.is_none() {
            return Err(Complaint::new("invalid_request_error", "There is no session."));
        }
        if let Some(answering) = &self.answering {
            let message = format!(
                "Conversation already has an active response in progress: {}.",
                answering.id
            );
            return Err(Complaint::new(
                "conversation_already_has_active_response",
                &message,
            ));
        }
        let answer = self.understood.take().unwrap_or_else(|| self.desk.next_answer());
        let script = &self.desk.script;
        let metadata = if script.returns_metadata {
            metadata.clone()
        } else {
            Value::Null
        };
        let number = self.desk.next_number();
        self.answering = Some(Answering::new(number, answer, metadata, script.first_audio));
        Ok(())
    }

    fn cancel(&mut self, message: &Value) -> Done {
        let named = message["response_id"].as_str();
        let is_active = self.answering.as_ref().is_some_and(|answering| {
            answering.is_announced() && named.is_none_or(|named| named == answering.id)
        });
        if !is_active {
            let text = "Cancellation failed: no active response found";
            return Err(Complaint::new("response_cancel_not_active", text));
        }
        self.stop("client_cancelled");
        Ok(())
    }

    fn stop(&mut self, reason: &str) {
        if let Some(mut answering) = self.answering.take() {
            self.items.insert(answering.item_id.clone(), answering.sent_ms());
            self.out.extend(answering.cancelled(reason));
        }
    }
}

fn no_item(item_id: &str) -> Complaint {
    let message = format!("Error: the item with id '{item_id}' does not exist.");
    Complaint::about("item_id", "item_not_found", &message)
}
