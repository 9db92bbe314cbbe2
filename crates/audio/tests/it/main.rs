//! The detectors against recordings whose speech is known to the sample (`fixtures/manifest.json`).

mod barge_in;
mod bench;
mod echo_watch;
mod endpointer;
