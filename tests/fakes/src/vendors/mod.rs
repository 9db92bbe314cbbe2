//! Servers on 127.0.0.1 that speak a vendor's protocol as strictly as the vendor, with answers, delays and faults that a
//! test wrote down. They run on real sockets and real time, and stop when they are dropped.

pub mod compatible;
pub mod deepgram;
mod delays;
pub mod ears;
pub mod gemini;
pub mod google_cloud;
pub mod keys;
pub mod language_models;
mod line;
mod local;
pub mod openai;
pub mod openai_transcription;
pub mod speech;
mod spoken;
mod transcribing;

pub use line::{ClosedLine, RecordedLine};
