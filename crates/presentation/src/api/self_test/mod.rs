//! The self-test.

pub(super) mod get;
pub(super) mod start;
