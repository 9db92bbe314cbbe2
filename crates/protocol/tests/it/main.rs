//! The wire format: what is written, what is read, what is tolerated, and that `docs/protocol.md` tells it all.

mod documentation;
mod frames;
mod generators;
mod properties;
mod samples;
mod secrecy;
mod snapshots;
mod tables;
mod tolerance;
