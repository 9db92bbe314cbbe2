//! The session: one task in the browser owns the microphone, the loudspeaker and the connection, takes events one at a
//! time, and writes what happened into the [`Talk`](crate::state::context::Talk) context. The server renders the page
//! with [`Controls`] that do nothing.

#[cfg(feature = "hydrate")]
mod actor;
#[cfg(feature = "hydrate")]
mod connection;
mod controls;
#[cfg(feature = "hydrate")]
mod devices;
#[cfg(feature = "hydrate")]
mod event;
#[cfg(feature = "hydrate")]
mod playback;
#[cfg(feature = "hydrate")]
mod replay;
#[cfg(feature = "hydrate")]
mod self_test;
#[cfg(feature = "hydrate")]
mod templates;

pub use controls::Controls;
