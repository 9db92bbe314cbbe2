use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};
use viva_audio::{Clip, SampleRate};
use viva_client::{CallReport, Distribution, latency_distributions};

use super::{Run, TalkArgs, table};

/// What all runs came to.
#[derive(Default)]
pub(super) struct Runs {
    reports: Vec<(usize, CallReport)>,
    failures: Vec<(usize, anyhow::Error)>,
}

impl Runs {
    /// Takes a run in, and tells of it when there are several.
    pub(super) fn add(&mut self, run: Run, args: &TalkArgs) -> Result<()> {
        if args.runs.get() > 1 && !args.json {
            print(&run_line(&run))?;
        }
        match run.result {
            Ok(report) => {
                if let Some(failure) = failure(&report) {
                    self.failures.push((run.number, failure));
                }
                self.reports.push((run.number, report));
            }
            Err(err) => self.failures.push((run.number, err)),
        }
        Ok(())
    }

    /// Writes the audio, prints the tables, and fails when a run failed.
    pub(super) async fn finish(mut self, args: &TalkArgs) -> Result<()> {
        self.reports.sort_by_key(|(number, _)| *number);
        self.failures.sort_by_key(|(number, _)| *number);
        if let Some(folder) = &args.save {
            self.save(folder, args).await?;
        }
        print(&if args.json {
            self.to_json()
        } else {
            self.to_text(args.runs.get())
        })?;
        let runs = args.runs.get();
        match self.failures.into_iter().next() {
            None => Ok(()),
            Some((_, err)) if runs == 1 => Err(err),
            Some((number, err)) => Err(err.context(format!("run {number} failed"))),
        }
    }

    async fn save(&self, folder: &Path, args: &TalkArgs) -> Result<()> {
        let rate = SampleRate::new(args.output_rate)?;
        for (number, report) in &self.reports {
            let folder = if args.runs.get() == 1 {
                folder.to_owned()
            } else {
                folder.join(format!("run_{number:03}"))
            };
            let create = tokio::fs::create_dir_all(&folder).await;
            create.with_context(|| format!("creating the folder {}", folder.display()))?;
            for turn in &report.turns {
                let path: PathBuf = folder.join(format!("turn_{:03}_ai.wav", turn.turn_number));
                let clip = Clip {
                    rate,
                    samples: turn.ai_audio.clone(),
                };
                let write = tokio::fs::write(&path, clip.to_wav_bytes()).await;
                write.with_context(|| format!("writing {}", path.display()))?;
            }
        }
        Ok(())
    }

    /// The figures over all runs, interrupted turns left out.
    fn distributions(&self) -> Vec<(&'static str, Distribution)> {
        let latencies: Vec<_> = self
            .reports
            .iter()
            .flat_map(|(_, report)| report.latencies())
            .collect();
        let mut distributions = latency_distributions(&latencies);
        let turns = || {
            self.reports
                .iter()
                .flat_map(|(_, report)| &report.turns)
                .filter(|turn| !turn.interrupted)
        };
        let heard: Distribution = turns().filter_map(|turn| turn.heard_ms).collect();
        let errors: Distribution = turns()
            .filter_map(|turn| Some((turn.latency?.total_ms? - turn.heard_ms?).abs()))
            .collect();
        distributions.extend([("heard_ms", heard), ("|total − heard|", errors)]);
        distributions.retain(|(_, distribution)| distribution.count() > 0);
        distributions
    }

    fn to_text(&self, runs: usize) -> String {
        let mut text = String::new();
        if let [(_, report)] = self.reports.as_slice()
            && runs == 1
            && !report.turns.is_empty()
        {
            text = format!("\nLatencies in ms\n{}", table::of_turns(&report.turns));
        }
        let distributions = self.distributions();
        if !distributions.is_empty() {
            text = format!(
                "{text}\nOver all turns that were not interrupted, in ms\n{}",
                table::of_distributions(&distributions)
            );
        }
        format!("{text}\n{}", self.closing_line(runs))
    }

    fn closing_line(&self, runs: usize) -> String {
        let turns: usize = self.reports.iter().map(|(_, report)| report.turns.len()).sum();
        let interrupted = self
            .reports
            .iter()
            .flat_map(|(_, report)| &report.turns)
            .filter(|turn| turn.interrupted)
            .count();
        let lost: u64 = self.reports.iter().map(|(_, report)| report.frames_lost).sum();
        let failed = self.failures.len();
        format!(
            "{runs} runs, {failed} failed; {turns} turns, {interrupted} interrupted; {lost} frames lost\n"
        )
    }

    fn to_json(&self) -> String {
        let runs: Vec<&CallReport> = self.reports.iter().map(|(_, report)| report).collect();
        let failures: Vec<Value> = self
            .failures
            .iter()
            .map(|(number, err)| json!({ "run": number, "reason": format!("{err:#}") }))
            .collect();
        let latency: serde_json::Map<String, Value> = self
            .distributions()
            .into_iter()
            .map(|(name, figures)| (name.to_owned(), json!(figures)))
            .collect();
        let document = json!({ "runs": runs, "failures": failures, "latency": latency });
        format!("{document:#}\n")
    }
}

