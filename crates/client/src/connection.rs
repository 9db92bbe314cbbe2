use std::time::Duration;

use futures_util::{Sink, Stream};
use reqwest::header::AUTHORIZATION;
use tokio::time::timeout;
use tokio_tungstenite::Connector;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use viva_protocol::WEBSOCKET_PATH;
use viva_protocol::ws::{ClientMessage, ConnectionReady, ServerEnvelope, ServerMessage, StartSession};

use crate::conversation::{Conversation, ResumeTicket, text};
use crate::link::{Incoming, Link};
use crate::rest::{CONNECT_LIMIT, refusal_of};
use crate::{Client, ClientError, tls};

/// How long the server may take to say that it is ready.
const READY_LIMIT: Duration = Duration::from_secs(10);

/// How long the server may take to start or resume a session: it may have to reach a provider first.
const SESSION_LIMIT: Duration = Duration::from_mins(1);

/// Largest message that is read: far above what a server sends, far below what would hurt.
const MAX_INCOMING_BYTES: usize = 4 * 1024 * 1024;

/// Read buffer of a connection. A few audio frames fit; the default of 128 KiB would rule the memory of a load test.
const READ_BUFFER_BYTES: usize = 16 * 1024;

/// An open connection without a session.
///
/// Nothing is left running when it is dropped; the server then sees a broken connection.
#[derive(Debug)]
pub struct Connection {
    link: Link,
    ready: ConnectionReady,
}

impl Client {
    /// Opens a WebSocket and waits until the server is ready.
    ///
    /// # Errors
    /// [`ClientError::Unreachable`], [`ClientError::Problem`] or [`ClientError::Status`] when the server refuses the
    /// upgrade, [`ClientError::Timeout`] when it takes more than 10 s for either step.
    pub async fn connect(&self) -> Result<Connection, ClientError> {
        let mut url = self.url(WEBSOCKET_PATH)?;
        let (scheme, connector) = if self.base.scheme() == "https" {
            (
                "wss",
                tls::connector().map_err(|err| ClientError::Answer { source: err.into() })?,
            )
        } else {
            ("ws", Connector::Plain)
        };
        url.set_scheme(scheme).map_err(|()| ClientError::Address {
            address: self.base.to_string(),
        })?;
        let unreachable = |source: Error| match source {
            Error::Http(response) => refusal_of(
                response.status().as_u16(),
                response.body().as_deref().unwrap_or_default(),
            ),
            other => ClientError::Unreachable {
                url: url.to_string(),
                source: other.into(),
            },
        };
        let mut request = url.as_str().into_client_request().map_err(unreachable)?;
        if let Some(authorization) = &self.authorization {
            request.headers_mut().insert(AUTHORIZATION, authorization.clone());
        }
        let config = WebSocketConfig::default()
            .max_message_size(Some(MAX_INCOMING_BYTES))
            .read_buffer_size(READ_BUFFER_BYTES);
        let socket =
            tokio_tungstenite::connect_async_tls_with_config(request, Some(config), true, Some(connector));
        let (socket, _) = timeout(CONNECT_LIMIT, socket)
            .await
            .map_err(|_| ClientError::Timeout {
                what: "connection",
                limit: CONNECT_LIMIT,
            })?
            .map_err(unreachable)?;
        Connection::over(socket).await
    }
}

impl Connection {
    /// Takes a WebSocket that is open already, and waits until the server is ready.
    ///
    /// # Errors
    /// [`ClientError::Closed`], [`ClientError::Refused`], or [`ClientError::Timeout`] after 10 s.
    pub async fn over<S>(socket: S) -> Result<Self, ClientError>
    where
        S: Stream<Item = Result<Message, Error>> + Sink<Message, Error = Error> + Send + 'static,
    {
        let mut link = Link::open(socket);
        let ready = wait_for(&mut link, "greeting", READY_LIMIT, |envelope| {
            match envelope.message {
                ServerMessage::ConnectionReady(ready) => Some(ready),
                _ => None,
            }
        });
        let ready = ready.await?;
        Ok(Self { link, ready })
    }

    /// What the server said when the connection opened.
    pub fn ready(&self) -> &ConnectionReady {
        &self.ready
    }

    /// Starts a session.
    ///
    /// # Errors
    /// [`ClientError::Refused`] when the server says no, [`ClientError::Closed`], or [`ClientError::Timeout`] after 60 s.
    pub async fn start(mut self, start: StartSession) -> Result<Conversation, ClientError> {
        self.send(&ClientMessage::StartSession(Box::new(start))).await?;
        let (started, seq) = wait_for(
            &mut self.link,
            "session",
            SESSION_LIMIT,
            |envelope| match envelope.message {
                ServerMessage::SessionStarted(started) => Some((started, envelope.seq)),
                _ => None,
            },
        )
        .await?;
        Ok(Conversation::new(self.link, ResumeTicket::new(started, seq)))
    }

    /// Takes a session back after its connection broke.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with `RESUME_EXPIRED` when the session is over, [`ClientError::Closed`], or
    /// [`ClientError::Timeout`] after 60 s.
    pub async fn resume(mut self, ticket: ResumeTicket) -> Result<Conversation, ClientError> {
        self.send(&ClientMessage::ResumeSession(ticket.request())).await?;
        wait_for(&mut self.link, "session", SESSION_LIMIT, |envelope| {
            matches!(envelope.message, ServerMessage::SessionResumed(_)).then_some(())
        })
        .await?;
        Ok(Conversation::new(self.link, ticket))
    }

    async fn send(&mut self, message: &ClientMessage) -> Result<(), ClientError> {
        // A closed queue means that the writer failed; what the reader then says tells why.
        self.link.outgoing.send(text(message)).await.or(Ok(()))
    }
}

/// Waits for the message that `pick` takes; an `error` is a refusal.
async fn wait_for<T>(
    link: &mut Link,
    what: &'static str,
    limit: Duration,
    pick: impl Fn(ServerEnvelope) -> Option<T>,
) -> Result<T, ClientError> {
    let found = async {
        loop {
            match link.incoming.recv().await {
                Some(Incoming::Message(ServerEnvelope {
                    message: ServerMessage::Error(error),
                    ..
                })) => {
                    return Err(ClientError::Refused(Box::new(error)));
                }
                Some(Incoming::Message(envelope)) => {
                    if let Some(found) = pick(envelope) {
                        return Ok(found);
                    }
                }
                Some(Incoming::Audio { .. }) => {}
                Some(Incoming::Closed { code, reason }) => return Err(ClientError::Closed { code, reason }),
                None => {
                    return Err(ClientError::Closed {
                        code: None,
                        reason: String::new(),
                    });
                }
            }
        }
    };
    timeout(limit, found)
        .await
        .unwrap_or(Err(ClientError::Timeout { what, limit }))
}
