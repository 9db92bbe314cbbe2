//! The Realtime API of `LocalAI`: names of GA. What it does not know is ignored; words of the user come under another name
//! than the turn that they are of; whoever speaks cuts the answer; events have no id, or one for all; and it throws in what
//! it hears and who speaks.

use serde_json::{Value, json};

use super::CompatibleAnswer;
use super::server::Desk;
use super::sockets::{Talk, audio_of, tone};
use crate::vendors::openai::realtime::ears::{Ears, Found};

/// What all its errors call the message that they are about.
const NO_ID: &str = "event_TODO";

pub(super) struct LocalAiTalk {
    desk: Desk,
    session: Value,
    ears: Ears,
    items: Vec<(String, String)>,
    numbers: usize,
    /// The answer that is under way, and its item.
    active: Option<(String, String)>,
}

impl LocalAiTalk {
    pub(super) fn new(desk: &Desk, model: &str) -> (Self, Vec<Value>) {
        let session = json!({
            "type": "realtime", "id": "sess_1", "object": "realtime.session", "model": model,
            "instructions": "You are a helpful voice assistant.",
            "audio": {
                "input": {
                    "turn_detection": {
                        "type": "server_vad", "create_response": true, "prefix_padding_ms": 300,
                        "silence_duration_ms": 500, "threshold": 0.5,
                    },
                    "transcription": {"model": "whisper"},
                },
                "output": {"voice": "amy"},
            },
        });
        let talk = Self {
            desk: desk.clone(),
            session: session.clone(),
            ears: Ears::default(),
            items: Vec::new(),
            numbers: 0,
            active: None,
        };
        let first = if model == desk.script.model {
            json!({"type": "session.created", "event_id": NO_ID, "session": session})
        } else {
            talk.error("invalid_model", "Model is not a pipeline model")
        };
        (talk, vec![first])
    }

    fn error(&self, code: &str, message: &str) -> Value {
        self.desk.complained(message);
        let error =
            json!({"type": "invalid_request_error", "code": code, "message": message, "event_id": NO_ID});
        json!({"type": "error", "event_id": NO_ID, "error": error})
    }

    fn next(&mut self, what: &str) -> String {
        self.numbers += 1;
        format!("{what}_{}", self.numbers)
    }

    fn update(&mut self, wanted: &Value, out: &mut Vec<Value>) {
        if !matches!(wanted["type"].as_str(), None | Some("realtime")) {
            return out.push(self.error("invalid_json", "Invalid JSON format"));
        }
        for field in ["instructions", "output_modalities", "max_output_tokens"] {
            if !wanted[field].is_null() {
                self.session[field] = wanted[field].clone();
            }
        }
        let (input, output) = (&wanted["audio"]["input"], &wanted["audio"]["output"]);
        if let Some(detection) = input.get("turn_detection") {
            self.session["audio"]["input"]["turn_detection"] = detection.clone();
        }
        let transcription = &input["transcription"];
        if transcription.is_object() {
            self.session["audio"]["input"]["transcription"] = transcription.clone();
        }
        if output["voice"].is_string() {
            self.session["audio"]["output"]["voice"] = output["voice"].clone();
        }
        out.push(json!({"type": "session.updated", "event_id": NO_ID, "session": self.session}));
    }

    fn detects_turns(&self) -> bool {
        self.session["audio"]["input"]["turn_detection"].is_object()
    }

    fn append(&mut self, audio: &[i16], out: &mut Vec<Value>) {
        // What is left out is what it began with.
        let silence = self.session["audio"]["input"]["turn_detection"]["silence_duration_ms"].as_u64();
        let silence = self.detects_turns().then(|| silence.unwrap_or(500));
        for found in self.ears.hear(audio, silence) {
            match found {
                Found::Start { at_ms } => {
                    self.stop(out);
                    out.push(json!({
                        "type": "input_audio_buffer.speech_started", "event_id": NO_ID, "audio_start_ms": at_ms,
                        "item_id": "",
                    }));
                }
                Found::End { at_ms } => {
                    out.push(json!({
                        "type": "input_audio_buffer.speech_stopped", "event_id": NO_ID, "audio_end_ms": at_ms,
                        "item_id": "",
                    }));
                    self.take_turn(out);
                }
            }
        }
    }

    fn take_turn(&mut self, out: &mut Vec<Value>) {
        self.ears.buffered = 0;
        let (turn, words, item_id) = (self.next("turn"), self.next("words"), self.next("item"));
        let answer = self.desk.next_answer();
        out.push(json!({"type": "input_audio_buffer.committed", "event_id": NO_ID, "item_id": turn}));
        let kind = "conversation.item.input_audio_transcription";
        out.push(json!({"type": format!("{kind}.delta"), "event_id": NO_ID, "item_id": words, "content_index": 0, "delta": answer.heard}));
        out.push(json!({"type": format!("{kind}.completed"), "event_id": NO_ID, "item_id": words, "content_index": 0, "transcript": answer.heard}));
        out.push(json!({"type": "conversation.item.sound_detection", "item_id": words, "detections": []}));
        out.push(json!({"type": "conversation.item.speaker", "item_id": words, "speaker": {"name": "Ann"}}));
        let item = json!({
            "type": "message", "id": item_id, "role": "user", "status": "completed",
            "content": [{"type": "input_audio", "transcript": answer.heard}],
        });
        out.push(json!({"type": "conversation.item.added", "item": item}));
        out.push(json!({"type": "conversation.item.done", "item": item}));
        self.items.push((item_id, format!("user: {}", answer.heard)));
        self.respond(&answer, out);
    }

