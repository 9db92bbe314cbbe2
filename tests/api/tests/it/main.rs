//! The API from outside. See the crate's documentation.

// `cfg(test)` is always set here; it tells clippy that this is test code too.
#[cfg(test)]
mod access;
#[cfg(test)]
mod bench;
mod docs;
#[cfg(test)]
mod figures;
mod health;
#[cfg(test)]
mod interaction;
mod problems;
#[cfg(test)]
mod selftest;
mod shutdown;
#[cfg(test)]
mod site;
