//! The server, as the browser sees it: typed calls over `viva_protocol`.

#[cfg(feature = "hydrate")]
mod credentials;
mod refused;
#[cfg(feature = "hydrate")]
mod rest;
#[cfg(feature = "hydrate")]
mod socket;
#[cfg(feature = "hydrate")]
mod templates;
mod urls;

#[cfg(feature = "hydrate")]
pub use credentials::{check_key, delete_key, keys, put_key};
pub use refused::Refused;
#[cfg(feature = "hydrate")]
pub use rest::{RequestFailed, providers, self_test, start_self_test, turns};
#[cfg(feature = "hydrate")]
pub use socket::{Socket, SocketEvent};
#[cfg(feature = "hydrate")]
pub use templates::{compose, delete_template, save_template, templates};
pub use urls::{ACCOUNT_PATH, recording, sign_in_for};
