use std::time::Duration;

use axum::body::Bytes;
use axum::extract::ws::CloseFrame;
use futures_util::{Stream, StreamExt};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use tracing::field::display;
use tracing::{Span, debug, info};
use viva_application::sessions::{Connection, Link, LinkEnd, ProcessAudioError, SessionInput, UserAudio};
use viva_protocol::ws::{
    CLOSE_GOING_AWAY, CLOSE_POLICY_VIOLATION, CLOSE_TOO_BIG, ClientMessage, MAX_MESSAGE_BYTES, Pong,
    ResumeSession, ServerMessage, StartSession, SwitchMode,
};

use super::audio_format::AudioFormat;
use super::connection::{Context, FirstAudio, Received, ToClient};
use super::decode;
use super::offences::{Offences, Verdict};
use super::refusal::{Fault, Refusal};
use super::writer::SessionOutput;
use crate::convert::ms;

/// A client that says nothing for this long is asked for a sign of life, and is lost when it gives none for as long again.
const SILENCE: Duration = Duration::from_secs(15);
/// What is for a session that has just ended was under way, and is no mistake.
const UNDER_WAY: Duration = Duration::from_secs(5);
/// The close code of a client that is done (RFC 6455, normal closure).
const CLOSE_NORMAL: u16 = 1000;

/// Reads what the client says and hands it to the session.
pub(super) struct Reader<I> {
    incoming: I,
    to_writer: mpsc::Sender<ToClient>,
    first_audio: mpsc::Receiver<FirstAudio>,
    context: Context,
    opened: Instant,
    is_asked: bool,
    phase: Phase,
    offences: Offences,
}

/// What the connection carries.
enum Phase {
    NoSession,
    Live(Live),
    /// The session ended then.
    Over(Instant),
}

struct Live {
    connection: Connection,
    over: CancellationToken,
}

impl<I: Stream<Item = Received> + Unpin> Reader<I> {
    pub(super) fn new(
        incoming: I,
        to_writer: mpsc::Sender<ToClient>,
        first_audio: mpsc::Receiver<FirstAudio>,
        context: Context,
    ) -> Self {
        Self {
            incoming,
            to_writer,
            first_audio,
            context,
            opened: Instant::now(),
            is_asked: false,
            phase: Phase::NoSession,
            offences: Offences::default(),
        }
    }

    /// Reads until the client is lost.
    pub(super) async fn run(&mut self) {
        loop {
            tokio::select! {
                biased;
                () = session_over(&self.phase) => self.phase = Phase::Over(Instant::now()),
                () = self.context.stopping.cancelled(), if !matches!(self.phase, Phase::Live(_)) => {
                    self.close(CLOSE_GOING_AWAY, "the server shuts down").await;
                }
                Some(first) = self.first_audio.recv() => self.on_first_audio(first).await,
                received = timeout(SILENCE, self.incoming.next()) => match received {
                    Ok(Some(Received::Closed(code))) => return self.on_closed(code).await,
                    Ok(Some(received)) => self.on_received(received).await,
                    Ok(None) => return,
                    Err(_) if self.is_asked => return info!(event = "connection.silent", "A client gives no sign of life"),
                    Err(_) => self.ask_for_life().await,
                },
            }
        }
    }

    async fn on_first_audio(&mut self, FirstAudio { turn, at }: FirstAudio) {
        if let Phase::Live(live) = &self.phase {
            // A session that is over needs no latencies.
            let _ = live
                .connection
                .send(SessionInput::FirstAudioSent { turn, at })
                .await;
        }
    }

    /// The client is done with its session when it says so by the code; any other way of leaving is an accident.
    async fn on_closed(&mut self, code: Option<u16>) {
        if let (Some(CLOSE_NORMAL), Phase::Live(live)) = (code, &self.phase) {
            // A session that is over need not be ended.
            let _ = live.connection.send(SessionInput::End).await;
        }
    }

    async fn ask_for_life(&mut self) {
        self.is_asked = true;
        self.write(ToClient::Ping).await;
    }

    async fn on_received(&mut self, received: Received) {
        self.is_asked = false;
        let now = Instant::now();
        let done = match received {
            Received::Text(text) => self.on_text(&text, now).await,
            Received::Binary(message) => self.on_frame(message, now).await,
            Received::TooBig => self.on_too_big().await,
            Received::Alive | Received::Closed(_) => Ok(()),
        };
        if let Err(refusal) = done {
            self.refuse(refusal).await;
        }
    }

    async fn on_too_big(&mut self) -> Result<(), Refusal> {
        let refusal = Refusal::message(format!("a message has at most {MAX_MESSAGE_BYTES} bytes"));
        self.reply(ServerMessage::Error(refusal.error)).await;
        self.close(CLOSE_TOO_BIG, "message too big").await;
        Ok(())
    }

    async fn on_text(&mut self, text: &str, now: Instant) -> Result<(), Refusal> {
        match ClientMessage::parse(text)? {
            ClientMessage::StartSession(message) => self.start_session(*message).await,
            ClientMessage::ResumeSession(message) => self.resume_session(message).await,
            ClientMessage::AudioChunk(chunk) => self.on_audio(|| decode::audio_chunk(&chunk, now)).await,
            ClientMessage::Ready => self.tell(|| Ok(SessionInput::Ready)).await,
            ClientMessage::EndTurn => self.tell(|| Ok(SessionInput::EndTurn)).await,
            ClientMessage::Interrupt(message) => self.tell(|| decode::interrupt(message)).await,
            ClientMessage::UpdateSession(message) => self.tell(|| decode::update(message)).await,
            ClientMessage::SwitchMode(message) => self.switch_mode(&message).await,
            ClientMessage::Playback(report) => self.tell(|| decode::playback(report)).await,
            ClientMessage::EndSession => self.tell(|| Ok(SessionInput::End)).await,
            ClientMessage::Ping(ping) => {
                let server_timestamp = ms(now.duration_since(self.opened));
                let answer = Pong {
                    client_timestamp: ping.timestamp,
                    server_timestamp,
                };
                self.reply(ServerMessage::Pong(answer)).await;
                Ok(())
            }
            // The request that opened the connection said who asks.
            ClientMessage::Authenticate(_) | ClientMessage::Unknown => Ok(()),
        }
    }

