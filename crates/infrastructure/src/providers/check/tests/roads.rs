//! What it means that no answer comes.

use std::future::ready;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Name, Resolve, Resolving};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::Instant;
use viva_domain::credentials::CredentialRefusal;
use viva_fakes::vendors::keys::{KeyAnswer, KeyVendor};

use super::{KEY, account, check, http, provider, server};
use crate::catalogue::InvalidBaseUrl;
use crate::providers::check::NoNetwork::{BrokenOff, Encryption, Refused, Silent, UnknownName};
use crate::providers::transport::{AddressPolicy, ForbiddenAddress, HttpClient};

/// Knows nobody.
struct NoNames;

impl Resolve for NoNames {
    fn resolve(&self, _name: Name) -> Resolving {
        Box::pin(ready(Err(io::Error::other("no such name").into())))
    }
}

async fn check_at(base_url: &str) -> Result<(), CredentialRefusal> {
    let account = account(base_url, KEY);
    check(&http(), &provider(KeyVendor::OpenAi), &account).await
}

/// What becomes of a check when the other end says this once it is asked, and hangs up.
async fn told(scheme: &str, said: &str) -> Result<(), CredentialRefusal> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("{scheme}://{}/v1", listener.local_addr().unwrap());
    let serving = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.read_u8().await.unwrap();
        stream.write_all(said.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        // What is closed before it is read to its end may not deliver what was said.
        let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
    };
    let (checked, ()) = tokio::join!(check_at(&base_url), serving);
    checked
}

#[tokio::test(start_paused = true)]
async fn a_vendor_that_does_not_answer_is_given_up_after_ten_seconds() {
    for (answer, what) in [
        (KeyAnswer::never(), "no headers"),
        (KeyAnswer::stuck(), "no body"),
    ] {
        let server = server(KeyVendor::Gemini).await;
        server.answer(answer);
        let account = account(&server.base_url(), KEY);
        let began = Instant::now();
        let asked = check(&http(), &provider(KeyVendor::Gemini), &account).await;
        assert_eq!(asked, Err(Silent.into()), "{what}");
        let waited = began.elapsed();
        assert!(waited <= Duration::from_secs(10), "{what}: {waited:?}");
    }
}

#[tokio::test]
async fn a_name_that_nobody_knows_is_told() {
    let http = HttpClient::with_names(AddressPolicy::PublicOnly, Arc::new(NoNames)).unwrap();
    let asked = check(
        &http,
        &provider(KeyVendor::OpenAi),
        &account("https://api.acme.example/v1", KEY),
    )
    .await;
    assert_eq!(asked, Err(UnknownName.into()));
}

#[tokio::test]
async fn a_port_where_nobody_listens_is_told() {
    assert_eq!(check_at("http://127.0.0.1:1/v1").await, Err(Refused.into()));
}

#[tokio::test]
async fn a_server_that_does_not_encrypt_is_told() {
    for said in ["HTTP/1.1 400 Bad Request\r\n\r\n", ""] {
        assert_eq!(told("https", said).await, Err(Encryption.into()), "{said}");
    }
}

#[tokio::test]
async fn a_connection_that_breaks_is_told() {
    for said in [
        "",
        "220 mail.example ready\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{",
    ] {
        assert_eq!(told("http", said).await, Err(BrokenOff.into()), "{said}");
    }
}

#[tokio::test]
async fn where_the_client_does_not_connect_to_nobody_is_asked() {
    let server = server(KeyVendor::OpenAi).await;
    let http = HttpClient::guarded(AddressPolicy::PublicOnly).unwrap();
    let asked = check(
        &http,
        &provider(KeyVendor::OpenAi),
        &account(&server.base_url(), KEY),
    )
    .await;
    assert_eq!(asked, Err(InvalidBaseUrl::from(ForbiddenAddress::Private).into()));
    assert!(server.requests().is_empty());
}
