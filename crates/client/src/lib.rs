//! A typed client of Viva's WebSocket and REST API, for the command line, the load tests and other people's programs.
//!
//! [`Client`] asks the REST API and opens connections; a [`Connection`] becomes a [`Conversation`] by starting or resuming
//! a session. [`Caller`] holds a whole conversation in real time: it plays a recording as the caller and listens through a
//! simulated loudspeaker, so it takes the same path as the browser.
//!
//! ```no_run
//! # async fn example() -> Result<(), viva_client::ClientError> {
//! use viva_client::{Client, Event};
//! use viva_protocol::ws::{Interaction, RealtimeConfig, StartSession};
//!
//! let client = Client::new("http://127.0.0.1:8080")?;
//! let start = StartSession::new(&Interaction::Realtime(RealtimeConfig::default()));
//! let mut conversation = client.connect().await?.start(start).await?;
//! while let Some(event) = conversation.next_event().await {
//!     if let Event::Message(message) = event {
//!         println!("{message:?}");
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Must not enter: anything of the server but its protocol; printing; decisions about what a latency means.
//!
//! To add a REST call: a method in `rest.rs` that returns a type of `viva_protocol::rest`, and a case in `tests/rest.rs`.

#![warn(missing_docs)]

mod call;
mod connection;
mod conversation;
mod distribution;
mod error;
mod link;
mod rest;
mod tls;

pub use call::{
    Call, CallEvent, CallReport, Caller, Connect, HangUp, Happening, KeepAudio, Outcome, Speaker, TurnReport,
};
pub use connection::Connection;
pub use conversation::{Conversation, Event, NotSent, ResumeTicket};
pub use distribution::{Distribution, latency_distributions};
pub use error::ClientError;
pub use rest::{Client, Side};

/// What the README shows of this crate.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
