//! Figures of the process, as the system tells them: on Linux. Elsewhere only its version and its start are known.

use metrics::Gauge;
use tokio::runtime::Handle;
use viva_application::meters::{Metric, Registry};
use viva_domain::ports::Clock as _;
use viva_infrastructure::system::SystemClock;

const BUILD_INFO: Metric = Metric::gauge("viva_build_info", &["version"], "1, with the version");
const START_TIME: Metric = Metric::gauge(
    "process_start_time_seconds",
    &[],
    "When the server was started, in seconds since 1970",
);
const MEMORY: Metric = Metric::gauge("process_resident_memory_bytes", &[], "Memory that is in use");
const THREADS: Metric = Metric::gauge("process_threads", &[], "Threads");
const OPEN_FILES: Metric = Metric::gauge("process_open_fds", &[], "Files and sockets that are open");
const MOST_FILES: Metric = Metric::gauge("process_max_fds", &[], "Files and sockets that may be open");
const TASKS: Metric = Metric::gauge(
    "viva_runtime_tasks",
    &[],
    "Tasks of the server that have not ended",
);

/// All of them.
pub(super) const METRICS: [Metric; 7] = [
    BUILD_INFO, START_TIME, MEMORY, THREADS, OPEN_FILES, MOST_FILES, TASKS,
];

/// What is looked at whenever somebody asks.
pub(super) struct Process {
    memory: Gauge,
    threads: Gauge,
    open_files: Gauge,
    most_files: Gauge,
    tasks: Gauge,
}

impl Process {
    pub(super) fn new(registry: &Registry) -> Self {
        registry.describe(&METRICS);
        registry.gauge(&BUILD_INFO, &[env!("CARGO_PKG_VERSION")]).set(1.0);
        let started = SystemClock.now().timestamp_millis() as f64 / 1_000.0;
        registry.gauge(&START_TIME, &[]).set(started);
        Self {
            memory: registry.gauge(&MEMORY, &[]),
            threads: registry.gauge(&THREADS, &[]),
            open_files: registry.gauge(&OPEN_FILES, &[]),
            most_files: registry.gauge(&MOST_FILES, &[]),
            tasks: registry.gauge(&TASKS, &[]),
        }
    }

    /// Takes down how things are now.
    pub(super) fn look(&self) {
        if let Ok(runtime) = Handle::try_current() {
            self.tasks.set(runtime.metrics().num_alive_tasks() as f64);
        }
        let read = |file: &str| std::fs::read_to_string(format!("/proc/self/{file}")).unwrap_or_default();
        let status = read("status");
        if let Some(kib) = number_after(&status, "VmRSS:") {
            self.memory.set(kib * 1_024.0);
        }
        if let Some(threads) = number_after(&status, "Threads:") {
            self.threads.set(threads);
        }
        if let Some(most) = number_after(&read("limits"), "Max open files") {
            self.most_files.set(most);
        }
        if let Ok(files) = std::fs::read_dir("/proc/self/fd") {
            // One of them is what is being read.
            self.open_files.set(files.count().saturating_sub(1) as f64);
        }
    }
}

/// The first number in the line that begins so.
fn number_after(text: &str, beginning: &str) -> Option<f64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(beginning))?;
    rest.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_from_what_linux_tells() {
        let status = "Name:\tviva\nVmRSS:\t   23456 kB\nThreads:\t7\n";
        assert_eq!(number_after(status, "VmRSS:"), Some(23_456.0));
        assert_eq!(number_after(status, "Threads:"), Some(7.0));
        assert_eq!(number_after(status, "VmSwap:"), None);
        let limits = "Limit          Soft Limit  Hard Limit  Units\nMax open files            1024         524288       files\n";
        assert_eq!(number_after(limits, "Max open files"), Some(1_024.0));
    }
}
