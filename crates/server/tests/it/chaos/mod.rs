//! What breaks under a server that runs, and that nothing is lost of what its clients were told is over.
//!
//! Conversations take as long as they take, so those of one kind are held side by side in one test.

mod caller;
mod clock;
mod database;
mod kept;
mod killed;
mod outage;
mod silent_provider;
mod storage;
