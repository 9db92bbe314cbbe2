//! Prompts that no session has yet.

pub(super) mod compose;
