//! A running server, and what talks to it.

mod browser;
mod conversation;
mod people;
mod self_tests;
mod server;
mod socket;

pub(crate) use browser::Answer;
pub(crate) use conversation::{Sound, measured, recording, silent_turn};
pub(crate) use people::Person;
pub(crate) use self_tests::ScriptedSelfTests;
pub(crate) use server::{Auth, RATE, Server, Setup};
pub(crate) use socket::Socket;
