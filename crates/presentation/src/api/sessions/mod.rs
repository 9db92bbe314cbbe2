//! What was kept of sessions. Everything is scoped to who asks: a foreign id is 404.

pub(super) mod audio;
mod byte_range;
mod convert;
pub(super) mod delete;
pub(super) mod delete_selection;
pub(super) mod export;
mod file_name;
pub(super) mod get;
pub(super) mod latency_stats;
pub(super) mod list;
pub(super) mod peaks;
mod recordings;
pub(super) mod turns;
