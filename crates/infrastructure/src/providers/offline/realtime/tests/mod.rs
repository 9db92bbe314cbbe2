//! Conversations as a session has them, on a paused clock.

mod contract;
mod faults;
mod lifetime;
mod races;
mod setup;
mod talk;
mod timing;
