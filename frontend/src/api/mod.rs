//! The server, as the browser sees it: typed calls over `viva_protocol`.

#[cfg(feature = "hydrate")]
mod credentials;
#[cfg(feature = "hydrate")]
mod recorded;
mod refused;
#[cfg(feature = "hydrate")]
mod rest;
#[cfg(feature = "hydrate")]
mod sessions;
#[cfg(feature = "hydrate")]
mod socket;
#[cfg(feature = "hydrate")]
mod templates;
mod urls;

#[cfg(feature = "hydrate")]
pub use credentials::{check_key, delete_key, keys, put_key};
#[cfg(feature = "hydrate")]
pub use recorded::{delete_session, session_export, session_peaks};
pub use refused::Refused;
#[cfg(feature = "hydrate")]
pub use rest::{RequestFailed, providers, self_test, start_self_test, turns, voices};
#[cfg(feature = "hydrate")]
pub use sessions::{delete_sessions, session, sessions};
#[cfg(feature = "hydrate")]
pub use socket::{Socket, SocketEvent};
#[cfg(feature = "hydrate")]
pub use templates::{compose, delete_template, save_template, templates};
pub use urls::{ACCOUNT_PATH, ExportFormat, export, recording, session_in, session_page, sign_in_from_here};
