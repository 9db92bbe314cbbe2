//! Deepgram's messages. Fields that nobody needs are left out; unknown messages are read as such.

use serde::Deserialize;

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
    Error {
        #[serde(alias = "variant", default)]
        code: String,
        #[serde(default)]
        description: String,
    },
    #[serde(other)]
    Unknown,
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
    Error {
        #[serde(alias = "variant", default)]
        code: String,
        #[serde(default)]
        description: String,
    },
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
