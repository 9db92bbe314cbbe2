use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::client::MalformedMessage;
use super::config::Interaction;
use super::error::ErrorMessage;

/// A server message with its place in the session's stream of messages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServerEnvelope {
    /// Rises by one per JSON message of a session, from 0; absent on audio and on messages that belong to the connection
    /// (`connection_ready`, `session_resumed`, `pong`, errors about a single message). A client that resumes says which
    /// one it got last and gets the rest again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<u32>,
    /// The message.
    #[serde(flatten)]
    pub message: ServerMessage,
}

impl ServerEnvelope {
    /// Reads one text frame.
    ///
    /// # Errors
    /// [`MalformedMessage`] when the text is no message; an unknown `type` is [`ServerMessage::Unknown`], not an error.
    pub fn parse(text: &str) -> Result<Self, MalformedMessage> {
        serde_json::from_str(text).map_err(|err| MalformedMessage::new(&err))
    }
}

/// A control message from the server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerMessage {
    /// The connection is open; `start_session` or `resume_session` may follow.
    ConnectionReady(ConnectionReady),
    /// The session runs and listens.
    SessionStarted(Box<SessionStarted>),
    /// The session was taken back.
    SessionResumed(SessionResumed),
    /// The user began to speak.
    SpeechStarted(SpeechStarted),
    /// The user stopped speaking.
    SpeechEnded(SpeechEnded),
    /// What one side said.
    Transcript(Transcript),
    /// The AI begins to answer.
    ResponseStarted(ResponseStarted),
    /// AI audio in JSON (base64 transport only).
    AudioChunk(AiAudioChunk),
    /// More text of the answer.
    TextDelta(TextDelta),
    /// Stop playing this turn at once.
    Interrupted(Interrupted),
    /// The answer is over: heard to its end, or cut.
    ResponseEnded(ResponseEnded),
    /// The parts of the turn's latency that are known, while more come in.
    LatencyProgress(TurnLatency),
    /// The turn's latency, as soon as the client has reported that playback started.
    TurnLatency(TurnLatency),
    /// The provider failed; the client may go on with this configuration.
    FallbackOffered(Box<FallbackOffered>),
    /// The session goes on in this mode.
    ModeSwitched(Box<ModeSwitched>),
    /// Something worth knowing; the session goes on.
    Notice(Notice),
    /// The session is over; nothing follows.
    SessionEnded(SessionEnded),
    /// Something failed.
    Error(ErrorMessage),
    /// The answer to `ping`.
    Pong(Pong),
    /// A type that this version does not know: ignored.
    #[serde(other, skip_serializing)]
    Unknown,
}

/// Fields of `connection_ready`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionReady {
    /// [`crate::PROTOCOL_VERSION`] of the server.
    pub protocol_version: u32,
    /// The server's wall clock, UTC.
    pub server_time: DateTime<Utc>,
}

/// Fields of `session_started`.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct SessionStarted {
    /// The session's id.
    pub session_id: Uuid,
    /// The secret that resumes it.
    pub resume_token: String,
    /// `mode` and the effective `config`, defaults filled in.
    #[serde(flatten)]
    pub interaction: Interaction,
    /// What the session may do.
    pub limits: Limits,
}

impl std::fmt::Debug for SessionStarted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SessionStarted")
            .field("session_id", &self.session_id)
            .field("resume_token", &"[redacted]")
            .field("interaction", &self.interaction)
            .field("limits", &self.limits)
            .finish()
    }
}

/// What a session may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Largest client message, in bytes.
    pub max_message_bytes: u32,
    /// Longest utterance, in ms; the turn ends there.
    pub utterance_ms: u64,
    /// Time without anything happening after which the session ends, in ms.
    pub idle_ms: u64,
    /// How long a session waits for a lost client, in ms.
    pub resume_ms: u64,
}

/// Fields of `session_resumed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionResumed {
    /// The session's id.
    pub session_id: Uuid,
    /// Where the conversation stands.
    pub state: SessionState,
    /// The current turn, or the last one; 0 before the first.
    pub turn_number: u16,
}

