use std::error::Error;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Response, Url};
use serde::de::DeserializeOwned;
use uuid::Uuid;
use viva_protocol::problem::{PROBLEM_JSON, Problem};
use viva_protocol::rest::{LatencyStats, Page, ProviderList, SelfTest, SessionDetail, Turn};

use crate::ClientError;

/// How long the server may take to accept a connection.
pub(crate) const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// How long a REST answer may take, recordings included.
const REQUEST_LIMIT: Duration = Duration::from_mins(1);

/// Turns per page when all turns of a session are wanted: as many as the server gives.
const PAGE_SIZE: u32 = 100;

/// Talks to one server. Cheap to clone; clones share their connections.
#[derive(Clone)]
pub struct Client {
    pub(crate) http: reqwest::Client,
    pub(crate) base: Url,
    /// The value of the `Authorization` header; marked as sensitive, so that nothing prints it.
    pub(crate) authorization: Option<HeaderValue>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("base", &self.base.as_str())
            .finish_non_exhaustive()
    }
}

/// Whose recording of a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// What the user said.
    User,
    /// What the AI answered.
    Ai,
}

impl Client {
    /// Prepares a client for the server at `base_url`, such as `http://127.0.0.1:8080`. Nothing is sent yet.
    ///
    /// # Errors
    /// [`ClientError::Address`] when `base_url` is no `http://` or `https://` URL, [`ClientError::Answer`] when the system
    /// has no certificates to trust.
    pub fn new(base_url: &str) -> Result<Self, ClientError> {
        let invalid = || ClientError::Address {
            address: base_url.to_owned(),
        };
        let base = Url::parse(base_url).map_err(|_| invalid())?;
        if !matches!(base.scheme(), "http" | "https") || !base.has_host() {
            return Err(invalid());
        }
        let http = reqwest::Client::builder()
            .user_agent(concat!("viva-client/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_LIMIT)
            .timeout(REQUEST_LIMIT)
            .build()
            .map_err(|err| ClientError::Answer { source: err.into() })?;
        Ok(Self {
            http,
            base,
            authorization: None,
        })
    }

    /// The same client, signed in with an API token.
    ///
    /// # Errors
    /// [`ClientError::Token`] when a header cannot carry the token.
    pub fn with_token(mut self, token: &str) -> Result<Self, ClientError> {
        let mut value = HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| ClientError::Token)?;
        value.set_sensitive(true);
        self.authorization = Some(value);
        Ok(self)
    }

    /// Who can play which role.
    ///
    /// # Errors
    /// [`ClientError`], like every request.
    pub async fn providers(&self) -> Result<ProviderList, ClientError> {
        self.get("/api/v1/interaction/providers").await
    }

    /// A session with its turns.
    ///
    /// # Errors
    /// [`ClientError::Problem`] with status 404 when the id is unknown or somebody else's.
    pub async fn session(&self, id: Uuid) -> Result<SessionDetail, ClientError> {
        self.get(&format!("/api/v1/interaction/sessions/{id}")).await
    }

    /// All turns of a session, in order.
    ///
    /// # Errors
    /// As [`Client::session`].
    pub async fn turns(&self, id: Uuid) -> Result<Vec<Turn>, ClientError> {
        let mut turns = Vec::new();
        for page in 1_u32.. {
            let path = format!("/api/v1/interaction/sessions/{id}/turns?page={page}&page_size={PAGE_SIZE}");
            let answer: Page<Turn> = self.get(&path).await?;
            let is_last = answer.items.is_empty() || u64::from(page) >= answer.total_pages;
            turns.extend(answer.items);
            if is_last {
                break;
            }
        }
        Ok(turns)
    }

    /// One side of one turn as a WAV file; [`viva_audio::Clip::read`] decodes it.
    ///
    /// # Errors
    /// [`ClientError::Problem`] with status 404 when there is no such recording.
    pub async fn turn_audio(&self, session: Uuid, turn: Uuid, side: Side) -> Result<Bytes, ClientError> {
        let side = match side {
            Side::User => "user",
            Side::Ai => "ai",
        };
        let path = format!("/api/v1/interaction/sessions/{session}/turns/{turn}/audio?type={side}");
        let response = self.send(&path).await?;
        response
            .bytes()
            .await
            .map_err(|err| self.unreachable(&path, err.into()))
    }

    /// Statistics of a session's latencies.
    ///
    /// # Errors
    /// As [`Client::session`].
    pub async fn latency_stats(&self, id: Uuid) -> Result<LatencyStats, ClientError> {
        self.get(&format!("/api/v1/interaction/sessions/{id}/latency-stats"))
            .await
    }

    /// Whether a self-test runs, and the newest certificate.
    ///
    /// # Errors
    /// As [`Client::session`].
    pub async fn self_test(&self) -> Result<SelfTest, ClientError> {
        self.get("/api/v1/selftest").await
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        let response = self.send(path).await?;
        let body = response
            .bytes()
            .await
            .map_err(|err| self.unreachable(path, err.into()))?;
        serde_json::from_slice(&body).map_err(|err| ClientError::Answer { source: err.into() })
    }

    async fn send(&self, path: &str) -> Result<Response, ClientError> {
        let mut request = self.http.get(self.url(path)?);
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let response = request
            .send()
            .await
            .map_err(|err| self.unreachable(path, err.without_url().into()))?;
        if response.status().is_success() {
            Ok(response)
        } else {
            Err(refusal(response).await)
        }
    }

    /// The URL of `path` below the server's root, which may itself be a folder behind a proxy.
    pub(crate) fn url(&self, path: &str) -> Result<Url, ClientError> {
        let url = format!("{}{path}", self.base.as_str().trim_end_matches('/'));
        Url::parse(&url).map_err(|_| ClientError::Address { address: url })
    }

    fn unreachable(&self, path: &str, source: Box<dyn Error + Send + Sync>) -> ClientError {
        // The query may carry what no log should.
        let path = path.split('?').next().unwrap_or_default();
        ClientError::Unreachable {
            url: format!("{}{path}", self.base.as_str().trim_end_matches('/')),
            source,
        }
    }
}

async fn refusal(response: Response) -> ClientError {
    let status = response.status().as_u16();
    let is_problem = response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with(PROBLEM_JSON));
    let body = if is_problem {
        response.bytes().await.unwrap_or_default()
    } else {
        Bytes::new()
    };
    refusal_of(status, &body)
}

