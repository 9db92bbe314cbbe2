//! A stretch of network between the browser and the server that a test can cut.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Result;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Passes connections on until it is cut; a proxy that is down refuses new ones.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    wire: Arc<Wire>,
    tasks: TaskTracker,
}

/// What holds every connection since the last mending; once cut, it stays cut for whoever still opens one.
#[derive(Default)]
struct Wire(Mutex<CancellationToken>);

impl Wire {
    fn current(&self) -> MutexGuard<'_, CancellationToken> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
        self.wire.current().cancel();
    }

    /// Takes connections again.
    pub(crate) fn mend(&self) {
        *self.wire.current() = CancellationToken::new();
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
        let cut = wire.current().clone();
        tasks.spawn(cut.run_until_cancelled_owned(pass(browser, server)));
    }
}

async fn pass(mut browser: TcpStream, server: SocketAddr) {
    if let Ok(mut server) = TcpStream::connect(server).await {
        // Either side may hang up; that ends the connection and is no failure of the test.
        let _ = copy_bidirectional(&mut browser, &mut server).await;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::AsyncReadExt;
    use tokio::task::yield_now;
    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn a_cut_breaks_a_connection_however_far_it_has_opened() -> Result<()> {
        let server = TcpListener::bind("127.0.0.1:0").await?;
        for steps in 0..16 {
            let proxy = Proxy::start(server.local_addr()?).await?;
            let mut browser = TcpStream::connect(proxy.address).await?;
            for _ in 0..steps {
                yield_now().await;
            }
            proxy.cut();
            let end = timeout(Duration::from_secs(10), browser.read(&mut [0; 1])).await;
            anyhow::ensure!(matches!(end, Ok(Ok(0) | Err(_))), "open after {steps} steps");
        }
        Ok(())
    }
}
