//! A realtime provider that answers what a test wrote down.

mod answer;
mod conversation;
mod voice;

pub use answer::Answer;
pub use voice::{RecordedVoice, ScriptedRealtimeVoice};