/// Why a call that took place is a failure all the same.
fn failure(report: &CallReport) -> Option<anyhow::Error> {
    if report.is_success() {
        return None;
    }
    let first_error = report.errors.first().map(|error| error.message.clone());
    Some(match first_error {
        Some(error) => anyhow::anyhow!("{error}").context(report.outcome.to_string()),
        None => anyhow::anyhow!("{}", report.outcome),
    })
}

fn run_line(run: &Run) -> String {
    let number = run.number;
    match &run.result {
        Err(err) => format!("run {number:>4}  failed: {err:#}\n"),
        Ok(report) => {
            let totals: Vec<String> = report
                .turns
                .iter()
                .map(|turn| {
                    turn.latency
                        .and_then(|latency| latency.total_ms)
                        .map_or_else(|| "–".to_owned(), |ms| format!("{ms:.1} ms"))
                })
                .collect();
            format!(
                "run {number:>4}  {}; {} turns: {}\n",
                report.outcome,
                totals.len(),
                totals.join(", ")
            )
        }
    }
}

fn print(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        // Whoever read this has seen enough.
        Err(err) if err.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        Err(err) => bail!("writing to standard output: {err}"),
        Ok(()) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;
    use uuid::Uuid;
    use viva_client::{Outcome, TurnReport};
    use viva_protocol::ws::{ErrorCode, ErrorMessage, Latency};

    use super::*;

    fn turn(total_ms: f64, interrupted: bool) -> TurnReport {
        TurnReport {
            turn_number: 1,
            is_over: true,
            interrupted,
            latency: Some(Latency {
                total_ms: Some(total_ms),
                overhead_ms: Some(0.5),
                ..Latency::default()
            }),
            heard_ms: Some(total_ms - 2.0),
            ..TurnReport::default()
        }
    }

    fn report(turns: Vec<TurnReport>) -> CallReport {
        CallReport {
            session_id: Uuid::nil(),
            outcome: Outcome::Completed,
            turns,
            status: None,
            summary: None,
            errors: Vec::new(),
            notices: Vec::new(),
            frames_sent: 300,
            frames_lost: 1,
            resumed: 0,
            duration_ms: 6_000.0,
        }
    }

    fn runs() -> Runs {
        Runs {
            reports: vec![
                (1, report(vec![turn(540.0, false), turn(90.0, true)])),
                (2, report(vec![turn(560.0, false)])),
            ],
            failures: vec![(
                3,
                anyhow!("connection refused").context("cannot reach the server"),
            )],
        }
    }

    #[test]
    fn figures_leave_interrupted_turns_out_and_check_the_server_against_the_ear() {
        let text = runs().to_text(3);
        let row = |name: &str| {
            let line = text
                .lines()
                .find(|line| line.trim_start().starts_with(name))
                .unwrap();
            line.split_whitespace()
                .skip(name.split_whitespace().count())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            row("total_ms"),
            ["2", "550.00", "540.00", "560.00", "540.00", "560.00", "560.00"]
        );
        assert_eq!(row("overhead_ms")[..2], ["2", "0.50"]);
        assert_eq!(row("|total − heard|")[..2], ["2", "2.00"]);
        assert!(
            text.ends_with("3 runs, 1 failed; 3 turns, 1 interrupted; 2 frames lost\n"),
            "{text}"
        );
        assert!(
            !text.contains("Latencies in ms"),
            "single turns are for single runs"
        );
    }

    #[test]
    fn json_holds_runs_failures_and_figures() {
        let document: Value = serde_json::from_str(&runs().to_json()).unwrap();
        assert_eq!(document["runs"][1]["turns"][0]["latency"]["total_ms"], 560.0);
        assert_eq!(document["runs"][0]["outcome"], "completed");
        assert_eq!(document["latency"]["overhead_ms"]["count"], 2);
        let failure = json!({ "run": 3, "reason": "cannot reach the server: connection refused" });
        assert_eq!(document["failures"], json!([failure]));
    }

    #[test]
    fn a_call_without_an_answer_is_a_failure() {
        let unanswered = CallReport {
            outcome: Outcome::NoAnswer,
            ..report(Vec::new())
        };
        assert_eq!(failure(&unanswered).unwrap().to_string(), "the AI did not answer");
        assert!(failure(&report(vec![turn(540.0, false)])).is_none());
    }

    #[test]
    fn an_error_of_the_provider_is_a_failure_that_names_it() {
        let error = ErrorMessage {
            code: ErrorCode::ProviderError,
            message: "the provider hung up".to_owned(),
            recoverable: true,
            details: None,
            retry_after_ms: None,
        };
        let troubled = CallReport {
            errors: vec![error],
            ..report(vec![turn(540.0, false)])
        };
        assert_eq!(
            format!("{:#}", failure(&troubled).unwrap()),
            "completed: the provider hung up"
        );
    }

    #[test]
    fn a_run_has_one_line() {
        let run = Run {
            number: 7,
            result: Ok(report(vec![turn(540.04, false)])),
        };
        assert_eq!(run_line(&run), "run    7  completed; 1 turns: 540.0 ms\n");
        let run = Run {
            number: 8,
            result: Err(anyhow!("connection refused")),
        };
        assert_eq!(run_line(&run), "run    8  failed: connection refused\n");
    }
}