/// Where a conversation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionState {
    /// The provider is being connected.
    Idle,
    /// Waiting for the user to speak.
    Listening,
    /// The user speaks.
    UserSpeaking,
    /// Waiting for the answer.
    Processing,
    /// The AI speaks.
    AiSpeaking,
    /// The session is being closed.
    Ending,
}

/// Fields of `speech_started`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SpeechStarted {
    /// The first voiced sample, ms since the session began, on the session's clock.
    pub timestamp: f64,
}

/// Fields of `speech_ended`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SpeechEnded {
    /// The last voiced sample, ms since the session began, on the session's clock.
    pub timestamp: f64,
    /// First to last voiced sample, in ms.
    pub duration_ms: f64,
}

/// Whose words they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The person.
    User,
    /// The AI.
    Assistant,
}

/// Fields of `transcript`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Transcript {
    /// The turn.
    pub turn_number: u16,
    /// Whose words they are.
    pub role: Role,
    /// The whole text so far.
    pub text: String,
    /// Whether it can still change.
    pub is_final: bool,
    /// How sure the provider is, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f32>,
}

/// Fields of `response_started`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ResponseStarted {
    /// The turn.
    pub turn_number: u16,
    /// Ms since the session began, on the session's clock.
    pub timestamp: f64,
}

/// AI audio in JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AiAudioChunk {
    /// The turn.
    pub turn_number: u16,
    /// PCM16 mono little-endian samples, base64.
    pub audio: String,
    /// Always `pcm16`.
    pub format: String,
    /// Sample rate in Hz: the session's output rate.
    pub sample_rate: u32,
    /// Whether it is the answer's last chunk; its audio may be empty.
    pub is_final: bool,
}

/// Fields of `text_delta`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextDelta {
    /// The turn.
    pub turn_number: u16,
    /// The new piece.
    pub delta: String,
    /// The text so far, with the new piece.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub full_text: Option<String>,
}

/// Fields of `interrupted`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interrupted {
    /// The turn whose answer is cut; frames of it that are still under way must not be played.
    pub turn_number: u16,
    /// Ms since the session began, on the session's clock.
    pub timestamp: f64,
    /// What stopped it.
    pub reason: InterruptReason,
}

/// What stopped an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum InterruptReason {
    /// The user spoke.
    Speech,
    /// The client sent `interrupt`.
    Client,
}

/// Fields of `response_ended`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ResponseEnded {
    /// The turn.
    pub turn_number: u16,
    /// Whether the answer was cut.
    pub interrupted: bool,
    /// Nothing of it was heard: the turn is answered again, with another `response_started`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub repeats: bool,
    /// How often playback paused for what was no speech.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub false_interruptions: u32,
    /// What is known so far.
    pub latency: Latency,
    /// What the provider counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// What the provider counted for one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Usage {
    /// Tokens read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_tokens: Option<u64>,
    /// Tokens written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_tokens: Option<u64>,
}

/// Fields of `latency_progress` and `turn_latency`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TurnLatency {
    /// The turn.
    pub turn_number: u16,
    /// Everything that is known.
    pub latency: Latency,
}

/// Latencies of one turn in ms. A value that was not measured is absent, never 0.
///
/// `total_ms` is the sum of `endpointing_ms`, `stt_ms`, `llm_ttft_ms`, `llm_text_ms`, `tts_ttfb_ms` (cascade) or
/// `endpointing_ms`, `provider_ms` (realtime), `overhead_ms`, `network_playout_ms`, `leading_silence_ms` and
/// `unexplained_ms`. What an eager cascade did before the turn was over made nobody wait and is in none of them.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Latency {
    /// Last voiced sample of the user to first audible sample of the AI; absent while none was audible.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_ms: Option<f64>,
    /// Where the total was measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measured: Option<MeasuredAt>,
    /// Last voiced sample to the decision that the turn is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpointing_ms: Option<f64>,
    /// Turn handed over to final transcript; 0 when it was final already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stt_ms: Option<f64>,
    /// Language model request to first token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub llm_ttft_ms: Option<f64>,
    /// First token to as many words as are spoken at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub llm_text_ms: Option<f64>,
    /// Text-to-speech request to first byte, of the first piece.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tts_ttfb_ms: Option<f64>,
    /// Last voiced sample to the realtime provider's first audio; it contains `endpointing_ms`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub realtime_ms: Option<f64>,
    /// The realtime provider's own time: turn handed over to first audio.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider_ms: Option<f64>,
    /// What Viva added.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overhead_ms: Option<f64>,
    /// First audio sent to the client playing it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_playout_ms: Option<f64>,
    /// First sample of the answer to its first audible one: silence that the provider sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leading_silence_ms: Option<f64>,
    /// What no mark explains.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unexplained_ms: Option<f64>,
    /// First voiced sample of the interruption to silence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interrupt_ms: Option<f64>,
}

