//! Providers: one folder per vendor, and what several of them share.
//!
//! To add one: a folder whose `mod.rs` implements the port, with `wire.rs` (the vendor's messages), `config.rs` (the options of
//! a session), `key_call.rs` (how a key is checked) and tests against a scripted server, then a line in `fuzzing`, one arm in
//! `check` and one in `adapters.rs` of the server. `docs/providers.md` has all steps.

pub mod anthropic;
pub mod assemblyai;
pub mod azure_openai;
pub mod azure_speech;
pub mod cartesia;
pub(crate) mod check;
pub mod deepgram;
mod defaults;
mod ears;
pub mod elevenlabs;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
pub mod gemini;
pub mod google_cloud;
mod language;
mod language_model;
mod listing;
mod mouths;
pub mod offline;
pub mod openai;
mod options;
pub mod speech;
pub mod speechmatics;
#[cfg(test)]
mod spelling;
#[cfg(test)]
mod testing;
pub mod transport;
pub mod voai;

pub use defaults::Defaults;
