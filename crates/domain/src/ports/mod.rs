//! What the application needs from the outside: one trait per role, held as `Arc<dyn Port>`.
//!
//! Absence is `Option`, not an error. Work that must be atomic is one method. A conversation is a pair of bounded
//! channels ([`futures_channel::mpsc`], which belong to no runtime); a single answer is a stream, and dropping it cancels it.
//!
//! To add a port: a file here with `# Errors` on every method, a suite in `tests/contract`, a fake in `tests/fakes`.

mod audio_spool;
mod blob_store;
mod clock;
mod credential_check;
mod credential_store;
mod credential_vault;
mod ids;
mod language_model;
mod provider_directory;
mod provider_error;
mod realtime_voice;
mod retention_store;
mod session_store;
mod speech_to_text;
mod template_store;
mod text_to_speech;
mod token_store;
mod turn_journal;

use std::time::Duration;

pub use audio_spool::{AudioSpool, LeftOverAudio, SpoolError, SpoolErrorKind, SpoolFile, SpooledAudio};
pub use blob_store::{
    BlobBytes, BlobError, BlobErrorKind, BlobKey, BlobList, BlobStore, InvalidBlobKey, OpenBlob,
    RemovedBlobs, StoredBlob,
};
pub use clock::Clock;
pub use credential_check::CredentialCheck;
pub use credential_store::CredentialStore;
pub use credential_vault::{CredentialVault, VaultError};
pub use ids::Ids;
pub use language_model::{
    LanguageModel, LanguageModelEvent, LanguageModelRequest, LanguageModelStream, Message, MessageRole,
};
pub use provider_directory::ProviderDirectory;
pub use provider_error::{ProviderError, ProviderErrorKind};
pub use realtime_voice::{
    Heard, RealtimeCapabilities, RealtimeCommand, RealtimeEvent, RealtimeEventKind, RealtimeRequest,
    RealtimeSession, RealtimeVoice,
};
pub use retention_store::{EndedSession, KnownSession, KnownStorage, RetentionStore};
pub use session_store::{
    MeasuredPeaks, Page, PageRequest, SessionList, SessionStore, StoreError, StoreErrorKind,
};
pub use speech_to_text::{
    SpeechToText, SpeechToTextCapabilities, SpeechToTextCommand, SpeechToTextEvent, SpeechToTextEventKind,
    SpeechToTextSession,
};
pub use template_store::TemplateStore;
pub use text_to_speech::{
    SpeechMark, SpeechPart, SpeechStream, TextToSpeech, TextToSpeechCapabilities, TextToSpeechRequest,
};
pub use token_store::TokenStore;
pub use turn_journal::{KeptEnd, TurnJournal};

/// How much of what was heard before the first voiced sample belongs to what is said: quiet consonants are there. A
/// provider that is told where speech began ([`RealtimeCommand::SpeechBegan`], [`SpeechToTextCommand::SpeechBegan`]) hears
/// so much of what came before, and nothing older.
pub const RUN_UP: Duration = Duration::from_millis(300);

/// How many commands wait for a provider that does not take them at once: 5.12 s of user audio in frames of 20 ms. A client
/// may send 5 s at once to catch up after a hiccup, and loses none of it here.
pub const WAITING_COMMANDS: usize = 256;

/// The cause of a port's error, for the log only.
pub type Source = Box<dyn std::error::Error + Send + Sync>;
