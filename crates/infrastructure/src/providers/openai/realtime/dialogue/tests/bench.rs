use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use viva_domain::ports::{Heard, Message, MessageRole, RealtimeCommand, RealtimeEventKind};
use viva_domain::turns::Generation;

use super::super::{Dialogue, Standing, Style};
use crate::providers::openai::realtime::config::Turns;
use crate::providers::openai::realtime::dialect::Dialect;
use crate::providers::openai::realtime::failures::Failures;
use crate::providers::transport::Account;

/// A dialogue, and what it said to either side, in short.
pub(super) struct Bench {
    pub(super) dialogue: Dialogue,
    began: Instant,
    pub(super) now: Instant,
}

pub(super) fn generation(number: u32) -> Generation {
    (0..number).fold(Generation::FIRST, |generation, _| generation.next())
}

pub(super) fn message(role: MessageRole, text: &str) -> Message {
    let text = text.to_owned();
    Message { role, text }
}

impl Bench {
    /// The provider finds turns.
    pub(super) fn hands_free() -> Self {
        Self::new(Turns::ServerVad, Vec::new())
    }

    /// The session finds turns.
    pub(super) fn ordered() -> Self {
        Self::new(Turns::None, Vec::new())
    }

    /// The same, with a server of the beta.
    pub(super) fn of_the_beta() -> Self {
        Self::speaking(Dialect::Beta, Turns::ServerVad, Vec::new())
    }

    pub(super) fn new(turns: Turns, history: Vec<Message>) -> Self {
        Self::speaking(Dialect::Ga, turns, history)
    }

    fn speaking(dialect: Dialect, turns: Turns, history: Vec<Message>) -> Self {
        let style = Style {
            dialect,
            turns,
            final_silence: Duration::from_millis(700),
            transcribes: true,
        };
        let failures = Failures {
            account: Account {
                provider: "my-own".to_owned(),
                base_url: "https://a.example/v1".parse().unwrap(),
                api_key: None,
                organization: None,
            },
        };
        let began = Instant::now();
        let mut dialogue = Dialogue::new(style, history, failures);
        dialogue.opened(began);
        Self {
            dialogue,
            began,
            now: began,
        }
    }

    pub(super) fn pass(&mut self, ms: u64) {
        self.now += Duration::from_millis(ms);
    }

    /// How long until the conversation can be moved, in ms.
    pub(super) fn quiet_in(&self) -> Option<u128> {
        let at = self.dialogue.quiet_at(self.now)?;
        assert!(at >= self.began);
        Some((at - self.now).as_millis())
    }

    pub(super) fn order(&mut self, command: RealtimeCommand) {
        self.dialogue.order(command, self.now);
    }

    pub(super) fn audio(&mut self, ms: usize) {
        self.order(RealtimeCommand::Audio(vec![1; ms * 24].into()));
    }

    pub(super) fn commit(&mut self, number: u32) {
        self.order(RealtimeCommand::Commit(generation(number)));
    }

    /// Interrupts after so many ms and characters; nothing was being said without them. The session has taken all events.
    pub(super) fn interrupt(&mut self, number: u32, heard: Option<(u64, usize)>) {
        self.interrupt_at(self.dialogue.out.told, number, heard);
    }

    /// The same, when the session has taken so many events.
    pub(super) fn interrupt_at(&mut self, taken: u64, number: u32, heard: Option<(u64, usize)>) {
        let heard = heard.map(|(ms, chars)| Heard {
            audio: Duration::from_millis(ms),
            chars,
        });
        let generation = generation(number);
        self.order(RealtimeCommand::Interrupt {
            generation,
            heard,
            taken,
        });
    }

    /// Tells, after an interruption, that so many ms and characters were heard.
    pub(super) fn heard(&mut self, ms: u64, chars: usize) {
        let audio = Duration::from_millis(ms);
        self.order(RealtimeCommand::Heard(Heard { audio, chars }));
    }

    /// So many ms and characters were heard of the answer before the one that the provider is at.
    pub(super) fn cut_before(&mut self, ms: u64, chars: usize) {
        let audio = Duration::from_millis(ms);
        self.order(RealtimeCommand::CutBefore(Heard { audio, chars }));
    }

    pub(super) fn hear(&mut self, event: Value) -> Standing {
        let event = serde_json::from_value(event).unwrap();
        self.dialogue.hear(event, self.now)
    }

    /// The provider finds a turn, from its beginning to its end.
    pub(super) fn find(&mut self, item: &str) {
        for event in ["speech_started", "speech_stopped"] {
            let kind = format!("input_audio_buffer.{event}");
            self.hear(json!({ "type": kind, "item_id": item }));
        }
        self.committed(item);
    }

    pub(super) fn committed(&mut self, item: &str) {
        self.hear(json!({ "type": "input_audio_buffer.committed", "item_id": item }));
    }

    pub(super) fn transcript(&mut self, item: &str, text: &str) {
        let kind = "conversation.item.input_audio_transcription.completed";
        self.hear(json!({ "type": kind, "item_id": item, "transcript": text }));
    }

