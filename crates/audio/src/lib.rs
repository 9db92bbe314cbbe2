//! Audio for Viva: PCM conversion, resampling, levels, peaks, voice activity, end of speech, WAV.
//!
//! Everything is a pure, synchronous function of the samples it is given, so that the server, the command line
//! and the browser (this crate compiles to wasm) hear the same, and every decision is a plain test.
//!
//! Must not enter: clocks, threads, async, files and sockets (WAV works on `Read`), serde, vendor formats.
//! Positions and durations are counted in samples. Nothing allocates per sample: streams keep their buffers and
//! append to a `Vec` of the caller.
//!
//! To add the next thing: one file with one type, `new` taking its settings, `process_into` or `push` taking
//! samples in portions of any size, a property test that the portions do not matter, and a re-export below.
//! `rubato` is imported by `resample.rs` only, `earshot` by `vad.rs` only, `hound` by `wav.rs` only.
#![warn(missing_docs)]

mod barge_in;
mod echo_watch;
mod endpoint;
pub mod level;
pub mod pcm;
mod peaks;
mod rate;
mod resample;
pub mod vad;
pub mod wav;

pub use barge_in::{BargeIn, Interruptible, Reaction};
pub use echo_watch::EchoWatch;
pub use endpoint::{Endpointer, InvalidTurnDetection, SpeechEvent, TurnDetection};
pub use level::{Level, LevelMeter};
pub use peaks::{PEAK_WINDOW_MS, PeakMeter};
pub use rate::{SampleRate, UnsupportedSampleRate};
pub use resample::{Resampler, resample};
pub use vad::{Vad, VadFrame};
pub use wav::{Clip, HEADER_LEN, WavError, WavHeader};
