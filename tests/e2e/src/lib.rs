//! The page in a real browser: Chromium with a WAV file as its microphone, against a real server.
//!
//! The tests are in `tests/it`. `cargo xtask e2e` builds the server and the page and says where they are (`VIVA_BIN`,
//! `VIVA_SITE`). Each test starts its own server on a free port, with its own database and storage.
//!
//! Must not enter: waiting for a fixed time. Wait for what the page shows, with a limit.
//!
//! To add a test: a file in `tests/it` that opens a `Browser` on a `Viva`, one line in `main.rs`.
