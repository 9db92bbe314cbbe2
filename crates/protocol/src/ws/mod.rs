//! The WebSocket: control is JSON text, audio is binary (or base64 inside JSON, for simple integrations).
//!
//! Unknown fields and unknown message types are ignored by both sides.

mod client;
mod config;
mod error;
mod frame;
mod server;

pub use client::{
    AudioSettings, AudioTransport, Authenticate, ClientMessage, FallbackPolicy, Interrupt, MalformedMessage,
    Ping, PlaybackEvent, PlaybackReport, ResumeSession, StartSession, SwitchMode, TurnDetection,
    UpdateSession, UserAudioChunk,
};
pub use config::{CascadeConfig, Interaction, InvalidInteraction, Mode, RealtimeConfig};
pub use error::{ErrorCode, ErrorMessage};
pub use frame::{AudioFrame, FrameKind, HEADER_BYTES, InvalidFrame, MAX_MESSAGE_BYTES};
pub use server::{
    AiAudioChunk, ConnectionReady, FallbackOffered, InterruptReason, Interrupted, Latency, Limits,
    MeasuredAt, ModeSwitched, Notice, NoticeCode, Pong, ResponseEnded, ResponseStarted, Role, ServerEnvelope,
    ServerMessage, SessionEndStatus, SessionEnded, SessionResumed, SessionStarted, SessionState,
    SessionSummary, SpeechEnded, SpeechStarted, TextDelta, Transcript, TurnLatency, Usage,
};

/// Close code after the tenth bad message within a minute (RFC 6455, policy violation).
pub const CLOSE_POLICY_VIOLATION: u16 = 1008;
/// Close code for a message over [`MAX_MESSAGE_BYTES`] (RFC 6455, message too big).
pub const CLOSE_TOO_BIG: u16 = 1009;
/// Close code when the server shuts down (RFC 6455, going away).
pub const CLOSE_GOING_AWAY: u16 = 1001;
/// Close code for a client whose token was revoked, or is no longer valid.
pub const CLOSE_SIGNED_OUT: u16 = 4001;
/// Close code for a client that read nothing for 5 s; its session stays resumable.
pub const CLOSE_SLOW_CLIENT: u16 = 4008;
/// Close code for a connection whose session was taken over by another connection that resumed it.
pub const CLOSE_REPLACED: u16 = 4009;
