//! Who may ask for what, and how much: a server on which everybody has to sign in.

mod limits;
mod login;
mod people;
mod routes;
mod secrecy;

use viva_presentation::RateLimits;

use crate::bench::{Auth, Server, Setup};

/// A server on SQLite that wants a token, and lets anybody try as often as they like.
async fn server() -> Server {
    Server::start_with(setup()).await
}

fn setup() -> Setup {
    Setup {
        auth: Auth::Token,
        limits: RateLimits {
            sign_ins: 0,
            ..RateLimits::default()
        },
        ..Setup::default()
    }
}
