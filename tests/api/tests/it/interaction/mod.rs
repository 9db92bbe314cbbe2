//! `/api/v1/interaction`.

mod audio;
mod credentials;
mod deleting;
mod prompts;
mod providers;
mod sessions;
mod templates;
mod ws;
