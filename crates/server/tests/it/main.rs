//! The binary as a user meets it: exit codes, messages, and what is left after it was stopped or killed.

mod access;
mod bench;
mod deleting;
mod every_adapter;
mod falling_back;
mod hanging_up;
mod metrics;
mod own_keys;
mod own_servers;
mod providers;
mod refusals;
mod selftest;
mod starting;
mod statistics;
mod stopping;
mod storage;
mod talk;
mod traces;
mod unheard;
mod vendors;
