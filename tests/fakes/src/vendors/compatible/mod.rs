//! Servers that people run themselves and that speak as OpenAI does, each with what it does otherwise: Ollama, llama.cpp,
//! vLLM, `LocalAI`, speaches, Kokoro-FastAPI, whisper.cpp. They take what the real ones take, ignore what those ignore,
//! and refuse the rest in the words of each. Their bytes are cut wherever it falls.

mod chat;
mod kokoro;
mod llama_cpp;
mod local_ai;
mod local_ai_talk;
mod ollama;
mod reply;
mod request;
mod server;
mod sockets;
mod speaches;
mod speaches_talk;
mod transcripts;
mod vllm;
mod wav;
mod whisper_cpp;

use std::time::Duration;

use serde_json::Value;
use viva_audio::Clip;

pub use server::CompatibleServer;

/// Which of them it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CompatibleVendor {
    /// Chat; transcripts by models that hear.
    Ollama,
    /// `llama-server`: chat; transcripts by models that hear.
    LlamaCpp,
    /// Chat, transcripts.
    Vllm,
    /// Everything; its Realtime API is that of GA.
    LocalAi,
    /// Everything; its Realtime API is that of the beta.
    Speaches,
    /// Speech.
    Kokoro,
    /// `whisper-server`: transcripts.
    WhisperCpp,
}

/// How the server behaves towards everybody.
#[derive(Debug, Clone)]
pub struct CompatibleScript {
    /// The only key that it takes; `None` asks for none.
    pub api_key: Option<String>,
    /// The only model that it has, where it looks at the name at all.
    pub model: String,
    /// What it understands of an utterance.
    pub heard: String,
    /// What it answers.
    pub said: String,
    /// The rate of its voices, in Hz.
    pub rate: u32,
    /// So many requests are refused because the model is being loaded (llama.cpp).
    pub loading: usize,
    /// So long a request waits until the model is loaded that it needs.
    pub loads_for: Duration,
    /// Where whisper.cpp takes files; it is `/inference` unless it is started with another path.
    pub inference_path: String,
}

/// What becomes of the next turn in a conversation.
#[derive(Debug, Clone)]
#[must_use]
pub struct CompatibleAnswer {
    heard: String,
    text: String,
    stalls: bool,
}

/// A request that a server got.
#[derive(Debug, Clone)]
pub struct CompatibleRequest {
    /// Its path.
    pub path: String,
    /// Whether it brought a key, right or wrong.
    pub has_key: bool,
    /// The JSON that it brought; null without any.
    pub json: Value,
    /// The fields of a form, the file left out.
    pub fields: Vec<(String, String)>,
    /// The file of a form.
    pub audio: Option<Clip>,
    /// The status of the answer.
    pub status: u16,
}

impl Default for CompatibleScript {
    fn default() -> Self {
        Self {
            api_key: None,
            model: "my-model".to_owned(),
            heard: "Hello world.".to_owned(),
            said: "I am fine, thanks.".to_owned(),
            rate: 24_000,
            loading: 0,
            loads_for: Duration::ZERO,
            inference_path: "/inference".to_owned(),
        }
    }
}

impl CompatibleAnswer {
    /// This text in 400 ms of audio.
    pub fn of(text: &str) -> Self {
        Self {
            heard: "What is it?".to_owned(),
            text: text.to_owned(),
            stalls: false,
        }
    }

    /// What the user is understood to have said.
    pub fn heard(mut self, transcript: &str) -> Self {
        transcript.clone_into(&mut self.heard);
        self
    }

    /// Nothing follows after half of it.
    pub fn stalls(mut self) -> Self {
        self.stalls = true;
        self
    }
}

impl CompatibleRequest {
    /// A field of the form.
    pub fn field(&self, name: &str) -> Option<&str> {
        let field = self.fields.iter().find(|(field, _)| field == name);
        field.map(|(_, value)| value.as_str())
    }
}

impl CompatibleVendor {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Ollama,
        Self::LlamaCpp,
        Self::Vllm,
        Self::LocalAi,
        Self::Speaches,
        Self::Kokoro,
        Self::WhisperCpp,
    ];
}
