//! System-prompt templates. Everybody sees the built-in ones and their own: a foreign id is 404.

mod convert;
pub(super) mod create;
pub(super) mod delete;
pub(super) mod duplicate;
pub(super) mod get;
pub(super) mod list;
pub(super) mod replace;

/// Where the templates are.
const PATH: &str = "/api/v1/interaction/templates";
