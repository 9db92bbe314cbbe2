//! Runs the server on a socket until it is told to stop.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::serve::ListenerExt;
use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tracing::{info, warn};

use crate::router;
use crate::state::AppState;

/// How long live sessions and running requests may take to end.
const SHUTDOWN_LIMIT: Duration = Duration::from_secs(10);

/// What the system may hold back for a client, about 3 s of audio. Left alone it takes megabytes: an `interrupted` would
/// wait behind them on a slow line, and a client that reads nothing would go unnoticed for minutes.
const SEND_BUFFER_BYTES: usize = 128 * 1024;

/// Serves until `shutdown` resolves. Then it accepts nothing more, ends the live sessions (their clients get
/// `session_ended` and close code 1001), finishes running requests, and gives up on whatever takes longer than 10 s.
///
/// # Errors
/// When the socket cannot be served any more.
pub async fn serve(
    listener: TcpListener,
    state: AppState,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let connections = state.connections.clone();
    let sessions = state.sessions.clone();
    let listener = listener.tap_io(|stream| {
        if let Err(err) = tune(stream) {
            warn!(
                event = "connection.untuned",
                error = &err as &dyn std::error::Error,
                "Audio of a connection may be delayed"
            );
        }
    });
    let service = router(state).into_make_service_with_connect_info::<SocketAddr>();
    let serving =
        axum::serve(listener, service).with_graceful_shutdown(connections.stopping().cancelled_owned());
    let mut serving = std::pin::pin!(serving.into_future());
    tokio::select! {
        served = &mut serving => return served,
        () = shutdown => {}
    }
    info!(
        event = "server.stopping",
        sessions.live = sessions.live_count(),
        "Shutting down"
    );
    connections.stop();
    let ending = async { tokio::join!(serving, sessions.shut_down(), connections.closed()).0 };
    let Ok(served) = timeout(SHUTDOWN_LIMIT, ending).await else {
        warn!(
            event = "server.stopped_early",
            sessions.live = sessions.live_count(),
            "Gave up waiting for connections to end"
        );
        return Ok(());
    };
    served
}

fn tune(stream: &TcpStream) -> io::Result<()> {
    // Audio goes out in small pieces; waiting to fill a packet would delay it by up to 40 ms.
    stream.set_nodelay(true)?;
    SockRef::from(stream).set_send_buffer_size(SEND_BUFFER_BYTES)
}
