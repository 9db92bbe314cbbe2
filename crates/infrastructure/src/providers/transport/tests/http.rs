use std::time::Duration;

use reqwest::header::{HeaderName, HeaderValue};
use rstest::rstest;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use viva_domain::ports::{ProviderError, ProviderErrorKind};

use super::super::{Account, HttpClient, HttpLimits, Organization, body};

pub(super) const LIMITS: HttpLimits = HttpLimits {
    answer: Duration::from_secs(20),
    tries: 3,
    first_wait: Duration::from_millis(1),
    longest_wait: Duration::from_secs(1),
};

fn account(base_url: &str) -> Account {
    Account {
        provider: "acme".to_owned(),
        base_url: base_url.parse().unwrap(),
        api_key: None,
        organization: None,
    }
}

/// Answers one connection after the other with these responses, empty ones by hanging up; says how many were taken.
async fn ask(responses: &[&str]) -> (Result<String, ProviderError>, usize) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let account = account(&format!("http://{}", listener.local_addr().unwrap()));
    let http = HttpClient::new().unwrap().with_limits(LIMITS);
    let url = account.url("x");
    let asking = async {
        let response = http
            .send(&account, |client| client.post(url.clone()).body("hello"))
            .await?;
        Ok(response.text().await.unwrap())
    };
    let mut taken = 0;
    let serving = async {
        for response in responses {
            let (mut stream, _) = listener.accept().await.unwrap();
            taken += 1;
            let mut request = Vec::new();
            while !request.ends_with(b"hello") {
                request.push(stream.read_u8().await.unwrap());
            }
            let response = format!("HTTP/1.1 {response}");
            if response.len() > "HTTP/1.1 ".len() {
                stream.write_all(response.as_bytes()).await.unwrap();
            }
        }
        std::future::pending::<()>().await;
    };
    let answer = tokio::select! {
        answer = asking => answer,
        () = serving => unreachable!("it waits"),
    };
    (answer, taken)
}

const OK: &str = "200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok";
const BUSY: &str = "503 Busy\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
const MOVED: &str =
    "307 Moved\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
const TOLD_NOT_TO: &str = "500 No\r\nx-should-retry: false\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
const TOLD_TO: &str = "400 No\r\nx-should-retry: true\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

#[rstest]
#[case::at_once(&[OK], 1)]
#[case::busy(&[BUSY, OK], 2)]
#[case::hung_up(&["", BUSY, OK], 3)]
#[case::told_to(&[TOLD_TO, OK], 2)]
#[tokio::test]
async fn a_request_is_sent_until_it_is_accepted(#[case] responses: &[&str], #[case] tries: usize) {
    let (answer, taken) = ask(responses).await;
    assert_eq!((answer, taken), (Ok("ok".to_owned()), tries));
}

#[rstest]
#[case::three_times(&[BUSY, BUSY, BUSY, OK], 3, ProviderErrorKind::Unavailable)]
#[case::told_not_to(&[TOLD_NOT_TO, OK], 1, ProviderErrorKind::Unavailable)]
#[case::redirected(&[MOVED, OK], 1, ProviderErrorKind::Failed("it answered 307 without a reason".to_owned()))]
#[tokio::test]
async fn a_request_is_given_up(
    #[case] responses: &[&str],
    #[case] tries: usize,
    #[case] kind: ProviderErrorKind,
) {
    let (answer, taken) = ask(responses).await;
    assert_eq!((answer.unwrap_err().kind, taken), (kind, tries));
}

#[tokio::test]
async fn who_pays_is_told_with_a_request() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let account = Account {
        organization: Some(Organization {
            header: HeaderName::from_static("acme-organization"),
            id: HeaderValue::from_static("org-1"),
        }),
        ..account(&format!("http://{}", listener.local_addr().unwrap()))
    };
    let http = HttpClient::new().unwrap().with_limits(LIMITS);
    let asking = http.send(&account, |client| client.get(account.url("x")));
    let serving = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.push(stream.read_u8().await.unwrap());
        }
        stream
            .write_all(format!("HTTP/1.1 {OK}").as_bytes())
            .await
            .unwrap();
        String::from_utf8(request).unwrap()
    };
    let (answer, request) = tokio::join!(asking, serving);
    answer.unwrap();
    assert!(request.contains("acme-organization: org-1\r\n"), "{request}");
}

#[tokio::test]
async fn an_address_that_is_none_is_a_wrong_setting() {
    let account = account("ftp://127.0.0.1/v1");
    let http = HttpClient::new().unwrap().with_limits(LIMITS);
    let err = http
        .send(&account, |client| client.post(account.url("x")))
        .await
        .unwrap_err();
    assert!(matches!(err.kind, ProviderErrorKind::InvalidConfig(_)), "{err:?}");
}

#[rstest]
#[case("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", Ok(2))]
#[case(
    "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nok",
    Err(ProviderErrorKind::Unavailable)
)]
#[case("HTTP/1.1 200 OK\r\n\r\n", Err(ProviderErrorKind::Failed("its answer is too long".to_owned())))]
#[tokio::test]
async fn a_body_is_read_to_its_end_within_a_limit(
    #[case] begin: &str,
    #[case] expected: Result<usize, ProviderErrorKind>,
) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let account = account(&format!("http://{}", listener.local_addr().unwrap()));
    let serving = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.push(stream.read_u8().await.unwrap());
        }
        stream.write_all(begin.as_bytes()).await.unwrap();
        // Without a length there is no end of it.
        while begin.ends_with("\r\n") {
            if stream.write_all(&[b'x'; 1 << 12]).await.is_err() {
                break;
            }
        }
    };
    let reading = async {
        let response = HttpClient::new()
            .unwrap()
            .send_once(&account, |client| client.get(account.url("x")))
            .await
            .unwrap();
        body(account.provider.clone(), response).await
    };
    let (read, ()) = tokio::join!(reading, serving);
    assert_eq!(read.map(|body| body.len()).map_err(|err| err.kind), expected);
}
