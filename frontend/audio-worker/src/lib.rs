//! The page's audio worker: resamples, cuts frames, measures levels, and hears whether the user speaks over the AI, so that
//! the page itself never waits for audio.
//!
//! The program is a WebAssembly bundle of its own, which `frontend/assets/audio-worker.js` loads inside the worker; what the
//! worker and the page say to each other is in [`run`]. The page uses this library for what both sides need. What computes
//! is plain Rust with tests ([`Framer`], [`Feed`], [`ClockMap`]); `worker.rs` holds the browser's objects.
//!
//! # What must not enter
//!
//! Leptos, the DOM (a worker has none), anything that only the page needs: all of it would be loaded and kept twice.
//!
//! # To add a message
//!
//! A line in the list at [`run`], a branch in `worker.rs`, a method of `AudioProcessor` in the page.
#![warn(missing_docs)]

pub mod browser;
mod clock;
mod ears;
mod feed;
mod framer;
mod tap;
mod worker;

pub use clock::ClockMap;
pub use feed::{Feed, PlaybackBlock};
pub use framer::{CapturedFrame, FRAME_LEN, FRAME_MS, Framer, WIRE_RATE};
pub use worker::run;

use viva_audio::SampleRate;

/// A rate as the browser gives it, if it can be resampled.
pub fn sample_rate(hz: f64) -> Option<SampleRate> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rate is a small whole number"
    )]
    SampleRate::new(hz as u32).ok()
}
