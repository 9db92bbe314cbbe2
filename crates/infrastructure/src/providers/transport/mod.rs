//! What the adapters of vendors share: who we are to a vendor, where we connect to, HTTP with retries, server-sent events,
//! sockets, PCM, and one mapping of failures.
//!
//! Must not enter: anything that only one vendor does. A key leaves this module in request headers only; what a vendor
//! said is cut and cleared of the key before it becomes an error.

mod account;
mod address;
mod alarm;
pub mod channel;
pub mod errors;
#[cfg(test)]
pub(crate) mod hanging_up;
#[cfg(test)]
pub(crate) mod hostile;
mod http;
pub mod lenient;
mod names;
pub mod pcm;
#[cfg(test)]
pub(crate) mod probe;
mod retry;
pub mod socket;
pub mod spare;
mod speech;
#[cfg(test)]
pub(crate) mod speech_cases;
pub mod sse;
#[cfg(test)]
mod tests;
pub mod wav;

pub use account::{Account, Organization};
pub use address::{AddressPolicy, ForbiddenAddress};
pub use alarm::alarm;
pub use http::{HttpClient, HttpLimits, NoTls, Repeats, body};
pub(super) use http::{Unsent, causes, complaint, read, with_headers};
pub use speech::{Format, not_audio, speech, speech_of_unknown_type};
