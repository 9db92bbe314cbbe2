use std::error::Error as StdError;
use std::iter::successors;
use std::sync::Arc;
use std::time::Duration;

use metrics::Counter;
use reqwest::dns::Resolve;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, RequestBuilder, Response, StatusCode, redirect};
use thiserror::Error;
use tokio::time::{sleep, timeout};
use tracing::debug;
use viva_domain::ports::ProviderError;

use super::errors::Complaint;
use super::names::{CheckedNames, SystemNames};
use super::retry::{Backoff, retry_after};
use super::{Account, AddressPolicy, ForbiddenAddress, errors};

/// A longer answer in one piece is an error.
const MAX_BODY_BYTES: usize = 1 << 20;
/// Of a refusal no more is read.
const MAX_REFUSAL_BYTES: usize = 64 << 10;
/// Nor is it waited for any longer.
const REFUSAL_LIMIT: Duration = Duration::from_secs(2);
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// A body of which nothing comes for this long is dead.
const IDLE_LIMIT: Duration = Duration::from_secs(30);

/// The HTTP client of a server, for every vendor: clones share their connections. There are two of them: [`Self::new`] for
/// addresses of whoever runs the server, [`Self::guarded`] for addresses of users.
///
/// It speaks HTTP/1.1, so that dropping an answer closes its connection. It follows no redirects, because a key must not
/// travel to another origin. It connects where its [`AddressPolicy`] lets it, for sockets too: hosts that are addresses are
/// checked before they are connected to, names by what they are resolved to for the connection.
#[derive(Debug, Clone)]
pub struct HttpClient {
    client: Client,
    policy: AddressPolicy,
    limits: HttpLimits,
    repeats: Repeats,
}

/// Counts what is done again.
#[derive(Debug, Clone)]
pub struct Repeats {
    /// Sockets that took the place of others.
    pub reconnects: Counter,
    /// Requests that were sent again.
    pub retries: Counter,
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

/// Why a request got no response. Holds no address: that may hold what must not be logged.
#[derive(Debug)]
pub(in crate::providers) enum Unsent {
    /// It was to go where the client does not connect to.
    Forbidden(ForbiddenAddress),
    /// Anything else.
    Failed(reqwest::Error),
}

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
    /// A client for addresses that whoever runs the server has chosen, with the default limits.
    ///
    /// # Errors
    /// [`NoTls`] when encryption cannot be set up.
    pub fn new() -> Result<Self, NoTls> {
        Self::with_names(AddressPolicy::Trusted, Arc::new(SystemNames))
    }

