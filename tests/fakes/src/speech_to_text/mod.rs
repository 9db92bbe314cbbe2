//! A speech-to-text provider that understands what a test wrote down.

mod ears;
mod session;
mod transcript;

pub use ears::{RecordedEars, ScriptedSpeechToText};
pub use transcript::Transcript;
