//! The adapters of all vendors against servers that speak their protocols.

mod bench;
mod faults;
mod requests;
mod talk;