    async fn start_session(&mut self, message: StartSession) -> Result<(), Refusal> {
        self.need_no_session()?;
        let format = AudioFormat::new(message.audio);
        let user_id = self.context.user_id;
        let (template, texts) = decode::prompt(&message);
        let written = self.context.templates.prompt(user_id, template, texts).await?;
        let request = decode::start_session(&message, user_id, written)?;
        let (link, end) = Link::new();
        let connection = self.context.sessions.start(request, link).await?;
        self.carry(connection, end, format).await;
        Ok(())
    }

    async fn resume_session(&mut self, message: ResumeSession) -> Result<(), Refusal> {
        self.need_no_session()?;
        let (format, secret) = AudioFormat::unseal(&message.resume_token);
        let request = decode::resume_session(&message, secret, self.context.user_id);
        let (link, end) = Link::new();
        let connection = self.context.sessions.resume(request, link).await?;
        self.carry(connection, end, format).await;
        Ok(())
    }

    async fn switch_mode(&mut self, message: &SwitchMode) -> Result<(), Refusal> {
        if self.connection(Fault::Message)?.is_none() {
            return Ok(());
        }
        let Context {
            sessions, user_id, ..
        } = &self.context;
        let input = decode::switch_mode(message, sessions, *user_id).await?;
        self.tell(|| Ok(input)).await
    }

    fn need_no_session(&self) -> Result<(), Refusal> {
        match self.phase {
            Phase::Live(_) => Err(Refusal::session_exists()),
            Phase::NoSession | Phase::Over(_) => Ok(()),
        }
    }

    async fn carry(&mut self, connection: Connection, end: LinkEnd, format: AudioFormat) {
        let over = CancellationToken::new();
        Span::current().record("session.id", display(connection.session_id()));
        let output = SessionOutput::new(connection.session_id(), end, format, over.clone());
        self.offences.begin_session();
        self.write(ToClient::Session(output)).await;
        self.phase = Phase::Live(Live { connection, over });
    }

    async fn on_frame(&mut self, message: Bytes, now: Instant) -> Result<(), Refusal> {
        self.on_audio(|| decode::audio_frame(message, now)).await
    }

    async fn on_audio(&mut self, audio: impl FnOnce() -> Result<UserAudio, Refusal>) -> Result<(), Refusal> {
        let Some(connection) = self.connection(Fault::Audio)? else {
            return Ok(());
        };
        let audio = audio()?;
        if audio.samples.is_empty() {
            return Ok(());
        }
        match connection.process_audio(audio).await {
            // A session that is over has said so, or is about to.
            Ok(()) | Err(ProcessAudioError::SessionOver) => Ok(()),
            Err(err @ ProcessAudioError::TooFast) => Err(Refusal::audio(err.to_string())),
        }
    }

    /// Tells the session something.
    async fn tell(&mut self, input: impl FnOnce() -> Result<SessionInput, Refusal>) -> Result<(), Refusal> {
        let Some(connection) = self.connection(Fault::Message)? else {
            return Ok(());
        };
        // A session that is over has said so, or is about to.
        let _ = connection.send(input()?).await;
        Ok(())
    }

    /// The session that something is for; `None` when it has just ended.
    fn connection(&mut self, fault: Fault) -> Result<Option<&mut Connection>, Refusal> {
        match &mut self.phase {
            Phase::Live(live) => Ok(Some(&mut live.connection)),
            Phase::Over(at) if at.elapsed() < UNDER_WAY => Ok(None),
            Phase::NoSession | Phase::Over(_) => Err(Refusal::no_session(fault)),
        }
    }

    async fn refuse(&mut self, Refusal { error, fault }: Refusal) {
        let now = Instant::now();
        let verdict = match fault {
            Fault::Message => self.offences.message(now),
            Fault::Audio => self.offences.audio(now),
            Fault::None => Verdict::Tell,
        };
        if verdict == Verdict::Silence {
            return;
        }
        debug!(event = "connection.message_refused", error.code = ?error.code, "Refused a message");
        self.reply(ServerMessage::Error(error)).await;
        if verdict == Verdict::TellAndClose {
            info!(
                event = "connection.abused",
                "A client sends too many bad messages; closing"
            );
            self.close(CLOSE_POLICY_VIOLATION, "too many bad messages").await;
        }
    }

    async fn reply(&mut self, message: ServerMessage) {
        self.write(ToClient::Reply(Box::new(message))).await;
    }

    /// Never returns: the connection ends when the writer has written what comes before.
    async fn close(&mut self, code: u16, reason: &'static str) {
        self.write(ToClient::Close(CloseFrame {
            code,
            reason: reason.into(),
        }))
        .await;
        std::future::pending::<()>().await;
    }

    async fn write(&mut self, what: ToClient) {
        // A writer that is gone has ended the connection, and this with it.
        let _ = self.to_writer.send(what).await;
    }
}

/// Resolves when the session is over; never without one.
async fn session_over(phase: &Phase) {
    match phase {
        Phase::Live(live) => live.over.cancelled().await,
        Phase::NoSession | Phase::Over(_) => std::future::pending().await,
    }
}
