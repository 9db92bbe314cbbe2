//! A realtime provider that answers what a test wrote down.

mod answer;
mod conversation;
mod voice;

pub use answer::Answer;
pub use voice::{Recorded, ScriptedRealtimeVoice};

/// The provider's id in errors and configurations.
const PROVIDER: &str = "scripted";
