//! The binary as a user meets it: exit codes, messages, and what is left after it was stopped or killed.

mod bench;
mod cycles;
mod providers;
mod refusals;
mod stopping;
mod vendors;
