//! One file or folder per command: arguments, then steps.

pub(crate) mod config;
pub(crate) mod keys;
pub(crate) mod migrate;
pub(crate) mod ready;
pub(crate) mod retention;
pub(crate) mod selftest;
pub(crate) mod serve;
pub(crate) mod talk;
pub(crate) mod token;
