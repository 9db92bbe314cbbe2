use std::io::{self, Write};
use std::io;
use std::sync::{Arc, Mutex};

use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::SubscriberInitExt;

use crate::lock;

/// Everything that this thread logs while it is held, down to `trace`, of every library; for tests that ask what must not
/// be in it. Tasks of a runtime with one thread are on the test's thread.
pub struct CapturedLogs {
    written: Buffer,
use tracing_subscriber::fmt::format::FmtSpan;

use crate::lock;

/// Everything that is logged on this thread, at every level, by every library, with the fields of all spans; so the test
/// must run on one thread. Dropping it ends that.
#[derive(Debug)]
pub struct CapturedLogs {
    written: Written,
    _guard: DefaultGuard,
}

#[derive(Debug, Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);
struct Written(Arc<Mutex<Vec<u8>>>);

impl CapturedLogs {
    /// Begins to capture.
    pub fn start() -> Self {
        let written = Buffer::default();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
        let written = Written::default();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_span_events(FmtSpan::FULL)
            .with_ansi(false)
            .with_writer(written.clone())
            .finish();
        Self {
            written,
            _guard: subscriber.set_default(),
            _guard: tracing::subscriber::set_default(subscriber),
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
impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        lock(&self.0).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Buffer {
impl MakeWriter<'_> for Written {
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
    #[test]
    fn lines_of_every_level_are_kept() {
        let logs = CapturedLogs::start();
        let span = tracing::trace_span!("walk", pace = "slow");
        span.in_scope(|| tracing::trace!(step = 3, "Walked"));
        let text = logs.text();
        assert!(text.contains("Walked step=3") && text.contains("slow"), "{text}");
    }
}
