//! Live sessions. Read `driver` for a session's life from top to bottom.

mod archive;
mod driver;
mod intake;
mod link;
mod live;
mod outbox;
mod process_audio;
mod recover;
mod resume;
mod service;
mod start;

pub use link::{
    AudioOut, FallbackOffer, HangUp, Link, LinkEnd, Outgoing, ResumedSession, SessionMessage, StartedSession,
    SwitchedMode,
};
pub use process_audio::{ProcessAudioError, UserAudio};
pub use recover::{RecoverError, Recovered};
pub use resume::{ResumeSession, ResumeSessionError};
pub use service::{
    Connection, PlaybackReport, ResolveError, SessionInput, SessionOver, SessionSettings, Sessions,
    SessionsPorts,
};
pub use start::{AudioRates, StartSession, StartSessionError, TurnDetectionChange};
