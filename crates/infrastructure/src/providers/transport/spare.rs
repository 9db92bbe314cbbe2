//! The connection that takes the place of one that gets too old. It is opened first; until it is, the old one stays.

use std::future::pending;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use tokio::time::Instant;
use tracing::debug;
use viva_domain::ports::ProviderError;

use super::Account;
use super::socket::{Frame, Socket};

/// After a failure the next try is so much later; the old connection is still there.
const PAUSE: Duration = Duration::from_mins(1);

/// What there is of it.
pub enum Spare {
    /// Nothing before this moment; `None` is never.
    Due(Option<Instant>),
    /// It is being opened.
    Calling(BoxFuture<'static, Result<Socket, ProviderError>>),
    /// It waits for a moment in which nobody speaks.
    Ready(Box<Socket>),
}

impl Spare {
    /// One for a connection that is opened now and may get this old.
    pub fn after(age: Option<Duration>) -> Self {
        Self::Due(age.map(|age| Instant::now() + age))
    }

    /// When it has to be opened.
    pub fn due(&self) -> Option<Instant> {
        match self {
            Self::Due(moment) => *moment,
            Self::Calling(_) | Self::Ready(_) => None,
        }
    }

    /// Waits until it is open, or has broken. Dropping the future loses nothing.
    pub async fn change(&mut self, account: &Account) {
        let loss = match self {
            Self::Due(_) => pending().await,
            Self::Calling(call) => match call.await {
                Ok(socket) => {
                    *self = Self::Ready(Box::new(socket));
                    return;
                }
                Err(err) => Some(err),
            },
            Self::Ready(socket) => loop {
                match socket.next().await {
                    // Nothing was asked of it.
                    Some(Ok(Frame::Text(_) | Frame::Binary(_))) => {}
                    Some(Ok(Frame::Closed { .. })) | None => break None,
                    Some(Err(err)) => break Some(err),
                }
            },
        };
        let provider = account.provider.as_str();
        let error = loss.as_ref().map(|err| err as &dyn std::error::Error);
        debug!(
            event = "provider.spare_lost",
            provider.name = provider,
            error,
            "No new connection to {provider} yet"
        );
        *self = Self::after(Some(PAUSE));
    }

    /// Whether it is open.
    pub fn is_ready(&self) -> bool {
        matches!(self, Self::Ready(_))
    }

    /// The connection, once it is open; the next one is due when it gets this old.
    pub fn take(&mut self, age: Option<Duration>) -> Option<Box<Socket>> {
        match std::mem::replace(self, Self::Due(None)) {
            Self::Ready(socket) => {
                *self = Self::after(age);
                Some(socket)
            }
            other => {
                *self = other;
                None
            }
        }
    }
}
