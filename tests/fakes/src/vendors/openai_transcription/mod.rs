//! OpenAI's two ways to transcribe: `/v1/audio/transcriptions` (files) and `/v1/realtime?intent=transcription`.

mod files;
mod realtime;
mod refusal;
mod server;

use std::time::{Duration, Instant};

use viva_audio::Clip;

pub use server::OpenAiTranscriptionServer;

/// How the server behaves towards everybody.
#[derive(Debug, Clone)]
pub struct OpenAiTranscriptionScript {
    /// The only key that it takes; `None` is a compatible server that asks for none.
    pub api_key: Option<String>,
    /// Whether it streams the transcripts of files; otherwise it ignores that it is asked to.
    pub streams: bool,
    /// Bytes per piece of a streamed answer; letters and lines are cut where it falls.
    pub chunk_bytes: usize,
}

/// What the server understands of an utterance.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct SpokenText {
    pub(super) text: String,
    pub(super) delay: Duration,
    pub(super) fault: Option<TextFault>,
}

/// What goes wrong instead of the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TextFault {
    /// It never answers.
    Hang,
    /// The connection breaks off, of a file after the first delta.
    Cut,
    /// Of a file nothing follows after the first delta.
    Stop,
    /// The answer about a file ends after the last delta, without saying that it is complete.
    End,
    /// An error of this code; of a file after the first delta.
    Error(String),
}

/// A file that was uploaded.
#[derive(Debug, Clone)]
pub struct Upload {
    /// The fields other than the file.
    pub fields: Vec<(String, String)>,
    /// The file.
    pub audio: Clip,
    /// Whether the request brought a key.
    pub has_key: bool,
    /// When the client hung up before it was answered completely.
    pub cancelled: Option<Instant>,
}

impl Default for OpenAiTranscriptionScript {
    fn default() -> Self {
        Self {
            api_key: Some("sk-secret-key".to_owned()),
            streams: true,
            chunk_bytes: 7,
        }
    }
}

impl SpokenText {
    /// This text at once.
    pub fn of(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            delay: Duration::ZERO,
            fault: None,
        }
    }

    /// Time from the order (the whole file, the commit) to the first byte of the answer.
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Never answers.
    pub fn hangs(self) -> Self {
        self.fails(TextFault::Hang)
    }

    /// Says nothing more about a file after the first delta.
    pub fn stops(self) -> Self {
        self.fails(TextFault::Stop)
    }

    /// Ends the answer about a file after the last delta.
    pub fn ends(self) -> Self {
        self.fails(TextFault::End)
    }

    /// Breaks the connection off in the answer.
    pub fn cuts(self) -> Self {
        self.fails(TextFault::Cut)
    }

    /// Answers with an error of this code.
    pub fn errs(self, code: &str) -> Self {
        self.fails(TextFault::Error(code.to_owned()))
    }

    fn fails(mut self, fault: TextFault) -> Self {
        self.fault = Some(fault);
        self
    }

    /// The text in pieces as a model tells it: words with the space before them.
    fn deltas(&self) -> impl Iterator<Item = &str> {
        self.text.split_inclusive(' ')
    }
}

impl Upload {
    /// The value of a field.
    pub fn field(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(field, _)| field == name);
        found.map(|(_, value)| value.as_str())
    }
}
