//! More and more sessions at once against a server of their own, and what that takes.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::time::{MissedTickBehavior, interval};

use crate::args::{BenchArgs, LoadArgs, LoadMode, MIN_SPEECH_MS};
use crate::figures::Figures;
use crate::load;
use crate::server::Server;

/// How often the server's memory is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// One step: so many sessions that do the same.
struct Step {
    sessions: u32,
    figures: Figures,
    silence_ms: u32,
    /// The server's processor time, in seconds.
    cpu_s: f64,
    /// Its memory before the first session, in MiB.
    idle_mib: f64,
    /// The most that it held meanwhile, in MiB.
    peak_mib: f64,
}

/// Takes all steps in both modes, then those of interruptions, and writes the report.
///
/// # Errors
/// When a server does not start or the report cannot be written.
pub(crate) async fn run(bench: &BenchArgs) -> Result<()> {
    let mut report = head(bench);
    for mode in [LoadMode::Realtime, LoadMode::Cascade] {
        let mut steps = Vec::new();
        for sessions in &bench.sessions {
            let step = step(bench, *sessions, |url, sessions| {
                LoadArgs::step(bench, url, mode, sessions)
            });
            let step = step.await?;
            eprint_step(mode.as_str(), &step.cells());
            steps.push(step);
        }
        report.push_str(&section(mode, &steps));
    }
    let mut steps = Vec::new();
    for sessions in &bench.interrupting_sessions {
        let step = step(bench, *sessions, |url, sessions| {
            LoadArgs::interrupting_step(bench, url, sessions)
        });
        let step = step.await?;
        eprint_step("interruption", &step.interruption_cells());
        steps.push(step);
    }
    report.push_str(&interruptions(&steps));
    std::fs::write(&bench.report, report).with_context(|| bench.report.display().to_string())
}

async fn step(bench: &BenchArgs, sessions: u32, callers: impl Fn(String, u32) -> LoadArgs) -> Result<Step> {
    let server = Server::start(&bench.viva, bench.core).await?;
    let args = callers(server.url.clone(), sessions);
    // The first session of all warms up what is made once: voices, caches, the database's statements.
    load(&callers(server.url.clone(), 1)).await?;
    let before = server.usage()?;
    let mut peak_mib = before.rss_mib;
    let mut looks = interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let loading = load(&args);
    tokio::pin!(loading);
    let figures = loop {
        tokio::select! {
            figures = &mut loading => break figures?,
            _ = looks.tick() => peak_mib = peak_mib.max(server.usage()?.rss_mib),
        }
    };
    Ok(Step {
        sessions,
        figures,
        silence_ms: args.silence_ms,
        cpu_s: server.usage()?.cpu_s - before.cpu_s,
        idle_mib: before.rss_mib,
        peak_mib,
    })
}

impl Step {
    fn cells(&self) -> Vec<String> {
        let beyond = self.figures.beyond(self.silence_ms);
        let overhead = self.figures.overhead();
        let minutes = self.figures.session_minutes();
        let per_session = (self.peak_mib - self.idle_mib) / f64::from(self.sessions.max(1));
        vec![
            self.sessions.to_string(),
            beyond.count().to_string(),
            self.figures.failed.to_string(),
            ms(beyond.percentile(50)),
            ms(beyond.percentile(95)),
            ms(beyond.percentile(99)),
            overhead
                .percentile(50)
                .map_or_else(|| "–".to_owned(), |ms| format!("{ms:.2}")),
            overhead
                .percentile(99)
                .map_or_else(|| "–".to_owned(), |ms| format!("{ms:.2}")),
            format!("{:.3}", self.cpu_s / minutes.max(f64::EPSILON)),
            format!("{:.3} %", self.cpu_s / (minutes.max(f64::EPSILON) * 60.0) * 100.0),
            format!("{per_session:.2}"),
            format!("{:.0}", self.peak_mib),
        ]
    }

    fn interruption_cells(&self) -> Vec<String> {
        let interruptions = self.figures.interruptions();
        vec![
            self.sessions.to_string(),
            interruptions.count().to_string(),
            self.figures.failed.to_string(),
            ms(interruptions.percentile(50)),
            ms(interruptions.percentile(95)),
            ms(interruptions.max()),
        ]
    }
}

fn ms(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |ms| format!("{ms:.1}"))
}

