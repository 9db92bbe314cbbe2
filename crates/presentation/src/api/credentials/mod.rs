//! A user's own provider keys: what is shown of them never holds a key.

mod convert;
pub(super) mod delete;
pub(super) mod list;
pub(super) mod put;
pub(super) mod validate;
