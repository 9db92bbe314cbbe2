//! The pages: talk with a voice AI, see who speaks, read both transcripts and how long every answer took.
//!
//! One crate, two builds that exclude each other: `ssr` (in the server: [`shell`] renders the document of a [`Page`]) and
//! `hydrate` (in the browser, as WebAssembly: the program of a page in `bin/` makes it live, and holds what that page needs).
//! They talk to the server through the WebSocket and the REST API only.
//!
//! # How a server mounts it
//!
//! - `SiteAssets::from_json` on the bundle's `manifest.json`; the files are served under the paths that it names.
//! - A route for each of [`Page::ALL`] at its path, with
//!   `leptos_axum::render_app_to_stream_with_context(context, move || shell(page, &assets, account))`; the page's language
//!   follows `Accept-Language` through the request parts that `leptos_axum` provides.
//! - `context` sets the response header `Content-Security-Policy` to `content_security_policy(use_nonce().as_deref())`.
//!   The bundle's files are sent without a policy or with the same one: it also rules the audio worker.
//!
//! # What must not enter
//!
//! Domain types, server functions, decisions about a conversation (the server takes them), inline scripts and styles,
//! anything loaded from another host.
//!
//! # To add a page
//!
//! A variant in `page.rs`, a file in `pages/`, its program in `bin/` (and in the bundle step), state in `state/` when it is
//! shared (plain Rust with tests, no DOM), components with a `.css` beside each, words for both languages in `words/`.

#![recursion_limit = "256"]
#![expect(
    unreachable_pub,
    reason = "the component macro makes everything it writes public"
)]

pub mod api;
pub mod archive;
mod assets;
#[cfg(feature = "hydrate")]
pub mod audio;
#[cfg(feature = "hydrate")]
mod browser;
#[cfg(feature = "hydrate")]
mod canvas;
pub mod comparing;
pub mod components;
mod erase;
#[cfg(feature = "hydrate")]
mod hydrate;
pub mod keyring;
mod language;
pub mod listening;
#[cfg(feature = "hydrate")]
mod memory;
mod page;
pub mod pages;
pub mod session;
#[cfg(feature = "ssr")]
mod shell;
pub mod state;
pub mod words;

pub use assets::SiteAssets;
#[cfg(feature = "hydrate")]
pub use hydrate::hydrate;
pub use language::Language;
pub use page::Page;
#[cfg(feature = "ssr")]
pub use shell::{Account, content_security_policy, shell};
