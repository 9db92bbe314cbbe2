//! The program that runs in the worker: takes the page's messages until the worker is terminated.
//! Must not enter: anything else. What it does is in the library, where it has tests.
//! To add a message, see there.

fn main() {
    viva_audio_worker::run();
}
