//! Audio between the browser and the wire. What computes is plain Rust ([`Framer`], [`Feed`], [`ClockMap`]) and runs in
//! the audio worker; the rest holds the browser's objects and exists in the browser only.

mod clock;
#[cfg(feature = "hydrate")]
mod context;
#[cfg(feature = "hydrate")]
mod devices;
#[cfg(feature = "hydrate")]
mod ears;
mod feed;
mod framer;
#[cfg(feature = "hydrate")]
mod microphone;
#[cfg(feature = "hydrate")]
mod player;
#[cfg(feature = "hydrate")]
mod processor;
#[cfg(feature = "hydrate")]
mod rig;
#[cfg(feature = "hydrate")]
mod tap;
#[cfg(feature = "hydrate")]
mod worker;

pub use clock::ClockMap;
#[cfg(feature = "hydrate")]
pub use context::Output;
#[cfg(feature = "hydrate")]
pub use devices::{DeviceWatch, devices};
pub use feed::{Feed, PlaybackBlock};
pub use framer::{CapturedFrame, FRAME_LEN, FRAME_MS, Framer, WIRE_RATE};
#[cfg(feature = "hydrate")]
pub use microphone::{AudioProblem, Microphone};
#[cfg(feature = "hydrate")]
pub use player::{Played, PlayedKind, Player};
#[cfg(feature = "hydrate")]
pub use processor::{AudioProcessor, CaptureStamp, Captured};
#[cfg(feature = "hydrate")]
pub use rig::{Rig, RigEvent, RigListener};

/// A rate as the browser gives it, if it can be resampled.
#[cfg(feature = "hydrate")]
fn sample_rate(hz: f64) -> Option<viva_audio::SampleRate> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rate is a small whole number"
    )]
    viva_audio::SampleRate::new(hz as u32).ok()
}
