//! The socket loop on channels, with a paused clock: what the protocol promises about one connection.

mod access;
mod bench;
mod closing;
mod messages;
mod sessions;
mod templates;
