//! What the page knows, as plain Rust: no DOM, no browser, tested natively.

pub mod choices;
pub mod compare;
pub mod context;
pub mod conversation;
pub mod figures;
pub mod history;
pub mod keys;
pub mod latency;
pub mod liveness;
pub mod message;
pub mod meter;
pub mod microphone;
pub mod outbox;
pub mod phase;
pub mod prompt;
pub mod provider_cards;
pub mod reconnect;
pub mod recorded;
pub mod self_test;
pub mod settings;
pub mod speaker;
pub mod stall;
pub mod strip;
pub mod suggestions;
pub mod templates;
pub mod transcript;
