//! Every race, without a connection: commands and messages in, a line per act out.

mod hostile;
mod moving;
mod racing;
mod random;
mod server;
mod talking;

use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use viva_domain::ports::{ProviderError, ProviderErrorKind, RealtimeCommand, RealtimeEventKind};
use viva_domain::turns::Generation;

use super::{Act, ClientContentUse, Talk, TurnTaking};
use crate::providers::gemini::live::wire::{ClientMessage, RealtimeInput};
use crate::providers::transport::errors;

/// A talk at 0 ms, and the moments that follow.
struct Bench {
    talk: Talk,
    began: Instant,
    now_ms: u64,
    generation: Generation,
}

impl Bench {
    fn new() -> Self {
        Self::with(TurnTaking::Session, ClientContentUse::HistoryOnly)
    }

    fn with(turn_taking: TurnTaking, client_content: ClientContentUse) -> Self {
        Self {
            talk: Talk::new("my-own", turn_taking, client_content),
            began: Instant::now(),
            now_ms: 0,
            generation: Generation::FIRST,
        }
    }

    fn now(&self) -> Instant {
        self.began + Duration::from_millis(self.now_ms)
    }

    fn command(&mut self, command: RealtimeCommand) -> Vec<String> {
        let mut acts = Vec::new();
        self.talk.command(self.now(), command, &mut acts);
        self.lines(acts)
    }

    fn hears(&mut self, json: Value) -> Vec<String> {
        let mut acts = Vec::new();
        let message = serde_json::from_value(json).unwrap();
        self.talk.message(self.now(), message, &mut acts);
        self.lines(acts)
    }

    /// 20 ms, and what the server is told of them.
    fn audio(&mut self) -> Vec<String> {
        self.command(RealtimeCommand::Audio([1; 320].into()))
    }

    /// A turn of 40 ms.
    fn asks(&mut self) -> Generation {
        self.audio();
        self.audio();
        self.began_ago(20);
        self.commit();
        self.generation
    }

    fn began_ago(&mut self, ms: u64) -> Vec<String> {
        let ago = Duration::from_millis(ms);
        self.command(RealtimeCommand::SpeechBegan { ago })
    }

    fn commit(&mut self) -> Vec<String> {
        self.generation = self.generation.next();
        self.command(RealtimeCommand::Commit(self.generation))
    }

    fn greet(&mut self) -> Vec<String> {
        self.generation = self.generation.next();
        self.command(RealtimeCommand::Greet(self.generation))
    }

    /// The session has taken all events.
    fn interrupt(&mut self) -> Vec<String> {
        self.interrupt_at(u64::MAX)
    }

    /// The session has taken so many events.
    fn interrupt_at(&mut self, taken: u64) -> Vec<String> {
        self.generation = self.generation.next();
        let generation = self.generation;
        self.command(RealtimeCommand::Interrupt {
            generation,
            heard: None,
            taken,
        })
    }

    /// So many ms later.
    fn wait(&mut self, ms: u64) -> Vec<String> {
        self.now_ms += ms;
        let mut acts = Vec::new();
        self.talk.tick(self.now(), &mut acts);
        self.lines(acts)
    }

    fn deadline_ms(&self) -> Option<u64> {
        let deadline = self.talk.deadline()?;
        u64::try_from((deadline - self.began).as_millis()).ok()
    }

    fn breaks(&mut self) -> Vec<String> {
        self.breaks_with(errors::unavailable("gemini", "it hung up"), true)
    }

    fn breaks_with(&mut self, err: ProviderError, can_go_on: bool) -> Vec<String> {
        let mut acts = Vec::new();
        self.talk.broke(self.now(), err, can_go_on, &mut acts);
        self.lines(acts)
    }

    fn relinked(&mut self) -> Vec<String> {
        let mut acts = Vec::new();
        self.talk.relinked(self.now(), &mut acts);
        self.lines(acts)
    }

    fn gets_handle(&mut self, handle: &str) {
        assert_eq!(self.hears(resumable(handle)), [""; 0]);
    }

