//! The way to a vendor.

use std::time::Duration;

use futures_util::StreamExt;
use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use tokio::time::timeout;
use viva_domain::ports::ProviderError;

use super::Dialect;
use super::line::Loss;
use crate::providers::transport::socket::{Frame, Socket, connect};
use crate::providers::transport::{Account, HttpClient, errors};

/// A handshake that takes longer has failed; so has a vendor that does not say in this time that it listens.
const LIMIT: Duration = Duration::from_secs(5);

/// What every connection of a session is opened with.
#[derive(Clone)]
pub(in crate::providers) struct Dialing {
    pub(in crate::providers) account: Account,
    http: HttpClient,
    url: Url,
    headers: HeaderMap,
}

/// How far a vendor is with beginning, by its message, or why it does not begin.
type Begins = fn(&str, &Account) -> Result<Beginning, ProviderError>;

/// How far a vendor is with beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::providers) enum Beginning {
    /// There is more to come.
    Waits,
    /// It wants to be told how the session should be.
    Asks,
    /// It listens.
    Ready,
}

impl Dialing {
    /// To this address, as `http` or `https`.
    pub(in crate::providers) fn new(account: &Account, http: &HttpClient, url: Url) -> Self {
        Self {
            account: account.clone(),
            http: http.clone(),
            url,
            headers: HeaderMap::new(),
        }
    }

    /// With another header; one without a value is none.
    pub(in crate::providers) fn with(mut self, name: HeaderName, value: Option<HeaderValue>) -> Self {
        if let Some(value) = value {
            self.headers.insert(name, value);
        }
        self
    }

    /// Opens a connection that takes audio at once.
    pub(in crate::providers) async fn open(&self) -> Result<Socket, ProviderError> {
        connect(&self.http, &self.account, LIMIT, |client| {
            client.get(self.url.clone()).headers(self.headers.clone())
        })
        .await
    }

    /// Opens a connection and waits until the vendor says that it listens; it is told `wanted` when it asks.
    pub(in crate::providers) async fn greet<D: Dialect>(
        &self,
        wanted: Option<String>,
        begins: Begins,
    ) -> Result<Socket, ProviderError> {
        let socket = self.open().await?;
        self.until_ready::<D>(socket, wanted, begins).await
    }

    /// As [`Self::greet`] with a vendor that says nothing before it is told what is wanted.
    pub(in crate::providers) async fn introduce<D: Dialect>(
        &self,
        wanted: String,
        begins: Begins,
    ) -> Result<Socket, ProviderError> {
        let mut socket = self.open().await?;
        socket.send_text(wanted).await?;
        self.until_ready::<D>(socket, None, begins).await
    }

    async fn until_ready<D: Dialect>(
        &self,
        mut socket: Socket,
        wanted: Option<String>,
        begins: Begins,
    ) -> Result<Socket, ProviderError> {
        timeout(LIMIT, self.read_beginning::<D>(&mut socket, wanted, begins))
            .await
            .map_err(|_| errors::unavailable(&self.account.provider, "it does not begin in time"))??;
        Ok(socket)
    }

    async fn read_beginning<D: Dialect>(
        &self,
        socket: &mut Socket,
        mut wanted: Option<String>,
        begins: Begins,
    ) -> Result<(), ProviderError> {
        let account = &self.account;
        while let Some(frame) = socket.next().await {
            match frame? {
                Frame::Text(text) => match begins(&text, account)? {
                    Beginning::Waits => {}
                    Beginning::Asks => {
                        if let Some(wanted) = wanted.take() {
                            socket.send_text(wanted).await?;
                        }
                    }
                    Beginning::Ready => return Ok(()),
                },
                Frame::Binary(_) => {}
                Frame::Closed { code, reason } => {
                    return Err(Loss::closed::<D>(account, code, &reason).err);
                }
            }
        }
        Err(errors::unavailable(&account.provider, "it hung up"))
    }
}
