//! What goes over the wire, version 1: the messages of the WebSocket, the binary audio frame, and the bodies of the
//! REST API. The server, the browser and the Rust client share these types, so none of them can drift.
//!
//! Must not enter: decisions, I/O, async, types of the domain. A message is data and the rules of its format.
//!
//! To add a message: a variant in [`ws::ClientMessage`] or [`ws::ServerMessage`] with a documented struct, a sample in
//! `tests/it/samples/`, a row in `docs/protocol.md`. To add a REST body: a struct in [`rest`], then the route.

#![warn(missing_docs)]

pub mod problem;
pub mod rest;
pub mod ws;

/// The version of the wire protocol that [`ws::ConnectionReady`] announces. It rises when an old client would break.
pub const PROTOCOL_VERSION: u32 = 1;

/// The path of the WebSocket, below the server's root.
pub const WEBSOCKET_PATH: &str = "/api/v1/interaction/ws";
