//! What the adapters of language models share: where a vendor is, the conversation as it wants it, and an answer that is
//! read while it is written.

mod answer;
mod backend;
mod dialogue;
#[cfg(test)]
mod tests;

#[cfg(test)]
pub(super) use answer::decoded;
pub(super) use answer::{Decode, Said, answer};
pub(super) use backend::{Backend, KeyUse};
pub(super) use dialogue::{Line, alternating, open_ended};
