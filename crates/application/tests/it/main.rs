//! The session engine on fakes, with a paused clock: what a client sees, what the provider is told, what is kept.

mod ahead;
mod barge_in;
mod bench;
mod choosing;
mod conversation;
mod deleting;
mod eager;
mod falling_back;
mod hanging;
mod late_words;
mod lifecycle;
mod line;
mod long_speech;
mod meanwhile;
mod own_keys;
mod prompts;
mod rates;
mod refused;
mod retention;
mod soak;
mod stale_frames;
mod starting;
mod storage;
mod switching;
mod transcripts;
mod without_a_mode;