/// Where a total was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum MeasuredAt {
    /// Both ends on the client's clock.
    Client,
    /// The client reported no playback: the end is the first audio sent.
    Server,
}

/// Fields of `fallback_offered`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FallbackOffered {
    /// Why the provider cannot go on.
    pub reason: String,
    /// `mode` and `config` to send in `switch_mode`.
    #[serde(flatten)]
    pub interaction: Interaction,
}

/// Fields of `mode_switched`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModeSwitched {
    /// Why, for people; absent when the client asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The mode and its effective configuration.
    #[serde(flatten)]
    pub interaction: Interaction,
}

/// Fields of `notice`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// What it is about, for programs.
    pub code: NoticeCode,
    /// The same for people.
    pub message: String,
}

/// What a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeCode {
    /// The utterance reaches its limit in 10 s.
    UtteranceLimitNear,
    /// The utterance reached its limit; the turn was ended.
    UtteranceLimitReached,
    /// The user's speech is too quiet to be understood well.
    MicrophoneQuiet,
    /// The client does not keep up with what it is sent.
    SlowClient,
    /// Audio came faster than it can be spoken and was dropped.
    AudioDropped,
    /// The audio of this turn could not be stored.
    RecordingFailed,
    /// A finished turn is not stored yet; it is kept and tried again.
    StorageDelayed,
    /// The session ends soon because nothing happens.
    IdleLimitNear,
    /// After a resume: some of what was sent meanwhile is lost.
    ResumeIncomplete,
    /// The AI is speaking, but no audio of it has come for two seconds.
    AnswerStalled,
    /// The day on which the provider stops to serve a model is over.
    ModelRetired,
    /// A code that this version does not know.
    #[serde(other, skip_serializing)]
    Unknown,
}

/// Fields of `session_ended`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SessionEnded {
    /// The session's id.
    pub session_id: Uuid,
    /// How it ended.
    pub status: SessionEndStatus,
    /// What it was like.
    pub summary: SessionSummary,
}

/// How a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SessionEndStatus {
    /// Somebody ended it, or it was idle for too long.
    Completed,
    /// The client was lost and did not come back.
    Disconnected,
    /// It could not go on.
    Error,
    /// Its user started another one.
    Superseded,
}

/// A session in figures. Interrupted turns count in `total_turns` and `interrupted_count`, not in the latencies.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionSummary {
    /// Number of turns.
    pub total_turns: u32,
    /// Start to end, in ms.
    pub total_duration_ms: u64,
    /// Mean total latency in ms; absent when no turn has one, like the figures below.
    #[serde(default)]
    pub avg_latency_ms: Option<f64>,
    /// Smallest.
    #[serde(default)]
    pub min_latency_ms: Option<f64>,
    /// Largest.
    #[serde(default)]
    pub max_latency_ms: Option<f64>,
    /// Median, nearest rank.
    #[serde(default)]
    pub p50_latency_ms: Option<f64>,
    /// 95th percentile, nearest rank.
    #[serde(default)]
    pub p95_latency_ms: Option<f64>,
    /// 99th percentile, nearest rank.
    #[serde(default)]
    pub p99_latency_ms: Option<f64>,
    /// Turns whose answer was cut.
    pub interrupted_count: u32,
}

/// Fields of `pong`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Pong {
    /// The number from the `ping`.
    pub client_timestamp: f64,
    /// Ms since the connection opened, on the server's monotonic clock.
    pub server_timestamp: f64,
}