/// What a refused request means: a problem when the body is one.
pub(crate) fn refusal_of(status: u16, body: &[u8]) -> ClientError {
    match serde_json::from_slice::<Problem>(body) {
        Ok(problem) => ClientError::Problem(problem),
        Err(_) => ClientError::Status { status },
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("localhost:8080")]
    #[case("ftp://localhost")]
    #[case("ws://localhost")]
    #[case("")]
    fn an_address_that_is_no_http_url_is_refused(#[case] address: &str) {
        let err = Client::new(address).unwrap_err();
        assert!(matches!(err, ClientError::Address { address: given } if given == address));
    }

    #[rstest]
    #[case("http://127.0.0.1:8080", "http://127.0.0.1:8080/api/v1/x?y=1")]
    #[case("http://127.0.0.1:8080/", "http://127.0.0.1:8080/api/v1/x?y=1")]
    #[case("https://example.org/viva/", "https://example.org/viva/api/v1/x?y=1")]
    fn paths_are_below_the_base(#[case] base: &str, #[case] url: &str) {
        assert_eq!(
            Client::new(base).unwrap().url("/api/v1/x?y=1").unwrap().as_str(),
            url
        );
    }

    #[test]
    fn the_token_is_never_printed() {
        let client = Client::new("http://127.0.0.1:8080")
            .unwrap()
            .with_token("viva_secret")
            .unwrap();
        assert!(!format!("{client:?} {:?}", client.authorization).contains("viva_secret"));
    }

    #[test]
    fn a_token_that_no_header_can_carry_is_refused() {
        let client = Client::new("http://127.0.0.1:8080").unwrap();
        assert!(matches!(
            client.with_token("line\nbreak"),
            Err(ClientError::Token)
        ));
    }
}
