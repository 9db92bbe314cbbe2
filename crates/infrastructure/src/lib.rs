//! Adapters: what the ports of the domain look like on a real machine.
//!
//! [`db`] keeps rows in SQLite or PostgreSQL, [`blobs`] finished recordings, [`spool`] growing ones, [`journal`] finished
//! turns while the database is away; [`system`] has the machine's clock and randomness, [`providers`] the voices,
//! [`catalogue`] what is known about them, [`credentials`] the accounts that users have there, and [`vault`] encrypts those.
//!
//! Must not enter: rules of the conversation, HTTP routes, settings of the whole server; an adapter gets its own small
//! configuration. No error of a library leaves an adapter other than as the `source` of a port's error.
//!
//! To add an adapter: a folder with one public type that implements a port, the port's contract in its tests, one arm in
//! the server's wiring.

pub mod blobs;
pub mod catalogue;
pub mod credentials;
pub mod db;
#[cfg(test)]
mod deleting;
mod disk;
#[cfg(test)]
mod exporting;
pub mod journal;
pub mod providers;
pub mod spool;
pub mod system;
pub mod vault;
