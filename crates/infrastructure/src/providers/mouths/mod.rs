//! Text-to-speech over a WebSocket: what the adapters share.
//!
//! A [`Dialect`] knows what a vendor says and takes of one text; it does no I/O and reads no clock. A [`Mouth`] opens the
//! connections. While a text is spoken it has a connection for itself, which is closed when nobody wants the rest; one on
//! which a text was spoken to its end is kept for the next one.
//!
//! [`Words`] finds the words of which a vendor says when it speaks them.

#[cfg(test)]
pub(super) mod cases;
mod spares;
mod speaking;
mod words;

use std::time::Duration;

use reqwest::Url;
use reqwest::header::{HeaderName, HeaderValue};
use serde::Serialize;
use tracing::debug;
use viva_domain::ports::{ProviderError, SpeechPart, SpeechStream};

use self::spares::Spares;
use self::speaking::Speaking;
pub(super) use self::words::Words;
use super::transport::socket::{Frame, Socket, begin, connect};
use super::transport::{Account, HttpClient, errors, pcm, with_headers};

/// A handshake that takes longer has failed.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// How a vendor speaks one text.
pub(super) trait Dialect: Send + 'static {
    /// What asks for the text, in order. Asked again where a connection that was kept turns out to be gone.
    fn ask(&self) -> Vec<String>;

    /// Takes what the vendor sends, and adds what of the speech is in it; audio is never empty. What it sends of other texts
    /// changes nothing.
    ///
    /// # Errors
    /// Why the speech cannot go on.
    fn hear(&mut self, frame: &Frame, parts: &mut Vec<SpeechPart>) -> Result<Progress, ProviderError>;
}

/// Whether more of a speech comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// More may come.
    GoesOn,
    /// It is all there, and the connection takes another text.
    Over,
}

/// The connection that a text needs.
#[derive(Debug, Clone)]
pub(super) struct Line {
    /// Connections of the same address are as good as each other: what they are opened with stands there.
    pub(super) url: Url,
    /// The key, and what else the vendor insists on.
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
}

/// The connections of an adapter. Clones share those that are kept.
#[derive(Debug, Clone)]
pub(super) struct Mouth {
    pub(super) account: Account,
    http: HttpClient,
    spares: Spares,
}

impl Mouth {
    pub(super) fn new(account: Account, http: HttpClient) -> Self {
        Self {
            account,
            http,
            spares: Spares::default(),
        }
    }

    /// Asks for a text; ready when it is on its way.
    pub(super) async fn speak(
        &self,
        line: Line,
        dialect: impl Dialect,
    ) -> Result<SpeechStream, ProviderError> {
        let provider = self.account.provider.as_str();
        let speaking = Speaking::begin(self.clone(), line, dialect).await?;
        debug!(
            event = "tts.began",
            provider.name = provider,
            "{provider} began to speak"
        );
        Ok(speaking.stream())
    }

    async fn open(&self, line: &Line) -> Result<Socket, ProviderError> {
        begin(&self.account, || {
            connect(&self.http, &self.account, CONNECT_LIMIT, |client| {
                with_headers(client.get(line.url.clone()), &line.headers)
            })
        })
        .await
    }
}

/// Adds audio that came in base64; answers how many samples it has.
pub(super) fn add_base64(
    provider: &str,
    decoder: &mut pcm::Decoder,
    data: &str,
    parts: &mut Vec<SpeechPart>,
) -> Result<usize, ProviderError> {
    let samples = decoder.push_base64(data);
    let samples = samples.map_err(|message| errors::failed(provider, message))?;
    let count = samples.len();
    if count > 0 {
        parts.push(SpeechPart::Audio(samples));
    }
    Ok(count)
}

/// A message of a dialect.
pub(super) fn json(message: &impl Serialize) -> String {
    serde_json::to_string(message).expect("messages are plain structs with text keys")
}

/// What no other text is called on any connection: one may still bring what belongs to the text before.
pub(super) fn new_context() -> String {
    format!("{:032x}", rand::random::<u128>())
}
