//! The page in a real browser, against a real server: what the tests drive it with.
//!
//! `tests/it` has Chromium with a WAV file as its microphone; `cargo xtask e2e` runs it. `tests/truth` has Chromium on a virtual
//! sound card and measures from outside; `cargo xtask truth` runs it. Both commands build the server and the page and say where
//! they are (`VIVA_BIN`, `VIVA_SITE`). Each test starts its own server on a free port, with its own database and storage.
//!
//! Must not enter: waiting for a fixed time. Wait for what the page shows, with a limit.
//!
//! To add a test: a file in `tests/it` that opens a `Browser` on a `Viva`, one line in `main.rs`.

pub mod accuracy;
pub mod browser;
pub mod edges;
pub mod held;
pub mod kept;
pub mod page;
pub mod viva;
