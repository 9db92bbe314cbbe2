use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::{AbortOnDropHandle, TaskTracker};

/// A running server; dropping it stops it and cuts what is connected.
#[derive(Debug)]
pub(super) struct LocalServer {
    address: SocketAddr,
    _stop: DropGuard,
    _serving: AbortOnDropHandle<io::Result<()>>,
}

impl LocalServer {
    /// Serves on a free port. Connections that were upgraded must end with the token.
    pub(super) async fn start(routes: Router, stop: CancellationToken) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        // Small messages must not wait for each other: delays are exact.
        let listener = listener.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        let service = routes.into_make_service_with_connect_info::<SocketAddr>();
        let serving = TaskTracker::new().spawn(async move { axum::serve(listener, service).await });
        Ok(Self {
            address,
            _stop: stop.drop_guard(),
            _serving: AbortOnDropHandle::new(serving),
        })
    }

    /// `http://127.0.0.1:<port>` and a path.
    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}