    /// A client for addresses that users have chosen. It uses no proxy of the environment: that would look up names itself,
    /// and connect to what nobody checked.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn guarded(policy: AddressPolicy) -> Result<Self, NoTls> {
        Self::with_names(policy, Arc::new(SystemNames))
    }

    pub(in crate::providers) fn with_names(
        policy: AddressPolicy,
        names: Arc<dyn Resolve>,
    ) -> Result<Self, NoTls> {
        let mut builder = Client::builder()
            .user_agent(concat!("viva/", env!("CARGO_PKG_VERSION")))
            .http1_only()
            .connect_timeout(CONNECT_LIMIT)
            .read_timeout(IDLE_LIMIT)
            .redirect(redirect::Policy::none())
            .referer(false)
            .dns_resolver(CheckedNames { policy, names });
        if policy != AddressPolicy::Trusted {
            builder = builder.no_proxy();
        }
        Ok(Self {
            client: builder.build().map_err(NoTls)?,
            policy,
            limits: HttpLimits::default(),
            repeats: Repeats {
                reconnects: Counter::noop(),
                retries: Counter::noop(),
            },
        })
    }

    /// The same client, with other limits.
    pub fn with_limits(&self, limits: HttpLimits) -> Self {
        Self {
            limits,
            ..self.clone()
        }
    }

    /// The same client, which counts what it does again.
    pub fn with_repeats(&self, repeats: Repeats) -> Self {
        Self {
            repeats,
            ..self.clone()
        }
    }

    /// What it counts.
    pub(in crate::providers) const fn repeats(&self) -> &Repeats {
        &self.repeats
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
            let failure = match self.try_once(account, &make).await {
                Ok(response) => return Ok(response),
                Err(failure) => failure,
            };
            let Some(wait) = self.wait(tried, &failure) else {
                return Err(failure.error);
            };
            debug!(
                event = "provider.asked_again",
                provider.name = provider,
                wait_ms = wait.as_millis(),
                error = &failure.error as &dyn std::error::Error,
                "Asking {provider} again"
            );
            sleep(wait).await;
            self.repeats.retries.increment(1);
            tried += 1;
        }
    }

    /// Sends a request once, if it goes where this client connects to.
    pub(in crate::providers) async fn send_once(
        &self,
        account: &Account,
        make: impl FnOnce(&Client) -> RequestBuilder,
    ) -> Result<Response, Unsent> {
        let request = account.sign(make(&self.client)).build()?;
        self.policy.check_host(request.url())?;
        Ok(self.client.execute(request).await?)
    }

    async fn try_once(
        &self,
        account: &Account,
        make: impl Fn(&Client) -> RequestBuilder,
    ) -> Result<Response, Failure> {
        let Ok(sent) = timeout(self.limits.answer, self.send_once(account, make)).await else {
            let error = errors::unavailable(&account.provider, "no answer in time");
            return Err(Failure::without_response(error, true));
        };
        let response = sent.map_err(|unsent| {
            let error = unsent.into_error(&account.provider);
            Failure::without_response(error, false)
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

impl Unsent {
    /// As an adapter tells it.
    pub(in crate::providers) fn into_error(self, provider: &str) -> ProviderError {
        match self {
            Self::Forbidden(why) => errors::invalid_config(provider, format!("its base_url {why}")),
            Self::Failed(err) if err.is_builder() => {
                errors::invalid_config(provider, "its base_url is no address of a server")
            }
            Self::Failed(err) => errors::unavailable(provider, err),
        }
    }
}

impl From<ForbiddenAddress> for Unsent {
    fn from(why: ForbiddenAddress) -> Self {
        Self::Forbidden(why)
    }
}

impl From<reqwest::Error> for Unsent {
    fn from(err: reqwest::Error) -> Self {
        let forbidden: Option<ForbiddenAddress> =
            causes(&err).find_map(|cause| cause.downcast_ref().copied());
        forbidden.map_or_else(|| Self::Failed(err.without_url()), Self::Forbidden)
    }
}

/// The request with these headers: the key where there is one, and what else the vendor insists on.
pub(in crate::providers) fn with_headers(
    request: RequestBuilder,
    headers: &[(HeaderName, HeaderValue)],
) -> RequestBuilder {
    let headers = headers.iter();
    headers.fold(request, |request, (name, value)| request.header(name, value))
}

/// What an error comes from, the nearest first.
pub(in crate::providers) fn causes(err: &reqwest::Error) -> impl Iterator<Item = &(dyn StdError + 'static)> {
    successors(err.source(), |cause| (*cause).source())
}

/// The error that a response other than 2xx is.
pub(super) async fn refusal(account: &Account, response: Response) -> ProviderError {
    let status = response.status();
    complaint(response).await.into_error(account, Some(status))
}

/// What a response other than 2xx says.
pub(in crate::providers) async fn complaint(mut response: Response) -> Complaint {
    let asked = retry_after(response.headers());
    let mut body = Vec::new();
    // What came in time is enough.
    let _ = timeout(REFUSAL_LIMIT, read(&mut response, &mut body, MAX_REFUSAL_BYTES)).await;
    let complaint = Complaint::parse(&body);
    Complaint {
        retry_after: asked.or(complaint.retry_after),
        ..complaint
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
pub(in crate::providers) async fn read(
    response: &mut Response,
    body: &mut Vec<u8>,
    limit: usize,
) -> Result<bool, reqwest::Error> {
    while let Some(bytes) = response.chunk().await? {
        body.extend_from_slice(&bytes);
        if body.len() > limit {
            return Ok(false);
        }
    }
    Ok(true)
}