    #[track_caller]
    fn lines(&self, acts: Vec<Act>) -> Vec<String> {
        let generations: Vec<Generation> = acts
            .iter()
            .filter_map(|act| match act {
                Act::Tell(event) => Some(event.generation),
                _ => None,
            })
            .collect();
        assert!(
            generations
                .iter()
                .all(|generation| *generation == self.generation),
            "events are of the newest generation {:?}, got {generations:?}",
            self.generation
        );
        acts.into_iter().map(line).collect()
    }
}

fn line(act: Act) -> String {
    match act {
        Act::Relink => "relink".to_owned(),
        Act::Send(ClientMessage::Setup(_)) => "send setup".to_owned(),
        Act::Send(ClientMessage::ClientContent(content)) => {
            let said: Vec<String> = content
                .turns
                .iter()
                .map(|turn| format!("{} {}", turn.role.unwrap_or("nobody"), turn.parts[0].text))
                .collect();
            let end = if content.turn_complete { "." } else { "…" };
            format!("send content [{}]{end}", said.join(", "))
        }
        Act::Send(ClientMessage::RealtimeInput(input)) => match input {
            RealtimeInput::Audio(blob) => {
                assert_eq!(blob.mime_type, "audio/pcm;rate=16000");
                let samples = STANDARD.decode(blob.data).unwrap().len() / 2;
                format!("send {} ms", samples / 16)
            }
            RealtimeInput::Text(_) => "send text".to_owned(),
            RealtimeInput::AudioStreamEnd(_) => "send stream end".to_owned(),
            RealtimeInput::ActivityStart(_) => "send start".to_owned(),
            RealtimeInput::ActivityEnd(_) => "send end".to_owned(),
        },
        Act::Tell(event) => match event.kind {
            RealtimeEventKind::SpeechStarted => "speech started".to_owned(),
            RealtimeEventKind::SpeechEnded => "speech ended".to_owned(),
            RealtimeEventKind::UserTranscript { text, is_final } => {
                format!("user: {text}{}", if is_final { "." } else { "…" })
            }
            RealtimeEventKind::ResponseStarted => "started".to_owned(),
            RealtimeEventKind::TextDelta(delta) => format!("text: {delta}"),
            RealtimeEventKind::Audio(samples) => format!("audio {} samples", samples.len()),
            RealtimeEventKind::ResponseDone { usage: None } => "done".to_owned(),
            RealtimeEventKind::ResponseDone { usage: Some(usage) } => {
                format!("done, {:?} in, {:?} out", usage.input_tokens, usage.output_tokens)
            }
            RealtimeEventKind::ResponseFailed(err) => format!("failed: {}", err.kind),
            RealtimeEventKind::Failed(err) => format!("over: {}", err.kind),
        },
    }
}

/// Audio of the answer, with text.
fn says(bytes: usize, text: &str) -> Value {
    let data = STANDARD.encode(vec![1; bytes]);
    json!({"serverContent": {
        "modelTurn": {"parts": [{"inlineData": {"mimeType": "audio/pcm;rate=24000", "data": data}}]},
        "outputTranscription": {"text": text},
    }})
}

fn heard(text: &str) -> Value {
    json!({"serverContent": {"inputTranscription": {"text": text}}})
}

fn interrupted() -> Value {
    json!({"serverContent": {"interrupted": true}})
}

fn generated() -> Value {
    json!({"serverContent": {"generationComplete": true}})
}

fn complete() -> Value {
    json!({"serverContent": {"turnComplete": true}})
}

fn resumable(handle: &str) -> Value {
    json!({"sessionResumptionUpdate": {"newHandle": handle, "resumable": true}})
}

fn go_away(left: &str) -> Value {
    json!({"goAway": {"timeLeft": left}})
}

fn nothing() -> Vec<String> {
    Vec::new()
}

fn failure(kind: ProviderErrorKind) -> ProviderError {
    errors::error("gemini", kind)
}