fn head(bench: &BenchArgs) -> String {
    let cpu = first_line("/proc/cpuinfo", "model name");
    let memory = first_line("/proc/meminfo", "MemTotal");
    // As many as this process may use: those that the server is kept from.
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let shares = if bench.core.is_some() {
        format!("one for the server, {cores} for the callers")
    } else {
        format!("{cores} for the server and the callers together")
    };
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!(
        "# Performance\n\n\
         Written by `cargo xtask bench`; run it to have the figures of your machine.\n\n\
         | | |\n|---|---|\n| commit | `{}` |\n| taken | {} |\n| processor | {cpu}, {shares} |\n\
         | memory | {memory} |\n| kernel | {} |\n\n\
         Every session is a real WebSocket that sends 20 ms frames of 16 kHz in real time and plays what comes back; the offline provider answers \
         without delay; {} turns each, which lie alike in their frames; 200 ms of silence end a turn. Each step has a server of its own that one \
         session has warmed up.\n\n\
         - **beyond**: from the last voiced sample to the first audible one as the caller heard it, less the 200 ms. In it is everything: the \
         detector\u{2019}s step, the frame that completes the silence, the engine, the sockets, and the callers\u{2019} own lateness.\n\
         - **overhead**: the part of it that Viva reports as its own.\n\
         - **CPU**: the server\u{2019}s processor time per minute of a session, and as a share of a core.\n\
         - **memory**: what the server held at most beyond what it held before, per session; and in all.\n",
        bench.commit,
        taken(),
        kernel.trim(),
        bench.turns,
    )
}

fn section(mode: LoadMode, steps: &[Step]) -> String {
    let mut text = format!(
        "\n## {}\n\n\
         | sessions | turns | failed | beyond p50, ms | p95 | p99 | overhead p50, ms | p99 | CPU s per min | of a core | MiB each | MiB in all |\n\
         |---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n",
        match mode {
            LoadMode::Realtime => "Realtime",
            LoadMode::Cascade => "Cascade",
        }
    );
    for step in steps {
        writeln!(text, "| {} |", step.cells().join(" | ")).expect("writing to a string succeeds");
    }
    text
}

fn interruptions(steps: &[Step]) -> String {
    let mut text = format!(
        "\n## Interruption\n\n\
         Realtime again, but the answers are long, and each caller speaks over them again and again; {MIN_SPEECH_MS} ms of speech \
         interrupt. From the first voiced sample of what is said to the message `interrupted` at the caller, both on the caller\u{2019}s \
         clock; no two in a row lie alike in their frames.\n\n\
         | sessions | interruptions | failed | p50, ms | p95 | max |\n\
         |---:|---:|---:|---:|---:|---:|\n"
    );
    for step in steps {
        writeln!(text, "| {} |", step.interruption_cells().join(" | "))
            .expect("writing to a string succeeds");
    }
    text
}

/// The value of a line such as `MemTotal:  1024 kB`.
fn first_line(path: &str, name: &str) -> String {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with(name));
    line.and_then(|line| line.split_once(':'))
        .map_or_else(|| "unknown".to_owned(), |(_, value)| value.trim().to_owned())
}

#[expect(
    clippy::disallowed_methods,
    reason = "a program that measures looks at the wall clock"
)]
/// The day.
pub(crate) fn taken() -> String {
    chrono::Utc::now().format("%Y-%m-%d").to_string()
}

#[expect(
    clippy::print_stderr,
    reason = "steps take minutes; whoever waits sees that it goes on"
)]
fn eprint_step(name: &str, cells: &[String]) {
    eprintln!("{name} {}", cells.join("  "));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step_of_two(figures: Figures) -> Step {
        Step {
            sessions: 2,
            figures,
            silence_ms: 200,
            cpu_s: 0.0,
            idle_mib: 20.0,
            peak_mib: 21.0,
        }
    }

    #[test]
    fn interruptions_have_a_table_of_their_own() {
        let mut figures = Figures::default();
        figures.add_interruptions([171.26, 160.0, 180.0]);
        let text = interruptions(&[step_of_two(figures), step_of_two(Figures::default())]);
        assert!(text.contains("; 200 ms of speech interrupt"), "{text}");
        assert!(
            text.ends_with("|\n| 2 | 3 | 0 | 171.3 | 180.0 | 180.0 |\n| 2 | 0 | 0 | – | – | – |\n"),
            "{text}"
        );
    }

    #[test]
    fn a_step_without_turns_has_no_latencies() {
        let mut figures = Figures::default();
        figures.fail("not done in time");
        let row = section(LoadMode::Cascade, &[step_of_two(figures)]);
        assert!(row.contains("## Cascade"), "{row}");
        assert!(row.contains("| 2 | 0 | 1 | – | – | – | – | – |"), "{row}");
        assert!(row.contains("| 0.50 | 21 |"), "{row}");
    }
}
