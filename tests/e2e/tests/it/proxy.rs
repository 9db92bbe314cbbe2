//! A stretch of network between the browser and the server that a test can cut.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Result;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_util::task::TaskTracker;

/// Passes connections on until it is cut; a proxy that is down refuses new ones.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    wire: Arc<Wire>,
    tasks: TaskTracker,
}

#[derive(Default)]
struct Wire {
    cut: Notify,
    down: AtomicBool,
}

impl Proxy {
    pub(crate) async fn start(server: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (wire, tasks) = (Arc::new(Wire::default()), TaskTracker::new());
        tasks.spawn(accept(listener, server, Arc::clone(&wire), tasks.clone()));
        Ok(Self { address, wire, tasks })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Breaks every connection and takes no new ones.
    pub(crate) fn cut(&self) {
        self.wire.down.store(true, Ordering::SeqCst);
        self.wire.cut.notify_waiters();
    }

    /// Takes connections again.
    pub(crate) fn mend(&self) {
        self.wire.down.store(false, Ordering::SeqCst);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // The tasks end with the test's runtime.
        self.tasks.close();
        self.cut();
    }
}

async fn accept(listener: TcpListener, server: SocketAddr, wire: Arc<Wire>, tasks: TaskTracker) {
    while let Ok((browser, _)) = listener.accept().await {
        if !wire.down.load(Ordering::SeqCst) {
            tasks.spawn(pass(browser, server, Arc::clone(&wire)));
        }
    }
}

async fn pass(mut browser: TcpStream, server: SocketAddr, wire: Arc<Wire>) {
    let Ok(mut server) = TcpStream::connect(server).await else {
        return;
    };
    tokio::select! {
        // Either side may hang up; that ends the connection and is no failure of the test.
        _ = copy_bidirectional(&mut browser, &mut server) => {}
        () = wire.cut.notified() => {}
    }
}
