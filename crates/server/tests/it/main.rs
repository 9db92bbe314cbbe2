//! The binary as a user meets it: exit codes, messages, and what is left after it was stopped or killed.

mod access;
mod backups;
mod bench;
mod chaos;
mod deleting;
mod every_adapter;
mod falling_back;
mod hanging_up;
mod logging;
mod metrics;
mod own_cascade;
mod own_keys;
mod own_servers;
mod providers;
mod readiness;
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
