//! The page's hold on audio: microphone, loudspeaker, and the way to the audio worker (`frontend/audio-worker`), which
//! computes. All of it exists in the browser only.

mod context;
mod devices;
mod microphone;
mod player;
mod processor;
mod rig;

pub use context::Output;
pub use devices::{DeviceWatch, devices};
pub use microphone::{AudioProblem, Microphone};
pub use player::{Played, PlayedKind, Player};
pub use processor::{AudioProcessor, CaptureStamp, Captured};
pub use rig::{Rig, RigEvent, RigListener};
