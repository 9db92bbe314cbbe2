//! The API from outside. See the crate's documentation.

mod bench;
mod docs;
mod health;
mod interaction;
mod problems;
mod shutdown;
mod site;
