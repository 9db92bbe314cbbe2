//! Speech as PCM16 at 24 kHz, over HTTP and over sockets.

mod azure;
mod bodies;
mod deepgram;
mod elevenlabs;
mod gemini;
mod google;
mod openai;
mod refusal;
mod request;
mod server;
mod sockets;
mod ssml;
mod voai;

use std::time::{Duration, Instant};

use serde_json::Value;

pub use server::SpeechServer;

/// Whose protocol is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpeechVendor {
    /// `/v1/audio/speech`.
    OpenAi,
    /// `/v1/text-to-speech/{voice}/stream`, and the socket `…/multi-stream-input`.
    ElevenLabs,
    /// The socket `/tts/websocket`.
    Cartesia,
    /// `/cognitiveservices/v1`.
    Azure,
    /// `/v1/text:synthesize`.
    Google,
    /// `/v1/speak`, and the socket `/v2/speak`.
    Deepgram,
    /// `:streamGenerateContent`.
    Gemini,
    /// `/TTS/Speech`.
    VoAi,
}

/// How the server behaves towards everybody.
#[derive(Debug, Clone)]
pub struct SpeechScript {
    /// The only key that it takes; `None` is a compatible server that asks for none.
    pub api_key: Option<String>,
    /// Models that exist. `ElevenLabs` takes a language with those whose id ends with `_v2_5`, OpenAI takes instructions
    /// with those whose id does not begin with `tts-1`. Azure and Deepgram have voices only.
    pub models: Vec<String>,
    /// Voices that exist.
    pub voices: Vec<String>,
    /// Time from the last byte of a request to the first byte of audio.
    pub delay: Duration,
    /// Bytes per piece of audio; samples are cut where it falls.
    pub piece_bytes: usize,
    /// What OpenAI's answers are.
    pub format: SpeechFormat,
    /// The rate of the audio, in Hz.
    pub rate: u32,
    /// The type that the answer claims to be; `None` is the true one.
    pub content_type: Option<String>,
}

/// What a server sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpeechFormat {
    /// PCM or a WAV file, as it is asked to.
    AsAsked,
    /// PCM, whatever it is asked for.
    Pcm,
    /// A WAV file, whatever it is asked for.
    Wav,
}

/// A request, and what became of it.
#[derive(Debug, Clone)]
pub struct SpeechRequest {
    /// Path and query.
    pub target: String,
    /// The JSON of the body, or its text where it was none; of a socket the message that asked, or all of them if it took
    /// several.
    pub body: Value,
    /// Whether it brought a key, right or wrong.
    pub has_key: bool,
    /// The status that it was refused with.
    pub refused: Option<u16>,
    /// When the client hung up before it was answered completely.
    pub closed: Option<Instant>,
    /// Whether all of the answer was sent.
    pub is_complete: bool,
}

impl Default for SpeechScript {
    fn default() -> Self {
        let names = |names: [&str; 2]| names.map(str::to_owned).to_vec();
        Self {
            api_key: Some("sk-secret-key".to_owned()),
            models: names(["tts-1-test", "test_v2_5"]),
            voices: names(["anna", "ben"]),
            delay: Duration::ZERO,
            piece_bytes: 777,
            format: SpeechFormat::AsAsked,
            rate: 24_000,
            content_type: None,
        }
    }
}
