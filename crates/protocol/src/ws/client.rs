use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;
use uuid::Uuid;

use super::config::{Interaction, InvalidInteraction, Mode};

/// A control message from the client.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientMessage {
    /// Signs in, for browsers of other origins; must be the first message.
    Authenticate(Authenticate),
    /// Begins a session on this connection.
    StartSession(Box<StartSession>),
    /// Takes a session back after the connection broke.
    ResumeSession(ResumeSession),
    /// The client has unlocked its audio output and can play: an AI that speaks first may begin.
    Ready,
    /// User audio in JSON, for integrations that cannot send binary frames.
    AudioChunk(UserAudioChunk),
    /// The user is done speaking (push-to-talk).
    EndTurn,
    /// Stops the AI.
    Interrupt(Interrupt),
    /// Changes what may change while a session runs.
    UpdateSession(UpdateSession),
    /// Goes on in another mode; also the answer to `fallback_offered`.
    SwitchMode(SwitchMode),
    /// What the client really played.
    Playback(PlaybackReport),
    /// Ends the session.
    EndSession,
    /// Asks for a `pong`.
    Ping(Ping),
    /// A type that this version does not know: ignored.
    #[serde(other, skip_serializing)]
    Unknown,
}

/// Longest [`MalformedMessage::reason`] in bytes. The JSON reader quotes what it found, which may be a whole message.
const MAX_REASON_BYTES: usize = 200;

/// Text that is no message: no JSON, no `type`, or a field of the wrong type.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("not a valid message: {reason}")]
pub struct MalformedMessage {
    /// Where and why parsing stopped, at most 200 bytes.
    pub reason: String,
}

impl MalformedMessage {
    pub(super) fn new(err: &serde_json::Error) -> Self {
        let mut reason = err.to_string();
        if reason.len() > MAX_REASON_BYTES {
            reason.truncate(reason.floor_char_boundary(MAX_REASON_BYTES - '…'.len_utf8()));
            reason.push('…');
        }
        Self { reason }
    }
}

impl ClientMessage {
    /// Reads one text frame.
    ///
    /// # Errors
    /// [`MalformedMessage`] when the text is no message; an unknown `type` is [`ClientMessage::Unknown`], not an error.
    pub fn parse(text: &str) -> Result<Self, MalformedMessage> {
        serde_json::from_str(text).map_err(|err| MalformedMessage::new(&err))
    }
}

/// Fields of `authenticate`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authenticate {
    /// An API token.
    pub token: String,
}

impl std::fmt::Debug for Authenticate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Authenticate { token: [redacted] }")
    }
}

/// Fields of `start_session`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StartSession {
    /// Which kind of stack answers.
    pub mode: Mode,
    /// The mode's configuration, unchecked; see [`StartSession::interaction`].
    #[serde(default)]
    pub config: Value,
    /// Instructions for the AI.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system_prompt: Option<String>,
    /// The template that the prompt and the roles come from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template_id: Option<Uuid>,
    /// Who the user plays; labels the transcript.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_role: Option<String>,
    /// Who the AI plays; labels the transcript.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ai_role: Option<String>,
    /// The situation that both are in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scenario_context: Option<String>,
    /// BCP 47 tag of the language that these texts are written in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_language: Option<String>,
    /// Whether the user's speech stops the AI.
    #[serde(default = "enabled")]
    pub barge_in_enabled: bool,
    /// Whether the AI speaks first, once the client has sent `ready`.
    #[serde(default)]
    pub greeting: bool,
    /// What happens when a realtime provider fails.
    #[serde(default)]
    pub fallback: FallbackPolicy,
    /// How the end of the user's turn is found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn_detection: Option<TurnDetection>,
    /// How audio travels.
    #[serde(default)]
    pub audio: AudioSettings,
}

fn enabled() -> bool {
    true
}

impl StartSession {
    /// A session of this kind with every other field at its default.
    pub fn new(interaction: &Interaction) -> Self {
        Self {
            mode: interaction.mode(),
            config: interaction.config(),
            system_prompt: None,
            template_id: None,
            user_role: None,
            ai_role: None,
            scenario_context: None,
            prompt_language: None,
            barge_in_enabled: true,
            greeting: false,
            fallback: FallbackPolicy::default(),
            turn_detection: None,
            audio: AudioSettings::default(),
        }
    }

