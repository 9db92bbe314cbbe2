//! Servers that write down what they hear on a socket. What a vendor says and takes is in a file of its own, as a
//! `Wording`; everything else is shared: to add a vendor, write that file, and the arms for which the compiler asks.

mod assemblyai;
mod azure_speech;
mod handshake;
mod listener;
mod scribe;
mod server;
mod speechmatics;
mod wording;

use std::time::Duration;

pub use server::EarsServer;

pub use super::spoken::Spoken;
use crate::vendors::keys::KeyVendor;

/// Who is spoken as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EarsVendor {
    /// `/v3/ws`, which finds turns.
    AssemblyAi,
    /// `/speech/recognition/…`, with headers in every frame.
    AzureSpeech,
    /// `/v1/speech-to-text/realtime`.
    Scribe,
    /// `/v2`.
    Speechmatics,
}

/// How a server behaves towards everybody.
#[derive(Debug, Clone)]
pub struct EarsScript {
    /// The only key that it takes.
    pub api_key: String,
    /// So much silence after speech ends a turn, where the vendor finds turns; `None` leaves ending to the client.
    pub turn_silence: Option<Duration>,
}

impl Default for EarsScript {
    fn default() -> Self {
        Self {
            api_key: "ears-secret-key".to_owned(),
            turn_silence: None,
        }
    }
}

impl EarsVendor {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::AssemblyAi,
        Self::AzureSpeech,
        Self::Scribe,
        Self::Speechmatics,
    ];

    const fn path(self) -> &'static str {
        match self {
            Self::AssemblyAi => "/v3/ws",
            Self::AzureSpeech => "/speech/recognition/{mode}/cognitiveservices/v1",
            Self::Scribe => "/v1/speech-to-text/realtime",
            Self::Speechmatics => "/v2",
        }
    }

    /// Where the address ends that a client is configured with.
    const fn base(self) -> &'static str {
        match self {
            Self::Scribe => "/v1",
            Self::AssemblyAi | Self::AzureSpeech | Self::Speechmatics => "",
        }
    }

    const fn key_vendor(self) -> KeyVendor {
        match self {
            Self::AssemblyAi => KeyVendor::AssemblyAi,
            Self::AzureSpeech => KeyVendor::AzureSpeech,
            Self::Scribe => KeyVendor::ElevenLabs,
            Self::Speechmatics => KeyVendor::Speechmatics,
        }
    }
}
