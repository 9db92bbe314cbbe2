//! OpenAI.

pub(super) mod events;
pub mod realtime;
