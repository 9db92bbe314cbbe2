//! A running server, and what talks to it.

mod browser;
mod server;
mod socket;

pub(crate) use browser::Answer;
pub(crate) use server::{RATE, Server};
pub(crate) use socket::Socket;
