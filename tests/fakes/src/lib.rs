//! Working stand-ins for every port, in memory, for tests of everything that is built on ports.
//!
//! A fake behaves: it passes the same contract as the real adapter, and fails where a test tells it to, through its
//! [`FaultSwitch`]. Must not enter: expectations, call-order checks, real time, real ids, files.
//!
//! To add a fake: one file with one type, the contract's macro at its end, a re-export below.

mod audio_spool;
mod blob_store;
mod clock;
mod crash;
mod credential_check;
mod credential_store;
mod credential_vault;
mod desk;
mod faults;
mod figures;
mod ids;
mod language_model;
mod logs;
mod provider_directory;
mod realtime_voice;
mod retention_store;
mod rows;
mod session_store;
mod speech;
mod speech_to_text;
mod template_store;
mod text_to_speech;
mod token_store;
mod turn_journal;
pub mod vendors;

pub use audio_spool::MemoryAudioSpool;
pub use blob_store::MemoryBlobStore;
pub use clock::ManualClock;
pub use crash::{Crash, CrashPoint, Crashing};
pub use credential_check::ScriptedCredentialCheck;
pub use credential_store::MemoryCredentialStore;
pub use credential_vault::MemoryCredentialVault;
pub use desk::{Command, Recorded};
pub use faults::FaultSwitch;
pub use figures::MemoryFigures;
pub use ids::SequentialIds;
pub use language_model::{AnswerEnd, AskedModel, Reply, ScriptedLanguageModel};
pub use logs::CapturedLogs;
pub use provider_directory::FixedProviderDirectory;
pub use realtime_voice::{Answer, RecordedVoice, ScriptedRealtimeVoice};
pub use session_store::MemorySessionStore;
pub use speech::Speech;
pub use speech_to_text::{RecordedEars, ScriptedSpeechToText, Transcript};
pub use template_store::MemoryTemplateStore;
pub use text_to_speech::{RecordedSpeech, ScriptedTextToSpeech, SpeechEnd};
pub use token_store::MemoryTokenStore;
pub use turn_journal::MemoryTurnJournal;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks; a test that failed meanwhile does not make others fail.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
