use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::SubscriberInitExt;

use crate::lock;

/// Everything that this thread logs while it is held, down to `trace`, of every library; for tests that ask what must not
/// be in it. Tasks of a runtime with one thread are on the test's thread.
pub struct CapturedLogs {
    written: Buffer,
    _guard: DefaultGuard,
}

#[derive(Debug, Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl CapturedLogs {
    /// Begins to capture.
    pub fn start() -> Self {
        let written = Buffer::default();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(written.clone())
            .finish();
        Self {
            written,
            _guard: subscriber.set_default(),
        }
    }

    /// What was logged so far.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&lock(&self.written.0)).into_owned()
    }
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        lock(&self.0).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Buffer {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_tasks_log_is_captured_while_it_is_held() {
        tracing::info!("before");
        let logs = CapturedLogs::start();
        let tasks = tokio_util::task::TaskTracker::new();
        let task = tasks.spawn(async { tracing::trace!(key = "hidden", "within") });
        task.await.unwrap();
        let text = logs.text();
        assert!(
            text.contains("within") && text.contains("hidden") && !text.contains("before"),
            "{text}"
        );
    }
}
