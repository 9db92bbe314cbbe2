//! Opens the WebSocket.

use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use futures_util::stream::SplitStream;
use futures_util::{Stream, StreamExt};
use tokio_tungstenite::tungstenite::Error as SocketError;
use tracing::field::Empty;
use tracing::{Instrument, debug, info_span};
use viva_protocol::ws::MAX_MESSAGE_BYTES;

use super::connection::{self, Context, Received};
use crate::client::Client;
use crate::problem::Problem;
use crate::sign_in::{Pass, Visitor};
use crate::state::AppState;

/// Bytes that are read from a socket at once. Some audio frames fit; the library's own 128 KiB would be kept by every
/// connection, and filled with zeros before every read.
const READ_BUFFER_BYTES: usize = 4 * 1024;
/// What a client is told to wait that has too many connections open. When one of them closes is up to the client.
const CLOSE_ONE_WITHIN: Duration = Duration::from_mins(1);

/// Opens the WebSocket of a conversation. Its messages are described in `docs/protocol.md`.
#[utoipa::path(
    get,
    path = "/api/v1/interaction/ws",
    operation_id = "open_websocket",
    tag = "interaction",
    responses(
        (status = 101, description = "The WebSocket is open"),
        (status = 400, description = "The request opens no WebSocket", body = viva_protocol::problem::Problem, content_type = "application/problem+json"),
        (status = 403, description = "The page that asks comes from another server", body = viva_protocol::problem::Problem, content_type = "application/problem+json"),
        (status = 426, description = "The connection cannot become a WebSocket", body = viva_protocol::problem::Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn upgrade(
    State(state): State<AppState>,
    visitor: Visitor,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    let upgrade = upgrade?;
    let open = state.limiter.open(Client::User(visitor.user_id()));
    let open = open.ok_or_else(|| {
        Problem::too_many_requests(CLOSE_ONE_WITHIN)
            .detail("as many connections are open as may be; close one first")
    })?;
    let context = Context {
        sessions: state.sessions,
        templates: state.templates,
        clock: state.clock,
        user_id: visitor.user_id(),
        pass: Pass::of(&state.sign_in, visitor),
        stopping: state.connections.stopping(),
    };
    let registration = (state.meters.connection(), state.connections.register());
    let limited = upgrade
        .read_buffer_size(READ_BUFFER_BYTES)
        .max_message_size(MAX_MESSAGE_BYTES)
        .max_frame_size(MAX_MESSAGE_BYTES);
    Ok(limited.on_upgrade(move |socket| async move {
        serve(socket, context)
            .instrument(info_span!("ws.connection", session.id = Empty))
            .await;
        drop((registration, open));
    }))
}

async fn serve(socket: WebSocket, context: Context) {
    let (outgoing, incoming) = socket.split();
    debug!(event = "connection.opened", "Opened a connection");
    connection::serve(received(incoming), outgoing, context).await;
    debug!(event = "connection.closed", "Closed a connection");
}

/// What comes from the socket; ends with the connection.
fn received(incoming: SplitStream<WebSocket>) -> impl Stream<Item = Received> + Send {
    incoming.scan((), |(), message| std::future::ready(understand(message)))
}

fn understand(message: Result<Message, axum::Error>) -> Option<Received> {
    match message {
        Ok(Message::Text(text)) => Some(Received::Text(text)),
        Ok(Message::Binary(bytes)) => Some(Received::Binary(bytes)),
        Ok(Message::Ping(_) | Message::Pong(_)) => Some(Received::Alive),
        Ok(Message::Close(frame)) => Some(Received::Closed(frame.map(|frame| frame.code))),
        Err(err) => {
            debug!(
                event = "connection.lost",
                error = &err as &dyn std::error::Error,
                "Lost a connection"
            );
            let cause = err.into_inner();
            let is_too_big = matches!(cause.downcast_ref(), Some(SocketError::Capacity(_)));
            is_too_big.then_some(Received::TooBig)
        }
    }
}
