//! Deepgram's messages. Fields that nobody needs are left out; unknown messages are read as such.

use serde::Deserialize;
use viva_domain::ports::ProviderError;

use crate::providers::transport::Account;
use crate::providers::transport::errors::Complaint;

/// To `/v1/listen`, while nothing else is sent.
pub(super) const KEEP_ALIVE: &str = r#"{"type":"KeepAlive"}"#;
/// To `/v1/listen`: write down what was sent so far.
pub(super) const FINALIZE: &str = r#"{"type":"Finalize"}"#;
/// To `/v2/listen`: end the turn that runs.
pub(super) const FORCE_END_TURN: &str = r#"{"type":"ForceEndTurn"}"#;

/// From `/v1/listen`.
#[derive(Deserialize)]
#[serde(tag = "type")]
pub(super) enum NovaMessage {
    Results(Results),
    /// The connection is of no use any more.
    Error(Failure),
    #[serde(other)]
    Unknown,
}

/// Why a connection is of no use any more.
#[derive(Deserialize)]
pub(super) struct Failure {
    /// From `/v2/listen`, as `INTERNAL_SERVER_ERROR`.
    code: Option<String>,
    /// From `/v1/listen`, as `InternalServerError`.
    variant: Option<String>,
    description: Option<String>,
}

/// What was understood of a stretch of audio.
#[derive(Deserialize)]
pub(super) struct Results {
    /// Seconds since the connection was opened.
    #[serde(default)]
    pub(super) start: f64,
    #[serde(default)]
    pub(super) duration: f64,
    #[serde(default)]
    pub(super) is_final: bool,
    #[serde(default)]
    pub(super) from_finalize: bool,
    #[serde(default)]
    channel: Channel,
}

#[derive(Deserialize, Default)]
struct Channel {
    #[serde(default)]
    alternatives: Vec<Alternative>,
}

#[derive(Deserialize)]
struct Alternative {
    #[serde(default)]
    transcript: String,
    #[serde(default)]
    words: Vec<Word>,
}

#[derive(Deserialize)]
pub(super) struct Word {
    #[serde(rename = "word", default)]
    plain: String,
    /// As it is written in the transcript.
    #[serde(rename = "punctuated_word")]
    punctuated: Option<String>,
    /// Seconds since the connection was opened.
    pub(super) end: Option<f64>,
}

/// From `/v2/listen`.
#[derive(Deserialize)]
#[serde(tag = "type")]
pub(super) enum FluxMessage {
    TurnInfo(TurnInfo),
    /// The connection is of no use any more.
    Error(Failure),
    #[serde(other)]
    Unknown,
}

#[derive(Deserialize)]
pub(super) struct TurnInfo {
    pub(super) event: TurnEvent,
    #[serde(default)]
    pub(super) turn_index: u64,
    /// The whole turn so far.
    #[serde(default)]
    pub(super) transcript: String,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
pub(super) enum TurnEvent {
    StartOfTurn,
    Update,
    EagerEndOfTurn,
    TurnResumed,
    EndOfTurn,
    #[serde(other)]
    Unknown,
}

impl Failure {
    /// The vendor's own trouble, and that on the way to it, passes by; anything else was our fault.
    pub(super) fn into_error(self, account: &Account) -> ProviderError {
        let code = self.code.or(self.variant).unwrap_or_default();
        let code = snake_case(&code);
        let is_outage =
            code.starts_with("internal") || code.ends_with("server_error") || code.starts_with("net-");
        let mut complaint = Complaint::new(code, self.description.unwrap_or_default());
        if is_outage {
            complaint.codes.push("internal_error".to_owned());
        }
        complaint.into_error(account, None)
    }
}

/// A name that is written as `InternalError`, in the way of all others.
fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    let mut was_lower = false;
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && was_lower {
            snake.push('_');
        }
        was_lower = letter.is_ascii_lowercase();
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

impl Results {
    /// The best guess.
    pub(super) fn transcript(&self) -> &str {
        let best = self.channel.alternatives.first();
        best.map_or("", |alternative| &alternative.transcript)
    }

    /// Its words.
    pub(super) fn words(&self) -> &[Word] {
        let best = self.channel.alternatives.first();
        best.map_or(&[], |alternative| &alternative.words)
    }
}

impl Word {
    pub(super) fn text(&self) -> &str {
        self.punctuated.as_ref().unwrap_or(&self.plain)
    }
}
