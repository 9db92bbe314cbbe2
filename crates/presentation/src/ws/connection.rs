//! One client's connection, from the first message to the close frame.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes};
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::info;
use viva_application::sessions::Sessions;
use viva_application::templates::Templates;
use viva_domain::ids::UserId;
use viva_domain::ports::Clock;
use viva_domain::turns::TurnNumber;
use viva_protocol::PROTOCOL_VERSION;
use viva_protocol::ws::{CLOSE_SIGNED_OUT, CLOSE_TOO_BIG, ConnectionReady, ServerMessage};

use super::reader::Reader;
use super::writer::{SessionOutput, Writer};
use crate::sign_in::Pass;

/// Replies that wait to be written. When it is full the client is not read, so one that asks without ever reading the
/// answers stalls itself.
const REPLIES: usize = 32;
/// Answers whose first frame was written and whose session does not know yet. When it is full the moment is lost, and
/// the latency of that turn ends at the server.
const FIRST_AUDIO: usize = 8;
/// How long the client may take to close its side.
const FAREWELL: Duration = Duration::from_secs(1);

/// What came from the client's socket. The stream of these ends when the client is lost.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Received {
    /// A control message.
    Text(Utf8Bytes),
    /// Audio.
    Binary(Bytes),
    /// Nothing but a sign of life.
    Alive,
    /// The client closes the connection, with this code if it gave one.
    Closed(Option<u16>),
    /// A message over the limit. Nothing that follows can be read.
    TooBig,
}

/// What a connection needs from the server.
#[derive(Clone)]
pub(super) struct Context {
    pub(super) sessions: Sessions,
    pub(super) templates: Templates,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) user_id: UserId,
    /// What lets the client stay.
    pub(super) pass: Pass,
    /// Cancelled when the server shuts down.
    pub(super) stopping: CancellationToken,
}

/// From the reader to the writer.
pub(super) enum ToClient {
    /// A message that belongs to the connection.
    Reply(Box<ServerMessage>),
    /// From now on, also what this session says.
    Session(SessionOutput),
    /// Ask for a sign of life.
    Ping,
    /// Close, after everything before this was written.
    Close(CloseFrame),
}

/// The first frame of an answer was written.
#[derive(Debug, Clone, Copy)]
pub(super) struct FirstAudio {
    pub(super) turn: TurnNumber,
    pub(super) at: Instant,
}

/// How a connection ends.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Ending {
    /// Nobody is there any more.
    Lost,
    /// We close it.
    Close(CloseFrame),
}

/// Serves a client until its connection is over. Sessions that it leaves behind wait to be resumed.
pub(super) async fn serve<I, O>(incoming: I, outgoing: O, context: Context)
where
    I: Stream<Item = Received> + Send,
    O: Sink<Message> + Send,
{
    let mut incoming = pin!(incoming);
    let mut outgoing = pin!(outgoing);
    let (to_writer, inbox) = mpsc::channel(REPLIES);
    let (first_audio_tx, first_audio) = mpsc::channel(FIRST_AUDIO);
    let ready = ConnectionReady {
        protocol_version: PROTOCOL_VERSION,
        server_time: context.clock.now(),
    };
    let pass = context.pass.clone();
    let ending = {
        let mut reader = Reader::new(incoming.as_mut(), to_writer, first_audio, context);
        let mut writer = Writer::new(outgoing.as_mut(), inbox, first_audio_tx);
        tokio::select! {
            () = reader.run() => Ending::Lost,
            ending = writer.run(ServerMessage::ConnectionReady(ready)) => ending,
            () = pass.ended() => signed_out(),
        }
        // Dropping both tells the session that its client is gone.
    };
    // Whoever does not take the farewell in time goes without.
    let _ = timeout(FAREWELL, say_farewell(ending, incoming, outgoing)).await;
}

fn signed_out() -> Ending {
    info!(
        event = "connection.signed_out",
        ws.close_code = CLOSE_SIGNED_OUT,
        "Closing a connection whose token is worth nothing any more"
    );
    Ending::Close(CloseFrame {
        code: CLOSE_SIGNED_OUT,
        reason: "signed out".into(),
    })
}

async fn say_farewell<I, O>(ending: Ending, mut incoming: I, mut outgoing: O)
where
    I: Stream<Item = Received> + Unpin,
    O: Sink<Message> + Unpin,
{
    if let Ending::Close(frame) = ending {
        let is_unread = frame.code == CLOSE_TOO_BIG;
        if outgoing.send(Message::Close(Some(frame))).await.is_err() {
            return;
        }
        // Closing a socket that holds unread data takes away what is still under way to the client. So the rest is
        // read; where it cannot be, the client gets its second.
        while incoming.next().await.is_some() {}
        if is_unread {
            sleep(FAREWELL).await;
        }
    }
    // The socket is closed either way.
    let _ = outgoing.close().await;
}
