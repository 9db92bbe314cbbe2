//! The Realtime API (GA) at OpenAI and at Azure. It refuses what the real one refuses: beta names, a session without a
//! type, other formats than PCM at 24 kHz, turns of less than 100 ms, truncating what was not said, cancelling what is not
//! under way. It throws in events and fields that nobody knows, and cuts audio within samples.

mod answering;
mod complaint;
mod conversation;
pub(in crate::vendors) mod ears;
mod server;
mod session;

use std::time::Duration;

pub use server::OpenAiRealtimeServer;

/// How the server behaves towards everybody.
#[derive(Debug, Clone)]
pub struct OpenAiRealtimeScript {
    /// Whose server it is.
    pub host: RealtimeHost,
    /// The only key that it takes; `None` is a compatible server that asks for none.
    pub api_key: Option<String>,
    /// Time from the end of the user's turn, or from the order to answer, to the first audio.
    pub first_audio: Duration,
    /// Whether it ever accepts a session.
    pub accepts_sessions: bool,
    /// Whether an answer brings back the metadata that it was asked for with, as the real one's does.
    pub returns_metadata: bool,
}

/// Whose server it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RealtimeHost {
    /// `/v1/realtime`, `Authorization: Bearer`.
    OpenAi,
    /// `/openai/v1/realtime`, `api-key`, no `api-version`.
    Azure,
}

/// What the server understands of a turn, and answers.
#[derive(Debug, Clone)]
#[must_use]
pub struct RealtimeAnswer {
    heard: String,
    heard_after: Duration,
    text: String,
    audio_ms: usize,
    pace: Duration,
    announced_after: Duration,
    fault: Option<AnswerFault>,
}

/// What goes wrong in an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
enum AnswerFault {
    /// It fails with an error of this code, after so many pieces of audio.
    Fail(String, usize),
    /// It is incomplete, for this reason.
    Incomplete(String),
    /// Nothing follows after so many pieces.
    Hang(usize),
    /// The connection breaks off after so many pieces.
    Cut(usize),
    /// The connection is closed with a code after so many pieces.
    Close(u16, usize),
    /// What it sends as audio is no base64.
    NoBase64,
}

/// Audio of one delta, in ms.
const PIECE_MS: usize = 100;

impl Default for OpenAiRealtimeScript {
    fn default() -> Self {
        Self {
            host: RealtimeHost::OpenAi,
            api_key: Some("sk-secret-key".to_owned()),
            first_audio: Duration::ZERO,
            accepts_sessions: true,
            returns_metadata: true,
        }
    }
}

impl RealtimeAnswer {
    /// This text in 400 ms of audio, at once.
    pub fn of(text: &str) -> Self {
        Self {
            heard: "What is it?".to_owned(),
            heard_after: Duration::ZERO,
            text: text.to_owned(),
            audio_ms: 400,
            pace: Duration::ZERO,
            announced_after: Duration::ZERO,
            fault: None,
        }
    }

    /// What the user is understood to have said.
    pub fn heard(mut self, transcript: &str) -> Self {
        transcript.clone_into(&mut self.heard);
        self
    }

    /// The user's words come so much later than the end of the turn.
    pub fn heard_after(mut self, delay: Duration) -> Self {
        self.heard_after = delay;
        self
    }

    /// Length of its audio.
    pub fn lasting(mut self, audio_ms: usize) -> Self {
        self.audio_ms = audio_ms;
        self
    }

    /// Time between pieces of 100 ms.
    pub fn paced(mut self, pace: Duration) -> Self {
        self.pace = pace;
        self
    }

    /// It is announced (`response.created`) so much later than it was asked for.
    pub fn announced_after(mut self, delay: Duration) -> Self {
        self.announced_after = delay;
        self
    }

    /// It fails with an error of this code, after so many pieces of audio.
    pub fn fails(self, code: &str, after: usize) -> Self {
        self.fault(AnswerFault::Fail(code.to_owned(), after))
    }

    /// It is incomplete, for this reason.
    pub fn is_incomplete(self, reason: &str) -> Self {
        self.fault(AnswerFault::Incomplete(reason.to_owned()))
    }

    /// Nothing follows after so many pieces of audio.
    pub fn hangs(self, after: usize) -> Self {
        self.fault(AnswerFault::Hang(after))
    }

    /// The connection breaks off after so many pieces of audio.
    pub fn cuts(self, after: usize) -> Self {
        self.fault(AnswerFault::Cut(after))
    }

    /// The connection is closed with this code after so many pieces of audio.
    pub fn closes(self, code: u16, after: usize) -> Self {
        self.fault(AnswerFault::Close(code, after))
    }

    /// What it sends as audio is no base64.
    pub fn is_garbled(self) -> Self {
        self.fault(AnswerFault::NoBase64)
    }

    fn fault(mut self, fault: AnswerFault) -> Self {
        self.fault = Some(fault);
        self
    }
}
