use std::collections::VecDeque;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use reqwest::StatusCode;
use tokio::time::{Instant, timeout_at};
use tracing::debug;
use viva_domain::ports::{ProviderError, SpeechPart, SpeechStream};

use super::{Dialect, Line, Mouth, Progress};
use crate::providers::transport::errors::{self, Complaint};
use crate::providers::transport::socket::{Frame, Socket, is_curable};

/// A vendor of which nothing more comes for this long is gone.
const STALL_LIMIT: Duration = Duration::from_secs(30);

/// A text that is being spoken. Dropping it closes its connection.
pub(super) struct Speaking<D> {
    mouth: Mouth,
    line: Line,
    dialect: D,
    /// `None` when nothing more comes.
    socket: Option<Socket>,
    /// It was kept from an earlier text, and nothing was heard of this one.
    is_spare: bool,
    /// Something of the text was heard.
    is_heard: bool,
    /// Until when something has to be heard of it. Counts from when somebody listens: a text may be asked for while the one
    /// before it is still spoken.
    patience: Option<Instant>,
    ready: VecDeque<SpeechPart>,
}

impl<D: Dialect> Speaking<D> {
    /// Asks for the text.
    pub(super) async fn begin(mouth: Mouth, line: Line, dialect: D) -> Result<Self, ProviderError> {
        let spare = mouth.spares.take(&line.url);
        let mut speaking = Self {
            is_spare: spare.is_some(),
            is_heard: false,
            patience: None,
            socket: spare,
            mouth,
            line,
            dialect,
            ready: VecDeque::new(),
        };
        if !speaking.is_spare || speaking.ask().await.is_err() {
            speaking.begin_anew().await?;
        }
        Ok(speaking)
    }

    /// Every part as it comes.
    pub(super) fn stream(self) -> SpeechStream {
        let next = |mut speaking: Self| async {
            let part = speaking.next().await?;
            if part.is_err() {
                speaking.socket = None;
                speaking.ready.clear();
            }
            Some((part, speaking))
        };
        stream::unfold(self, next).fuse().boxed()
    }

    async fn next(&mut self) -> Option<Result<SpeechPart, ProviderError>> {
        loop {
            if let Some(part) = self.ready.pop_front() {
                return Some(Ok(part));
            }
            let until = self.until();
            let socket = self.socket.as_mut()?;
            let frame = match timeout_at(until, socket.next()).await {
                Ok(frame) => frame.unwrap_or_else(|| Err(self.unavailable("it hung up"))),
                Err(_) => Err(self.unavailable("nothing came for too long")),
            };
            if let Err(err) = self.take(frame).await {
                return Some(Err(err));
            }
        }
    }

    /// How long it is waited for what comes next.
    fn until(&mut self) -> Instant {
        let now = Instant::now();
        if self.is_heard {
            return now + STALL_LIMIT;
        }
        let answer = self.mouth.http.limits().answer;
        *self.patience.get_or_insert(now + answer)
    }

    async fn take(&mut self, frame: Result<Frame, ProviderError>) -> Result<(), ProviderError> {
        let is_gone = matches!(frame, Err(_) | Ok(Frame::Closed { .. }));
        // It may have been gone before it was asked, and nobody knew.
        if is_gone && std::mem::take(&mut self.is_spare) {
            self.begin_anew().await?;
            self.socket.iter().for_each(Socket::takes_over);
            return Ok(());
        }
        let frame = frame?;
        if let Frame::Closed { code, reason } = &frame {
            return Err(self.closed(*code, reason));
        }
        let mut parts = Vec::new();
        let progress = self.dialect.hear(&frame, &mut parts)?;
        if !parts.is_empty() {
            self.is_heard = true;
            self.is_spare = false;
        }
        self.ready.extend(parts);
        if progress == Progress::Over
            && let Some(socket) = self.socket.take()
        {
            self.mouth.spares.keep(self.line.url.clone(), socket);
        }
        Ok(())
    }

    /// Asks on a new connection.
    async fn begin_anew(&mut self) -> Result<(), ProviderError> {
        self.is_spare = false;
        self.patience = None;
        self.socket = Some(self.mouth.open(&self.line).await?);
        self.ask().await
    }

    async fn ask(&mut self) -> Result<(), ProviderError> {
        if let Some(socket) = &mut self.socket {
            for message in self.dialect.ask() {
                socket.send_text(message).await?;
            }
        }
        Ok(())
    }

    /// The vendor closed the connection in the middle.
    fn closed(&self, code: Option<u16>, reason: &str) -> ProviderError {
        let account = &self.mouth.account;
        let provider = account.provider.as_str();
        debug!(
            event = "tts.hung_up",
            provider.name = provider,
            ws.close_code = code,
            "{provider} closed the connection"
        );
        if is_curable(code) {
            return self.unavailable("it closed the connection");
        }
        Complaint::new("", reason).into_error(account, None::<StatusCode>)
    }

    fn unavailable(&self, why: &'static str) -> ProviderError {
        errors::unavailable(&self.mouth.account.provider, why)
    }
}
