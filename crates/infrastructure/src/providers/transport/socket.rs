//! Sockets to vendors. The handshake is an ordinary request of the [`HttpClient`], so that TLS, errors and secrets are
//! treated the same way; compression is never offered.

use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, Stream, StreamExt};
use metrics::Counter;
use reqwest::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE};
use reqwest::{Client, RequestBuilder, Response, StatusCode, Upgraded};
use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};
use tracing::{debug, info, warn};
use viva_domain::ports::ProviderError;

use super::http::{Unsent, refusal};
use super::retry::Backoff;
use super::{Account, HttpClient, errors};

/// A longer message is an error; base64 of a minute of audio is far less.
const MAX_MESSAGE_BYTES: usize = 16 << 20;
/// Allocated per connection.
const READ_BUFFER_BYTES: usize = 16 << 10;
/// A vendor that takes nothing for this long is gone.
const SEND_LIMIT: Duration = Duration::from_secs(5);
/// Saying goodbye takes no longer.
const CLOSE_LIMIT: Duration = Duration::from_secs(1);
/// A conversation that does not begin within this is given to another provider.
const BEGIN_LIMIT: Duration = Duration::from_secs(5);
/// A vendor that cannot begin is asked once more. One that wants a longer break does not get it: too little time would be
/// left to connect.
const BEGIN_AGAIN: Backoff = Backoff {
    tries: 2,
    first: Duration::from_millis(250),
    longest: Duration::from_secs(2),
};

/// An open socket: a stream of [`Frame`]s that ends after [`Frame::Closed`] or an error. Pings are answered while it is
/// read. Dropping it closes the connection.
pub struct Socket {
    vendor: String,
    reconnects: Counter,
    inner: WebSocketStream<Upgraded>,
    is_over: bool,
}

/// What came.
#[derive(Clone, PartialEq, Eq)]
pub enum Frame {
    /// Text, JSON mostly.
    Text(String),
    /// Bytes, audio mostly.
    Binary(Bytes),
    /// The vendor closed the connection properly. Without a code it gave none.
    Closed {
        /// Close code.
        code: Option<u16>,
        /// For people.
        reason: String,
    },
}

/// Messages of a conversation that are not as documented. A vendor that changed one may send it many times a second.
#[derive(Debug, Default)]
pub struct Oddities(AtomicBool);

impl Oddities {
    fn note(&self, vendor: &str, err: &ProviderError) {
        if self.0.swap(true, Ordering::Relaxed) {
            debug!(
                event = "provider.message_ignored",
                provider.name = vendor,
                error = err as &dyn std::error::Error,
                "Left out another message"
            );
        } else {
            warn!(
                event = "provider.message_odd",
                provider.name = vendor,
                error = err as &dyn std::error::Error,
                "Left out a message, and will do so with others like it"
            );
        }
    }
}

impl Frame {
    /// Reads a message in JSON. One of another shape than documented is as good as unknown: it is logged, without what it
    /// says, and left out, as a frame without a message is.
    ///
    /// # Errors
    /// [`errors::malformed`] when it is no JSON.
    pub fn json<T: DeserializeOwned>(
        &self,
        vendor: &str,
        oddities: &Oddities,
    ) -> Result<Option<T>, ProviderError> {
        let message = match self {
            Self::Text(text) => serde_json::from_str(text),
            Self::Binary(bytes) => serde_json::from_slice(bytes),
            Self::Closed { .. } => return Ok(None),
        };
        match message {
            Ok(message) => Ok(Some(message)),
            Err(err) if err.is_data() => {
                oddities.note(vendor, &errors::malformed(vendor, &err));
                Ok(None)
            }
            Err(err) => Err(errors::malformed(vendor, &err)),
        }
    }
}

/// Close codes that another connection may cure: going away, no code, broken off, internal error, restart, overload, TLS.
const CURABLE: [u16; 7] = [1001, 1005, 1006, 1011, 1012, 1013, 1015];

