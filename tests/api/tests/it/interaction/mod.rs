//! `/api/v1/interaction`.

mod audio;
mod credentials;
mod deleting;
mod export;
mod exporting;
mod peaks;
mod prompts;
mod providers;
mod purged;
mod session_list;
mod sessions;
mod templates;
mod ws;
