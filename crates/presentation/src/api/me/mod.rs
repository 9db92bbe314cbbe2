//! Who asks.

pub(super) mod get;
