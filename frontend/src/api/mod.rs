//! The server, as the browser sees it: typed calls over `viva_protocol`.

#[cfg(feature = "hydrate")]
mod rest;
#[cfg(feature = "hydrate")]
mod socket;
mod urls;

#[cfg(feature = "hydrate")]
pub use rest::{RequestFailed, providers, self_test, start_self_test, turns};
#[cfg(feature = "hydrate")]
pub use socket::{Socket, SocketEvent};
pub use urls::{ACCOUNT_PATH, recording};