/// Whether a connection that was closed with this code is worth another one. One that ended without a code is.
pub fn is_curable(code: Option<u16>) -> bool {
    code.is_none_or(|code| CURABLE.contains(&code))
}

/// Opens the first connection of a conversation, with `open`. Where that fails for a reason that passes by, or the vendor
/// asks for a short break, it is tried once more; nothing was said or heard yet. Later connections have their adapters' own
/// patience.
///
/// # Errors
/// What `open` says; unavailable when it takes longer than 5 s in all.
pub async fn begin<T, F>(account: &Account, open: impl Fn() -> F + Send + Sync) -> Result<T, ProviderError>
where
    T: Send,
    F: Future<Output = Result<T, ProviderError>> + Send,
{
    let provider = account.provider.as_str();
    let until = Instant::now() + BEGIN_LIMIT;
    let late = |_| Err(errors::unavailable(provider, "no conversation in time"));
    let refused = match timeout_at(until, open()).await.unwrap_or_else(late) {
        Ok(opened) => return Ok(opened),
        Err(err) => err,
    };
    let Some(wait) = BEGIN_AGAIN.wait(1, &refused.kind, None, refused.retry_after, rand::random()) else {
        return Err(refused);
    };
    debug!(
        event = "provider.asked_again",
        provider.name = provider,
        wait_ms = wait.as_millis(),
        error = &refused as &dyn std::error::Error,
        "Calling {provider} again"
    );
    let again = async {
        sleep(wait).await;
        open().await
    };
    // Why it was refused says more than that there was no time to ask again.
    timeout_at(until, again).await.unwrap_or(Err(refused))
}

/// Opens a socket: `make` makes a GET of the `http` or `https` address with the vendor's headers.
///
/// # Errors
/// [`ProviderError`] as [`errors`] sorts them, unavailable when it takes longer than the limit. Nothing is tried again.
pub async fn connect(
    http: &HttpClient,
    account: &Account,
    limit: Duration,
    make: impl FnOnce(&Client) -> RequestBuilder + Send,
) -> Result<Socket, ProviderError> {
    timeout(limit, open(http, account, make))
        .await
        .unwrap_or_else(|_| Err(errors::unavailable(&account.provider, "no connection in time")))
}

async fn open(
    http: &HttpClient,
    account: &Account,
    make: impl FnOnce(&Client) -> RequestBuilder + Send,
) -> Result<Socket, ProviderError> {
    let provider = account.provider.as_str();
    let key = generate_key();
    let sent = http.send_once(account, |client| {
        make(client)
            .header(CONNECTION, "Upgrade")
            .header(UPGRADE, "websocket")
            .header(SEC_WEBSOCKET_VERSION, "13")
            .header(SEC_WEBSOCKET_KEY, &key)
    });
    let response = sent.await.map_err(|unsent| unsent.into_error(provider))?;
    if !response.status().is_success() && response.status() != StatusCode::SWITCHING_PROTOCOLS {
        return Err(refusal(account, response).await);
    }
    if !is_accepted(&response, &key) {
        return Err(errors::failed(provider, "it does not speak WebSocket"));
    }
    let upgraded = response.upgrade().await;
    let upgraded = upgraded.map_err(|err| Unsent::from(err).into_error(provider))?;
    let config = WebSocketConfig::default()
        .max_message_size(Some(MAX_MESSAGE_BYTES))
        .max_frame_size(Some(MAX_MESSAGE_BYTES))
        .read_buffer_size(READ_BUFFER_BYTES);
    debug!(
        event = "provider.connected",
        provider.name = provider,
        "Opened a WebSocket to {provider}"
    );
    Ok(Socket {
        vendor: provider.to_owned(),
        reconnects: http.repeats().reconnects.clone(),
        inner: WebSocketStream::from_raw_socket(upgraded, Role::Client, Some(config)).await,
        is_over: false,
    })
}

