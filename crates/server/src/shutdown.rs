//! When to stop: Ctrl-C, or a service manager's SIGTERM.

use anyhow::{Context as _, Result};
use tracing::info;

/// Resolves at the first signal. Signals are listened for from now on, not from the first poll on.
pub(crate) fn on_signal() -> Result<impl Future<Output = ()>> {
    let mut signals = Signals::new().context("cannot listen for signals")?;
    Ok(async move {
        let name = signals.next().await;
        info!(
            event = "server.signal",
            server.signal = name,
            "Got {name}: ending live sessions, then stopping"
        );
    })
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.terminate.recv() => "SIGTERM",
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> &'static str {
        // Without a handler nothing can be awaited: the process ends as usual.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        "Ctrl-C"
    }
}
