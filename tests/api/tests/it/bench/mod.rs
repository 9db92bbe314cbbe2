//! A running server, and what talks to it.

mod browser;
mod self_tests;
mod server;
mod socket;

pub(crate) use browser::Answer;
pub(crate) use self_tests::ScriptedSelfTests;
pub(crate) use server::{RATE, Server};
pub(crate) use socket::Socket;
