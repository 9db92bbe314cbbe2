//! Deepgram's live listening: `/v1/listen` (the session finds turns) and `/v2/listen` (the model does).

mod handshake;
mod server;
mod v1;
mod v2;

use std::time::Duration;

pub use server::DeepgramServer;

use super::spoken::Fault;
pub use super::spoken::Spoken;

/// How the server behaves towards everybody.
#[derive(Debug, Clone)]
pub struct DeepgramScript {
    /// The only key that it takes.
    pub api_key: String,
    /// Time from a request to its answer.
    pub handshake: Duration,
    /// Without audio and without a sign of life for so long, v1 hangs up with `NET-0001`.
    pub idle: Duration,
    /// So much silence after speech ends a turn in v2, and half of it eagerly; `None` leaves ending to the client.
    pub turn_silence: Option<Duration>,
}

impl Default for DeepgramScript {
    fn default() -> Self {
        Self {
            api_key: "dg-secret-key".to_owned(),
            handshake: Duration::ZERO,
            idle: Duration::from_secs(10),
            turn_silence: None,
        }
    }
}