    /// An answer that the provider gives by itself.
    pub(super) fn created(&mut self, id: &str) {
        self.hear(json!({ "type": "response.created", "response": { "id": id, "metadata": null } }));
    }

    /// An answer that was asked for.
    pub(super) fn created_for(&mut self, id: &str, ask: u64) {
        let metadata = json!({ "viva_request": ask.to_string() });
        self.hear(json!({ "type": "response.created", "response": { "id": id, "metadata": metadata } }));
    }

    pub(super) fn item(&mut self, response: &str, item: &str) {
        let item = json!({ "id": item, "type": "message" });
        self.hear(json!({ "type": "response.output_item.added", "response_id": response, "item": item }));
    }

    pub(super) fn says(&mut self, response: &str, item: &str, text: &str) {
        let kind = "response.output_audio_transcript.delta";
        self.hear(json!({ "type": kind, "response_id": response, "item_id": item, "delta": text }));
    }

    pub(super) fn sounds(&mut self, response: &str, item: &str, ms: usize) {
        let delta = STANDARD.encode(vec![1; ms * 48]);
        let kind = "response.output_audio.delta";
        self.hear(json!({ "type": kind, "response_id": response, "item_id": item, "delta": delta }));
    }

    /// Audio that is none.
    pub(super) fn garbles(&mut self, response: &str, item: &str) {
        let kind = "response.output_audio.delta";
        self.hear(json!({ "type": kind, "response_id": response, "item_id": item, "delta": "!" }));
    }

    pub(super) fn done(&mut self, response: &str, status: &str) -> Standing {
        let usage = json!({ "input_tokens": 3, "output_tokens": 4 });
        let response = json!({ "id": response, "status": status, "usage": usage });
        self.hear(json!({ "type": "response.done", "response": response }))
    }

    pub(super) fn error(&mut self, code: &str, event_id: Option<&str>) -> Standing {
        let error =
            json!({ "type": "invalid_request_error", "code": code, "message": "No.", "event_id": event_id });
        self.hear(json!({ "type": "error", "error": error }))
    }

    /// The connection breaks; answers whether another one is worth while.
    pub(super) fn lose(&mut self) -> bool {
        let err = self.dialogue.failures.failed("it hung up");
        self.dialogue.lost(&Arc::new(err), self.now)
    }

    pub(super) fn open(&mut self) {
        self.dialogue.opened(self.now);
    }

    /// What the provider was told since the last time, in short.
    pub(super) fn told(&mut self) -> Vec<String> {
        let told = self.dialogue.out.messages.drain(..);
        told.map(|message| told_in_short(&serde_json::to_value(&message).unwrap()))
            .collect()
    }

    /// What the session was told since the last time, in short.
    pub(super) fn said(&mut self) -> Vec<String> {
        let said = self.dialogue.out.events.drain(..);
        said.map(|event| {
            let number = (0..100)
                .find(|number| generation(*number) == event.generation)
                .unwrap();
            format!("@{number} {}", said_in_short(&event.kind))
        })
        .collect()
    }
}

fn told_in_short(message: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match message["type"].as_str().unwrap() {
        "input_audio_buffer.append" => {
            let bytes = STANDARD.decode(text(&message["audio"])).unwrap();
            let kind = if bytes.iter().any(|byte| *byte != 0) {
                "audio"
            } else {
                "silence"
            };
            format!("{kind} {}", bytes.len() / 48)
        }
        "input_audio_buffer.commit" => "commit".to_owned(),
        "conversation.item.create" => {
            let item = &message["item"];
            let behind = message["previous_item_id"].as_str();
            format!(
                "remind {}{}: {}",
                text(&item["role"]),
                behind.map(|id| format!(" behind {id}")).unwrap_or_default(),
                text(&item["content"][0]["text"])
            )
        }
        "conversation.item.truncate" => format!(
            "truncate {} {}",
            text(&message["item_id"]),
            message["audio_end_ms"]
        ),
        "conversation.item.delete" => format!("delete {}", text(&message["item_id"])),
        "response.create" => format!("ask {}", text(&message["response"]["metadata"]["viva_request"])),
        "response.cancel" => format!("cancel {}", text(&message["response_id"])),
        other => panic!("unexpected {other}"),
    }
}

fn said_in_short(kind: &RealtimeEventKind) -> String {
    match kind {
        RealtimeEventKind::SpeechStarted => "speech".to_owned(),
        RealtimeEventKind::SpeechEnded => "silence".to_owned(),
        RealtimeEventKind::UserTranscript { text, is_final } => {
            format!("user {text}{}", if *is_final { "" } else { "…" })
        }
        RealtimeEventKind::ResponseStarted => "begins".to_owned(),
        RealtimeEventKind::TextDelta(text) => format!("says {text}"),
        RealtimeEventKind::Audio(samples) => format!("sounds {}", samples.len() / 24),
        RealtimeEventKind::ResponseDone { usage } => match usage.and_then(|usage| usage.output_tokens) {
            Some(tokens) => format!("done, {tokens} tokens"),
            None => "done".to_owned(),
        },
        RealtimeEventKind::ResponseFailed(err) => format!("failed: {}", err.kind),
        RealtimeEventKind::Failed(err) => format!("over: {}", err.kind),
    }
}
