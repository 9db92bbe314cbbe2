//! What can be done with Viva: start, feed and end a session, read what was kept of it, delete it, keep templates and
//! provider keys, list voices, sign in, remove what is no longer kept, count what happens, trace turns. One task per session, the driver, carries out what the pure
//! `TurnMachine` of the domain decides; ports do everything that leaves the process.
//!
//! Must not enter: HTTP, sockets, JSON, SQL, vendor formats, names of concrete adapters.
//!
//! To add a use case: a method on the feature's service ([`sessions::Sessions`], [`history::History`],
//! [`deletion::Deletions`], [`retention::Retention`], [`templates::Templates`], [`credentials::Credentials`],
//! [`access::Access`], [`voices::Voices`]) with an input struct and an error enum of its own, unit tests on the fakes. To add a mode: a folder in
//! [`modes`] that implements [`modes::InteractionMode`], and an arm in [`modes::ModeFactory`].

pub mod access;
mod alarm;
pub mod credentials;
pub mod deletion;
pub mod history;
pub mod meters;
pub mod modes;
pub mod retention;
pub mod sessions;
pub mod templates;
pub mod traces;
pub mod voices;
