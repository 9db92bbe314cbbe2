use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message};
use bytes::Bytes;
use futures_util::{Sink, SinkExt};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info};
use viva_application::sessions::{AudioOut, HangUp, LinkEnd, Outgoing, SessionMessage};
use viva_domain::ids::SessionId;
use viva_domain::turns::Event;
use viva_protocol::ws::{CLOSE_REPLACED, CLOSE_SLOW_CLIENT, ErrorCode, ErrorMessage, ServerMessage};

use super::audio_format::AudioFormat;
use super::connection::{Ending, FirstAudio, ToClient};
use super::encode;

/// How long one write may take. A client that takes nothing for so long is let go.
const STUCK: Duration = Duration::from_secs(5);

/// What the writer knows of a session.
pub(super) struct SessionOutput {
    id: SessionId,
    outgoing: mpsc::Receiver<Outgoing>,
    hung_up: oneshot::Receiver<HangUp>,
    format: AudioFormat,
    over: CancellationToken,
}

impl SessionOutput {
    /// `over` is cancelled before the client learns that the session is over, so that it can start another one at once.
    pub(super) fn new(id: SessionId, end: LinkEnd, format: AudioFormat, over: CancellationToken) -> Self {
        Self {
            id,
            outgoing: end.outgoing,
            hung_up: end.hung_up,
            format,
            over,
        }
    }

    /// The next thing to do about the session.
    async fn next(&mut self) -> Next {
        tokio::select! {
            biased;
            why = hung_up(&mut self.hung_up) => Next::HangUp(why),
            outgoing = self.outgoing.recv() => Next::Session(outgoing),
        }
    }
}

/// Writes replies and what the session says.
pub(super) struct Writer<O> {
    outgoing: O,
    inbox: mpsc::Receiver<ToClient>,
    first_audio: mpsc::Sender<FirstAudio>,
    session: Option<SessionOutput>,
}

enum Next {
    HangUp(HangUp),
    Session(Option<Outgoing>),
    Connection(Option<ToClient>),
}

impl<O: Sink<Message> + Unpin> Writer<O> {
    pub(super) fn new(
        outgoing: O,
        inbox: mpsc::Receiver<ToClient>,
        first_audio: mpsc::Sender<FirstAudio>,
    ) -> Self {
        Self {
            outgoing,
            inbox,
            first_audio,
            session: None,
        }
    }

    /// Writes until the connection ends.
    pub(super) async fn run(&mut self, first: ServerMessage) -> Ending {
        let Err(ending) = self.write_all(first).await;
        ending
    }

    async fn write_all(&mut self, first: ServerMessage) -> Result<std::convert::Infallible, Ending> {
        self.write(encode::text(None, first)).await?;
        loop {
            let next = tokio::select! {
                next = next_of(&mut self.session) => next,
                to_client = self.inbox.recv() => Next::Connection(to_client),
            };
            match next {
                Next::HangUp(why) => return Err(let_go(why)),
                Next::Session(Some(Outgoing::Message { seq, message })) => {
                    self.on_message(seq, message).await?;
                }
                Next::Session(Some(Outgoing::Audio(audio))) => self.on_audio(&audio).await?,
                Next::Session(None) => self.on_session_gone().await?,
                Next::Connection(Some(to_client)) => self.on_to_client(to_client).await?,
                Next::Connection(None) => return Err(Ending::Lost),
            }
        }
    }

    async fn on_to_client(&mut self, to_client: ToClient) -> Result<(), Ending> {
        match to_client {
            ToClient::Reply(message) => self.write(encode::text(None, *message)).await.map(drop),
            ToClient::Ping => self.write(Message::Ping(Bytes::new())).await.map(drop),
            ToClient::Close(frame) => Err(Ending::Close(frame)),
            ToClient::Session(session) => {
                self.session = Some(session);
                Ok(())
            }
        }
    }

    async fn on_message(&mut self, seq: Option<u32>, message: SessionMessage) -> Result<(), Ending> {
        let Some(session) = &self.session else {
            return Ok(());
        };
        if matches!(message, SessionMessage::Event(Event::SessionEnded { .. })) {
            session.over.cancel();
        }
        if let Some(message) = encode::message(message, session.id, session.format) {
            self.write(encode::text(seq, message)).await?;
        }
        Ok(())
    }

    async fn on_audio(&mut self, audio: &AudioOut) -> Result<(), Ending> {
        let Some(session) = &self.session else {
            return Ok(());
        };
        let at = self.write(encode::audio(audio, session.format)).await?;
        if audio.is_first()
            && self
                .first_audio
                .try_send(FirstAudio { turn: audio.turn, at })
                .is_err()
        {
            debug!(
                event = "connection.first_audio_unnoted",
                "Nobody took note of when an answer was sent"
            );
        }
        Ok(())
    }

    /// The session said everything, or broke off.
    async fn on_session_gone(&mut self) -> Result<(), Ending> {
        let Some(mut session) = self.session.take() else {
            return Ok(());
        };
        // The session may have hung up and gone at the same time.
        if let Ok(why) = session.hung_up.try_recv() {
            return Err(let_go(why));
        }
        if session.over.is_cancelled() {
            return Ok(());
        }
        debug!(event = "connection.session_gone", session.id = %session.id, "The session of a connection is gone");
        session.over.cancel();
        let broke_off = ErrorMessage {
            code: ErrorCode::InternalError,
            message: "the session broke off; start a new one".to_owned(),
            recoverable: false,
            details: None,
            retry_after_ms: None,
        };
        self.write(encode::text(None, ServerMessage::Error(broke_off)))
            .await?;
        Ok(())
    }

    /// Writes a message and answers when that was done. Returns early when the connection shall be closed.
    async fn write(&mut self, message: Message) -> Result<Instant, Ending> {
        tokio::select! {
            biased;
            why = hung_up_on(&mut self.session) => Err(let_go(why)),
            written = timeout(STUCK, self.outgoing.send(message)) => match written {
                Ok(Ok(())) => Ok(Instant::now()),
                Ok(Err(_)) => Err(Ending::Lost),
                Err(_) => Err(let_go(HangUp::SlowClient)),
            },
        }
    }
}

/// Never comes without a session.
async fn next_of(session: &mut Option<SessionOutput>) -> Next {
    match session {
        Some(session) => session.next().await,
        None => std::future::pending().await,
    }
}

async fn hung_up_on(session: &mut Option<SessionOutput>) -> HangUp {
    match session {
        Some(session) => hung_up(&mut session.hung_up).await,
        None => std::future::pending().await,
    }
}

/// Resolves when the session wants the connection closed; never when it ended in peace.
async fn hung_up(receiver: &mut oneshot::Receiver<HangUp>) -> HangUp {
    if !receiver.is_terminated()
        && let Ok(why) = receiver.await
    {
        return why;
    }
    std::future::pending().await
}

fn let_go(why: HangUp) -> Ending {
    let (code, reason) = match why {
        HangUp::SlowClient => (CLOSE_SLOW_CLIENT, "the client takes nothing"),
        HangUp::Replaced => (CLOSE_REPLACED, "another connection resumed this session"),
    };
    info!(
        event = "connection.hung_up",
        ws.close_code = code,
        "Closing a connection: {reason}"
    );
    Ending::Close(CloseFrame {
        code,
        reason: reason.into(),
    })
}
