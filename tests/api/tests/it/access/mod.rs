//! Who may ask for what, and how much: a server on which everybody has to sign in.

mod limits;
mod login;
mod me;
mod people;
mod routes;
mod secrecy;

use viva_domain::credentials::RawCredential;
use viva_presentation::RateLimits;

use crate::bench::{Auth, Person, Server, Setup};

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

/// This person gives a key of their own for the provider `acme`.
async fn keep_key(server: &Server, person: &Person, api_key: &str) {
    let raw = RawCredential {
        api_key: &api_key.into(),
        base_url: None,
        organization: None,
    };
    let credentials = &server.state.credentials;
    credentials.put(person.id, "acme", raw).await.unwrap();
}