fn is_accepted(response: &Response, key: &str) -> bool {
    let accept = response.headers().get(SEC_WEBSOCKET_ACCEPT);
    response.status() == StatusCode::SWITCHING_PROTOCOLS
        && accept.is_some_and(|accept| accept == derive_accept_key(key.as_bytes()).as_str())
}

impl Socket {
    /// A conversation that had another socket goes on with this one.
    pub fn takes_over(&self) {
        self.reconnects.increment(1);
        let provider = self.vendor.as_str();
        info!(
            event = "provider.reconnected",
            provider.name = provider,
            "Goes on with {provider} on another connection"
        );
    }

    /// Sends text and waits until the system took it.
    ///
    /// # Errors
    /// Unavailable when the connection is gone, or the vendor takes nothing for 5 s.
    pub async fn send_text(&mut self, text: impl Into<String> + Send) -> Result<(), ProviderError> {
        self.send(Message::text(text.into())).await
    }

    /// Sends bytes and waits until the system took them.
    ///
    /// # Errors
    /// As [`Self::send_text`].
    pub async fn send_binary(&mut self, bytes: impl Into<Bytes> + Send) -> Result<(), ProviderError> {
        self.send(Message::binary(bytes)).await
    }

    /// Asks whether the vendor is there, on the WebSocket itself; nobody waits for the answer.
    ///
    /// # Errors
    /// As [`Self::send_text`].
    pub async fn ping(&mut self) -> Result<(), ProviderError> {
        self.send(Message::Ping(Bytes::new())).await
    }

    /// Says goodbye and closes the connection, without waiting for the vendor to answer.
    pub async fn close(mut self) {
        let goodbye = CloseFrame {
            code: CloseCode::Normal,
            reason: "".into(),
        };
        // Whoever does not take it is gone, and that is what was wanted.
        let _ = timeout(CLOSE_LIMIT, self.inner.close(Some(goodbye))).await;
    }

    async fn send(&mut self, message: Message) -> Result<(), ProviderError> {
        timeout(SEND_LIMIT, self.inner.send(message))
            .await
            .map_err(|_| errors::unavailable(&self.vendor, "it takes no more messages"))?
            .map_err(|err| errors::unavailable(&self.vendor, err))
    }
}

impl Stream for Socket {
    type Item = Result<Frame, ProviderError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            if this.is_over {
                return Poll::Ready(None);
            }
            let frame = match std::task::ready!(this.inner.poll_next_unpin(cx)) {
                Some(Ok(Message::Text(text))) => Ok(Frame::Text(text.as_str().to_owned())),
                Some(Ok(Message::Binary(bytes))) => Ok(Frame::Binary(bytes)),
                Some(Ok(Message::Close(frame))) => {
                    this.is_over = true;
                    Ok(closed(frame))
                }
                // Answered by the library.
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => continue,
                Some(Err(Error::Capacity(_))) => {
                    this.is_over = true;
                    Err(errors::failed(&this.vendor, "a message is too long"))
                }
                Some(Err(err)) => {
                    this.is_over = true;
                    Err(errors::unavailable(&this.vendor, err))
                }
                None => {
                    this.is_over = true;
                    Err(errors::unavailable(&this.vendor, "it hung up"))
                }
            };
            return Poll::Ready(Some(frame));
        }
    }
}

fn closed(frame: Option<CloseFrame>) -> Frame {
    let (code, reason) = frame
        .map(|frame| (u16::from(frame.code), frame.reason.as_str().to_owned()))
        .unzip();
    Frame::Closed {
        code,
        reason: reason.unwrap_or_default(),
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        debug!(
            event = "provider.closed",
            provider.name = self.vendor,
            "Closed the WebSocket to {}",
            self.vendor
        );
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket")
            .field("vendor", &self.vendor)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Frame {
    /// Without what was said.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "Text({} bytes)", text.len()),
            Self::Binary(bytes) => write!(f, "Binary({} bytes)", bytes.len()),
            Self::Closed { code, .. } => write!(f, "Closed({code:?})"),
        }
    }
}