    fn respond(&mut self, answer: &CompatibleAnswer, out: &mut Vec<Value>) {
        self.stop(out);
        let prompt = self.items.iter().map(|(_, text)| text.clone());
        self.desk.prompted(prompt.collect());
        let (id, item_id) = (self.next("resp"), self.next("item"));
        let part = |kind: &str, field: &str, value: Value| {
            let mut event = json!({"type": kind, "response_id": id, "item_id": item_id, "output_index": 0, "content_index": 0});
            event[field] = value;
            event
        };
        out.push(json!({"type": "response.created", "response": {"id": id, "object": "realtime.response", "status": "in_progress"}}));
        let item = json!({"type": "message", "id": item_id, "role": "assistant", "status": "in_progress", "content": [
            {"type": "output_audio", "transcript": answer.text},
        ]});
        out.push(
            json!({"type": "response.output_item.added", "response_id": id, "output_index": 0, "item": item}),
        );
        out.push(part(
            "response.content_part.added",
            "part",
            json!({"type": "output_audio"}),
        ));
        let [first, second] = tone();
        out.push(part(
            "response.output_audio_transcript.delta",
            "delta",
            json!(answer.text),
        ));
        out.push(part("response.output_audio.delta", "delta", json!(first)));
        self.items
            .push((item_id.clone(), format!("assistant: {}", answer.text)));
        if answer.stalls {
            self.active = Some((id, item_id));
            return;
        }
        out.push(part("response.output_audio.delta", "delta", json!(second)));
        out.push(part("response.output_audio.done", "mood", json!(1)));
        out.push(
            json!({"type": "response.output_item.done", "response_id": id, "output_index": 0, "item": item}),
        );
        let usage = json!({"total_tokens": 30, "input_tokens": 10, "output_tokens": 20});
        out.push(json!({"type": "response.done", "response": {
            "id": id, "object": "realtime.response", "status": "completed", "usage": usage,
        }}));
    }

    /// Cuts the answer that is under way; it is forgotten.
    fn stop(&mut self, out: &mut Vec<Value>) {
        if let Some((id, item_id)) = self.active.take() {
            self.items.retain(|(item, _)| *item != item_id);
            out.push(json!({"type": "response.done", "response": {
                "id": id, "object": "realtime.response", "status": "cancelled",
            }}));
        }
    }

    /// An item that is named; a complaint where there is none.
    fn find(&self, message: &Value, out: &mut Vec<Value>) -> Option<usize> {
        let id = message["item_id"].as_str().unwrap_or_default();
        let at = self.items.iter().position(|(item, _)| item == id);
        if at.is_none() {
            out.push(self.error("invalid_item_id", "Item not found"));
        }
        at
    }
}

impl Talk for LocalAiTalk {
    fn hear(&mut self, message: &Value, out: &mut Vec<Value>) -> Vec<i16> {
        match message["type"].as_str().unwrap_or_default() {
            "session.update" => self.update(&message["session"], out),
            "input_audio_buffer.append" => match audio_of(message) {
                Some(audio) => {
                    self.append(&audio, out);
                    return audio;
                }
                None => out.push(self.error("invalid_audio_data", "Failed to decode audio data")),
            },
            "input_audio_buffer.commit" if self.detects_turns() => {
                let message = "input_audio_buffer.commit in conjunction with VAD";
                out.push(self.error("not_implemented", message));
            }
            "input_audio_buffer.commit" => self.take_turn(out),
            "conversation.item.create" => {
                let item = &message["item"];
                let said = |name: &str| item[name].as_str().unwrap_or_default().to_owned();
                let text = item["content"][0]["text"].as_str().unwrap_or_default();
                self.items.push((said("id"), format!("{}: {text}", said("role"))));
                out.push(json!({"type": "conversation.item.added", "item": item}));
            }
            "conversation.item.truncate" => {
                // All of its text goes.
                if let Some(at) = self.find(message, out) {
                    "assistant: ".clone_into(&mut self.items[at].1);
                    out.push(json!({"type": "conversation.item.truncated", "item_id": message["item_id"]}));
                }
            }
            "conversation.item.delete" => {
                if let Some(at) = self.find(message, out) {
                    self.items.remove(at);
                    out.push(json!({"type": "conversation.item.deleted", "item_id": message["item_id"]}));
                }
            }
            "response.create" => {
                let answer = self.desk.next_answer();
                self.respond(&answer, out);
            }
            "response.cancel" => self.stop(out),
            _ => {}
        }
        Vec::new()
    }

    fn puzzled(&self, out: &mut Vec<Value>) {
        out.push(self.error("invalid_json", "Invalid JSON format"));
    }
}
