//! Opens connections.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use tokio::time::{sleep, timeout};
use viva_domain::ports::{ProviderError, ProviderErrorKind};

use super::closing::Closing;
use super::wire::{ClientMessage, ServerMessage, Setup};
use crate::providers::gemini::KEY;
use crate::providers::gemini::address::versioned;
use crate::providers::transport::socket::{Frame, Oddities, Socket, begin, connect};
use crate::providers::transport::{Account, HttpClient, errors};

/// The vendor's own hosts, where nothing goes without a key.
const DOMAIN: &str = "googleapis.com";
/// A handshake that takes longer has failed.
const LIMIT: Duration = Duration::from_secs(5);
/// Waits before attempts to go on.
const WAITS: [Duration; 4] = [
    Duration::ZERO,
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
];
/// All attempts to go on together: somebody waits.
const LIMIT_OF_ALL: Duration = Duration::from_secs(8);

/// Opens connections of one conversation.
#[derive(Debug, Clone)]
pub(super) struct Dialer {
    http: HttpClient,
    account: Account,
    setup: Setup,
    oddities: Arc<Oddities>,
}

impl Dialer {
    pub(super) fn new(http: HttpClient, account: Account, setup: Setup) -> Self {
        Self {
            http,
            account,
            setup,
            oddities: Arc::default(),
        }
    }

    pub(super) fn account(&self) -> &Account {
        &self.account
    }

    pub(super) fn provider(&self) -> &str {
        &self.account.provider
    }

    /// Opens the first connection; tries again once.
    pub(super) async fn dial(&self) -> Result<Socket, ProviderError> {
        begin(&self.account, || self.dial_with(&self.setup)).await
    }

    /// Opens a connection that goes on from a handle; tries again for a while.
    pub(super) async fn dial_again(&self, handle: &str) -> Result<Socket, ProviderError> {
        let setup = self.setup.resuming(handle);
        let attempts = async {
            let mut result = Err(errors::unavailable(self.provider(), "no attempt was made"));
            for wait in WAITS {
                sleep(wait).await;
                result = self.dial_with(&setup).await;
                let is_out = |err: &ProviderError| err.kind == ProviderErrorKind::Unavailable;
                if !result.as_ref().is_err_and(is_out) {
                    break;
                }
            }
            result
        };
        timeout(LIMIT_OF_ALL, attempts)
            .await
            .unwrap_or_else(|_| Err(errors::unavailable(self.provider(), "no conversation in time")))
    }

    async fn dial_with(&self, setup: &Setup) -> Result<Socket, ProviderError> {
        let key = self.account.header_beyond(DOMAIN, "")?;
        let url = self.url();
        let mut socket = connect(&self.http, &self.account, LIMIT, |client| {
            let request = client.get(url);
            match key {
                Some(key) => request.header(KEY, key),
                None => request,
            }
        })
        .await?;
        let setup = ClientMessage::Setup(Box::new(setup.clone()));
        // A server that refused before it read says why.
        let sent = self.send(&mut socket, &setup).await;
        self.wait_for_setup(&mut socket).await?;
        sent.map(|()| socket)
    }

    async fn wait_for_setup(&self, socket: &mut Socket) -> Result<(), ProviderError> {
        while let Some(frame) = socket.next().await {
            match frame? {
                Frame::Closed { code, reason } => {
                    return Err(Closing::of(code, &reason, &self.account, false).err);
                }
                frame => {
                    if self.read(&frame)?.setup_complete.is_some() {
                        return Ok(());
                    }
                }
            }
        }
        Err(errors::unavailable(self.provider(), "it hung up"))
    }

    /// Sends a message.
    pub(super) async fn send(
        &self,
        socket: &mut Socket,
        message: &ClientMessage,
    ) -> Result<(), ProviderError> {
        let text = serde_json::to_string(message).map_err(|err| errors::malformed(self.provider(), &err))?;
        socket.send_text(text).await
    }

    /// Reads a message; the server sends them as text and as bytes.
    pub(super) fn read(&self, frame: &Frame) -> Result<ServerMessage, ProviderError> {
        let message = frame.json(self.provider(), &self.oddities);
        message.map(Option::unwrap_or_default)
    }

    /// The address of the service.
    fn url(&self) -> reqwest::Url {
        let (mut url, version) = versioned(&self.account.base_url);
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.push("ws").push(&format!(
                "google.ai.generativelanguage.{version}.GenerativeService.BidiGenerateContent"
            ));
        }
        url
    }
}
