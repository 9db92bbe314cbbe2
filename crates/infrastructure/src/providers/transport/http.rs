use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Client, RequestBuilder, Response, StatusCode, redirect};
use thiserror::Error;
use tokio::time::{sleep, timeout};
use tracing::debug;
use viva_domain::ports::ProviderError;

use super::errors::Complaint;
use super::retry::{Backoff, retry_after};
use super::{Account, errors};

/// A longer answer in one piece is an error.
const MAX_BODY_BYTES: usize = 1 << 20;
/// Of a refusal no more is read.
const MAX_REFUSAL_BYTES: usize = 64 << 10;
/// Nor is it waited for any longer.
const REFUSAL_LIMIT: Duration = Duration::from_secs(2);
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// A body of which nothing comes for this long is dead.
const IDLE_LIMIT: Duration = Duration::from_secs(30);

/// The one HTTP client of a server, for every vendor: clones share their connections.
///
/// It speaks HTTP/1.1, so that dropping an answer closes its connection. It follows no redirects, because a key must not
/// travel to another origin.
#[derive(Debug, Clone)]
pub struct HttpClient {
    client: Client,
    limits: HttpLimits,
}

/// How long a request may take until its answer begins, and how it is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HttpLimits {
    /// From sending a request to the headers of its answer.
    pub answer: Duration,
    /// Tries in all, the first one included.
    pub tries: u32,
    /// The wait before the second try; it doubles for every further one.
    pub first_wait: Duration,
    /// The longest wait. A vendor that asks for more is not asked again: a person is waiting, and would rather know.
    pub longest_wait: Duration,
}

/// Encryption cannot be set up: the system has no certificates to trust.
#[derive(Debug, Error)]
#[error("encryption cannot be set up")]
pub struct NoTls(#[source] reqwest::Error);

/// A failed try.
struct Failure {
    error: ProviderError,
    /// The response that failed, if there was one.
    response: Option<(StatusCode, HeaderMap)>,
    /// Whether asking again could help at all.
    is_final: bool,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self {
            answer: Duration::from_secs(10),
            tries: 3,
            first_wait: Duration::from_millis(500),
            longest_wait: Duration::from_secs(8),
        }
    }
}

impl HttpClient {
    /// A client with the default limits.
    ///
    /// # Errors
    /// [`NoTls`] when encryption cannot be set up.
    pub fn new() -> Result<Self, NoTls> {
        let client = Client::builder()
            .user_agent(concat!("viva/", env!("CARGO_PKG_VERSION")))
            .http1_only()
            .connect_timeout(CONNECT_LIMIT)
            .read_timeout(IDLE_LIMIT)
            .redirect(redirect::Policy::none())
            .referer(false)
            .build()
            .map_err(NoTls)?;
        Ok(Self {
            client,
            limits: HttpLimits::default(),
        })
    }

    /// The same client, with other limits.
    pub fn with_limits(&self, limits: HttpLimits) -> Self {
        Self {
            client: self.client.clone(),
            limits,
        }
    }

    /// Its limits.
    pub const fn limits(&self) -> HttpLimits {
        self.limits
    }

    /// Sends a request until it is accepted, and returns the answer whose body is still to be read.
    ///
    /// Connections that fail, and statuses 408, 409, 429 and 5xx, are tried again; an answer that does not begin in time
    /// is not. Dropping the future, or the response, closes the connection.
    ///
    /// # Errors
    /// [`ProviderError`] as [`errors`] sorts them, without the account's key.
    pub async fn send(
        &self,
        account: &Account,
        make: impl Fn(&Client) -> RequestBuilder + Send + Sync,
    ) -> Result<Response, ProviderError> {
        let provider = account.provider.as_str();
        let mut tried = 1;
        loop {
            let failure = match self.try_once(account, account.sign(make(&self.client))).await {
                Ok(response) => return Ok(response),
                Err(failure) => failure,
            };
            let Some(wait) = self.wait(tried, &failure) else {
                return Err(failure.error);
            };
            debug!(
                provider.name = provider,
                wait_ms = wait.as_millis(),
                "Asking {provider} again: {}",
                failure.error
            );
            sleep(wait).await;
            tried += 1;
        }
    }

    pub(super) const fn client(&self) -> &Client {
        &self.client
    }

    async fn try_once(&self, account: &Account, request: RequestBuilder) -> Result<Response, Failure> {
        let Ok(sent) = timeout(self.limits.answer, request.send()).await else {
            let error = errors::unavailable(&account.provider, "no answer in time");
            return Err(Failure::without_response(error, true));
        };
        let response = sent.map_err(|err| {
            let is_final = err.is_builder();
            Failure::without_response(unsent(&account.provider, err), is_final)
        })?;
        if response.status().is_success() {
            return Ok(response);
        }
        let (status, headers) = (response.status(), response.headers().clone());
        let error = refusal(account, response).await;
        Err(Failure {
            error,
            response: Some((status, headers)),
            is_final: false,
        })
    }

    fn wait(&self, tried: u32, failure: &Failure) -> Option<Duration> {
        if failure.is_final {
            return None;
        }
        let backoff = Backoff {
            tries: self.limits.tries,
            first: self.limits.first_wait,
            longest: self.limits.longest_wait,
        };
        let response = failure.response.as_ref();
        backoff.wait(
            tried,
            &failure.error.kind,
            response.map(|(status, headers)| (*status, headers)),
            failure.error.retry_after,
            rand::random(),
        )
    }
}

impl Failure {
    const fn without_response(error: ProviderError, is_final: bool) -> Self {
        Self {
            error,
            response: None,
            is_final,
        }
    }
}

/// The error of a request that got no response.
pub(super) fn unsent(vendor: &str, err: reqwest::Error) -> ProviderError {
    if err.is_builder() {
        return errors::invalid_config(vendor, "its base_url is no address of a server");
    }
    // The address may hold what must not be logged.
    errors::unavailable(vendor, err.without_url())
}

/// The error that a response other than 2xx is.
pub(super) async fn refusal(account: &Account, mut response: Response) -> ProviderError {
    let status = response.status();
    let asked = retry_after(response.headers());
    let mut body = Vec::new();
    // What came in time is enough.
    let _ = timeout(REFUSAL_LIMIT, read(&mut response, &mut body, MAX_REFUSAL_BYTES)).await;
    let complaint = Complaint::parse(&body);
    let retry_after = asked.or(complaint.retry_after);
    ProviderError {
        retry_after,
        ..complaint.into_error(account, Some(status))
    }
}

/// The whole body of an answer that is not streamed.
///
/// # Errors
/// Unavailable when it breaks off, failed when it is longer than any such answer.
pub async fn body(provider: String, mut response: Response) -> Result<Vec<u8>, ProviderError> {
    let mut body = Vec::new();
    let is_whole = read(&mut response, &mut body, MAX_BODY_BYTES).await;
    if is_whole.map_err(|err| errors::unavailable(&provider, err.without_url()))? {
        Ok(body)
    } else {
        Err(errors::failed(&provider, "its answer is too long"))
    }
}

/// Reads a body until it ends, or is longer than the limit; whether it ended.
async fn read(response: &mut Response, body: &mut Vec<u8>, limit: usize) -> Result<bool, reqwest::Error> {
    while let Some(bytes) = response.chunk().await? {
        body.extend_from_slice(&bytes);
        if body.len() > limit {
            return Ok(false);
        }
    }
    Ok(true)
}
