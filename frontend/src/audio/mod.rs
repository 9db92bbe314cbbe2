//! Audio between the browser and the wire. What computes is plain Rust ([`Framer`], [`Feed`], [`ClockMap`]) and runs in
//! the audio worker; the rest holds the browser's objects.

mod clock;
mod feed;
mod framer;

pub use clock::ClockMap;
pub use feed::{Feed, PlaybackBlock};
pub use framer::{CapturedFrame, FRAME_LEN, FRAME_MS, Framer, WIRE_RATE};
