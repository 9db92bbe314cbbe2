//! `/api/v1/interaction`.

mod audio;
mod providers;
mod sessions;
mod templates;
mod ws;
