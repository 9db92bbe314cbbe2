use std::io;
use std::sync::{Arc, Mutex};

use tracing::Dispatch;
use tracing::dispatcher::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::lock;

/// Everything that is logged on this thread, at every level, by every library, with the fields of all spans; so the test
/// must run on one thread. Dropping it ends that.
#[derive(Debug)]
pub struct CapturedLogs {
    written: Written,
    _guard: DefaultGuard,
    _companion: Dispatch,
}

#[derive(Debug, Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl CapturedLogs {
    /// Begins to capture.
    pub fn start() -> Self {
        let written = Written::default();
        // While there is only one subscriber, tracing asks that of the current thread whether a line that is reached for
        // the first time matters to anybody, and remembers the answer; a thread without one would switch it off for all.
        let companion = subscriber(Written::default());
        let guard = tracing::dispatcher::set_default(&subscriber(written.clone()));
        Self {
            written,
            _guard: guard,
            _companion: companion,
        }
    }

    /// What was logged so far.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&lock(&self.written.0)).into_owned()
    }
}

fn subscriber(written: Written) -> Dispatch {
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(FmtSpan::FULL)
        .with_ansi(false)
        .with_writer(written)
        .into()
}

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        lock(&self.0).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Written {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_every_level_are_kept() {
        let logs = CapturedLogs::start();
        let span = tracing::trace_span!("walk", pace = "slow");
        span.in_scope(|| tracing::trace!(step = 3, "Walked"));
        let text = logs.text();
        assert!(text.contains("Walked step=3") && text.contains("slow"), "{text}");
    }

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
