//! The WebSocket of a conversation: `docs/protocol.md` in code.
//!
//! [`upgrade`] opens it, [`connection`] runs it until it closes: a reader and a writer side by side in one task, so
//! that a client that reads nothing is still heard and can be let go at once. Both are generic over the socket.

mod audio_format;
mod connection;
mod decode;
mod encode;
mod offences;
mod reader;
mod refusal;
#[cfg(test)]
mod tests;
pub(crate) mod upgrade;
mod writer;
