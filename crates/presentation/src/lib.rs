//! Viva for browsers and programs: the WebSocket of a conversation, the REST API, and the page. [`serve`] runs all of
//! it on a socket; [`router`] is the same for tests.
//!
//! Must not enter: rules, queries, adapters. A handler parses, calls one use case and converts; status codes are in
//! `problem` only, what goes over the wire is in `viva-protocol`.
//!
//! To add a route: the types in `viva-protocol`, a file `api/<resource>/<verb>.rs` with its `#[utoipa::path]`, a line in
//! `api/mod.rs`, the accepted snapshot of the OpenAPI document, a test and a row in the table of who may in `tests/api`.
//! To add a message of the WebSocket: an arm in `ws/reader.rs` (from the client) or `ws/encode.rs` (to the client).

mod api;
mod at_once;
mod client;
mod convert;
mod entity_tag;
mod extract;
mod hosts;
mod limits;
mod meters;
mod openapi;
mod problem;
mod router;
mod self_test;
mod serve;
mod sign_in;
mod state;
mod web;
mod ws;

pub use hosts::is_loopback;
pub use limits::{Limiter, RateLimits};
pub use meters::{HttpMeters, METRICS};
pub use openapi::openapi;
pub use router::router;
pub use self_test::{CertificateUnreadable, SelfTestRuns, SelfTests};
pub use serve::serve;
pub use sign_in::SignIn;
pub use state::{AppState, Connections, Exposure};
pub use web::{EmbeddedFile, Site, SiteError};