    /// The checked mode and configuration.
    ///
    /// # Errors
    /// [`InvalidInteraction`] when `config` is not a configuration of `mode`.
    pub fn interaction(&self) -> Result<Interaction, InvalidInteraction> {
        Interaction::parse(self.mode, &self.config)
    }
}

/// What happens when a realtime provider fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FallbackPolicy {
    /// The client is asked.
    #[default]
    Ask,
    /// The session goes on in cascade mode by itself.
    Auto,
    /// The session ends.
    Off,
}

/// How the end of the user's turn is found. Absent fields keep their value.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct TurnDetection {
    /// Speech probability from which a frame counts as speech, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f32>,
    /// The same while the AI is heard, 0 to 1: higher keeps its echo from interrupting it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub barge_in_threshold: Option<f32>,
    /// Silence that ends the turn, in ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silence_ms: Option<u32>,
    /// Audio kept from before the first voiced sample, in ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix_ms: Option<u32>,
    /// Speech shorter than this is noise, in ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_speech_ms: Option<u32>,
    /// Whether the language model starts at half the silence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eager: Option<bool>,
}

/// How audio travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AudioSettings {
    /// Sample rate of the user's audio: 8000, 16000, 24000, 44100 or 48000 Hz.
    pub input_rate: u32,
    /// Sample rate of the AI's audio, from the same list.
    pub output_rate: u32,
    /// Binary frames or base64.
    pub transport: AudioTransport,
}

impl Default for AudioSettings {
    fn default() -> Self {
        Self {
            input_rate: 24_000,
            output_rate: 24_000,
            transport: AudioTransport::Binary,
        }
    }
}

/// How the AI's audio is sent. The user's audio may come either way at any time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AudioTransport {
    /// [`super::AudioFrame`]s.
    #[default]
    Binary,
    /// `audio_chunk` messages.
    Base64,
}

/// Fields of `resume_session`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResumeSession {
    /// The session to take back.
    pub session_id: Uuid,
    /// The secret from `session_started`.
    pub resume_token: String,
    /// Sequence number of the last binary frame that arrived; absent when none did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_received_seq: Option<u32>,
    /// The `seq` of the last JSON message that arrived; absent when it is not known, and then no message is repeated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_message_seq: Option<u32>,
}

impl std::fmt::Debug for ResumeSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResumeSession")
            .field("session_id", &self.session_id)
            .field("resume_token", &"[redacted]")
            .field("last_received_seq", &self.last_received_seq)
            .field("last_message_seq", &self.last_message_seq)
            .finish()
    }
}

/// User audio in JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UserAudioChunk {
    /// PCM16 mono little-endian samples at the session's input rate, base64.
    pub audio: String,
    /// Capture time of the first sample, ms on the client's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<f64>,
}

/// Fields of `interrupt`.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Interrupt {
    /// How much of the answer had been heard, in ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub played_ms: Option<f64>,
}

/// Fields of `update_session`; absent ones keep their value.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct UpdateSession {
    /// Whether the user's speech stops the AI.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub barge_in_enabled: Option<bool>,
    /// How the end of the user's turn is found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn_detection: Option<TurnDetection>,
}

/// Fields of `switch_mode`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SwitchMode {
    /// The mode to go on in.
    pub mode: Mode,
    /// Its configuration, unchecked; see [`Interaction::parse`].
    #[serde(default)]
    pub config: Value,
}

/// What the client played of one answer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PlaybackReport {
    /// The turn whose answer it is.
    pub turn_number: u16,
    /// What happened.
    pub event: PlaybackEvent,
    /// How much of the answer has been played, in ms.
    pub played_ms: f64,
    /// When it happened, ms on the clock that stamps the user's audio. For `started`: when the first audible sample (from
    /// −50 dBFS on) was heard; `played_ms` is the silence before it.
    pub at: f64,
}

/// What happened to an answer's playback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlaybackEvent {
    /// The first audible sample was heard: silence before it is not the beginning.
    Started,
    /// A report while it plays.
    Progress,
    /// Playback stands still: the client hears what may be speech, and waits until that is known.
    Paused,
    /// It was no speech: playback goes on where it paused.
    Resumed,
    /// Playback was cut.
    Stopped,
    /// The last sample was played.
    Finished,
}

/// Fields of `ping`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Ping {
    /// Any number, usually ms on the client's clock; it comes back in the `pong`.
    pub timestamp: f64,
}
