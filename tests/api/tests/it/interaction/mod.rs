//! `/api/v1/interaction`.

mod audio;
mod credentials;
mod deleting;
mod providers;
mod sessions;
mod templates;
mod ws;
