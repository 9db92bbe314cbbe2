use std::collections::BTreeMap;
use std::fmt::Write as _;

use viva_client::{CallReport, Distribution};

use crate::args::LoadArgs;

/// What all sessions came to.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    /// Sessions that did not go as planned.
    pub(crate) failed: u32,
    reasons: BTreeMap<String, u32>,
    turns: u64,
    interrupted: u64,
    underruns: u64,
    frames_sent: u64,
    frames_lost: u64,
    resumed: u64,
    heard: Vec<f64>,
    total: Vec<f64>,
    overhead: Vec<f64>,
    errors: Vec<f64>,
    duration_ms: f64,
    /// See [`Interruptions`](crate::interruptions::Interruptions).
    interruptions: Vec<f64>,
}

impl Figures {
    /// How long all sessions lasted together.
    pub(crate) fn session_minutes(&self) -> f64 {
        self.duration_ms / 60_000.0
    }

    /// First audio beyond the silence that ends a turn, as the callers heard it, in ms.
    pub(crate) fn beyond(&self, silence_ms: u32) -> Distribution {
        let silence = f64::from(silence_ms);
        self.heard.iter().map(|heard| heard - silence).collect()
    }

    /// What Viva says that it added, in ms.
    pub(crate) fn overhead(&self) -> Distribution {
        self.overhead.iter().copied().collect()
    }

    /// From the first voiced sample of what was said over an answer to the word that it is cut, in ms.
    pub(crate) fn interruptions(&self) -> Distribution {
        self.interruptions.iter().copied().collect()
    }

    pub(crate) fn add(&mut self, report: &CallReport) {
        if !report.is_success() {
            let reason = report
                .errors
                .first()
                .map_or_else(|| report.outcome.to_string(), |error| error.message.clone());
            self.fail(&reason);
        }
        self.duration_ms += report.duration_ms;
        self.frames_sent += report.frames_sent;
        self.frames_lost += report.frames_lost;
        self.resumed += u64::from(report.resumed);
        for turn in &report.turns {
            self.turns += 1;
            self.underruns += turn.underruns as u64;
            if turn.interrupted {
                self.interrupted += 1;
                continue;
            }
            let latency = turn.latency.unwrap_or_default();
            self.heard.extend(turn.heard_ms);
            self.total.extend(latency.total_ms);
            self.overhead.extend(latency.overhead_ms);
            self.errors.extend(
                latency
                    .total_ms
                    .zip(turn.heard_ms)
                    .map(|(total, heard)| (total - heard).abs()),
            );
        }
    }

    /// Takes what the interruptions of one call took, in ms; of a call that failed, too.
    pub(crate) fn add_interruptions(&mut self, waits: impl IntoIterator<Item = f64>) {
        self.interruptions.extend(waits);
    }

    pub(crate) fn fail(&mut self, reason: &str) {
        self.failed += 1;
        *self.reasons.entry(reason.to_owned()).or_default() += 1;
    }

    pub(crate) fn to_text(&self, args: &LoadArgs) -> String {
        let of = |values: &[f64]| values.iter().copied().collect::<Distribution>();
        let mut text = format!(
            "{} sessions of {} turns: {} failed, {} turns, {} interrupted, {} resumed\n\
             {} frames sent, {} lost; {} gaps in answers\n\n\
             {:>34}  {:>6} {:>9} {:>9} {:>9} {:>9}\n",
            args.sessions,
            args.turns,
            self.failed,
            self.turns,
            self.interrupted,
            self.resumed,
            self.frames_sent,
            self.frames_lost,
            self.underruns,
            "ms",
            "count",
            "p50",
            "p95",
            "p99",
            "max",
        );
        for (name, values) in [
            ("first audio beyond the silence", self.beyond(args.silence_ms)),
            ("total as the server tells it", of(&self.total)),
            ("overhead", self.overhead()),
            ("|total − heard|", of(&self.errors)),
            ("first voiced sample to interrupted", self.interruptions()),
        ] {
            text.push_str(&row(name, &values));
        }
        for (reason, count) in &self.reasons {
            writeln!(text, "failed {count} times: {reason}").expect("writing to a string succeeds");
        }
        text
    }
}

/// Figures that were not measured are blank, never 0.
fn row(name: &str, distribution: &Distribution) -> String {
    let cell = |value: Option<f64>| value.map_or_else(String::new, |value| format!("{value:.2}"));
    let line = format!(
        "{name:>34}  {:>6} {:>9} {:>9} {:>9} {:>9}",
        distribution.count(),
        cell(distribution.percentile(50)),
        cell(distribution.percentile(95)),
        cell(distribution.percentile(99)),
        cell(distribution.max()),
    );
    format!("{}\n", line.trim_end())
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::args::Task;

    fn load_args(arguments: &[&str]) -> LoadArgs {
        let program = ["viva-load", "call", "--wav", "x.wav"];
        match Task::parse_from(program.iter().chain(arguments)) {
            Task::Call(args) => args,
            other => panic!("parsed as {other:?}"),
        }
    }

    #[test]
    fn the_silence_that_was_asked_for_is_taken_off() {
        let args = load_args(&["--silence-ms", "200"]);
        let figures = Figures {
            heard: vec![230.0, 225.0, 290.5],
            ..Figures::default()
        };
        let text = figures.to_text(&args);
        let line = text
            .lines()
            .find(|line| line.contains("beyond the silence"))
            .unwrap();
        assert!(
            line.ends_with("     3     30.00     90.50     90.50     90.50"),
            "{line}"
        );
    }

    #[test]
    fn reasons_are_counted_and_what_was_not_measured_is_blank() {
        let args = load_args(&[]);
        let mut figures = Figures::default();
        figures.fail("not done in time");
        figures.fail("not done in time");
        let text = figures.to_text(&args);
        assert!(text.ends_with("failed 2 times: not done in time\n"), "{text}");
        assert!(text.contains("overhead       0\n"), "{text}");
    }
}
