//! What Viva is about: sessions, turns, latencies, templates, provider keys and who has access, the ports to the outside,
//! and the pure turn machine that decides what happens in a conversation.
//!
//! Must not enter: an async runtime, serde, I/O, clocks, ids made out of thin air. Times and ids are arguments.
//!
//! To add an entity: a folder here, a port in [`ports`], a contract suite in `tests/contract`, a fake in `tests/fakes`,
//! then the adapter in `infrastructure`. To add a rule of the conversation: a case in [`turns::TurnMachine`], with a
//! row in its table tests.

#![warn(missing_docs)]

pub mod access;
pub mod credentials;
pub mod ids;
pub mod latency;
pub mod ports;
pub mod providers;
pub mod sessions;
pub mod templates;
pub mod turns;
