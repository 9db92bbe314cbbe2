//! `cargo xtask traces`: whether a collector that other people wrote receives what the server measured.

use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::rotel::Rotel;
use crate::served::Served;
use crate::spans::{self, Span, Trace};
use crate::workspace::{Build, Workspace};
use crate::{report, server};

const RECORDINGS: &str = "crates/audio/tests/fixtures";
/// What the key of the collector would be.
const HEADERS: &str = "authorization=Bearer%20not-a-key";

/// A call: its name, what is said, how many turns that makes, and how it is answered.
type Call = (&'static str, &'static str, &'static str, &'static [&'static str]);

const CALLS: [Call; 4] = [
    (
        "realtime",
        "three-turns-en.wav",
        "3",
        &["--option", "delay_ms=150"],
    ),
    (
        "cascade",
        "three-turns-en.wav",
        "3",
        &[
            "--mode",
            "cascade",
            "--option",
            "stt_delay_ms=60",
            "--option",
            "llm_delay_ms=140",
            "--option",
            "tts_delay_ms=90",
        ],
    ),
    ("interrupted", "barge-in-en.wav", "2", &[]),
    (
        FAILING,
        "question-en.wav",
        "1",
        &["--option", "fail_after_chunks=0", "--answer-limit-s", "3"],
    ),
];
/// The one that is a failure by intention.
const FAILING: &str = "failing";

/// Calls the server in every way at once, and compares what the collector has with what the callers were told.
pub(crate) fn traces(workspace: &Workspace) -> Result<ExitCode> {
    // First what may not be had, since the build takes long.
    let rotel = Rotel::start(workspace)?;
    let viva = server::build(workspace, Build::Release)?;
    report::step("Starting a server that sends its traces to Rotel");
    let settings = [
        ("VIVA__SESSIONS__PER_USER", &*CALLS.len().to_string()),
        ("VIVA__TRACES__ENDPOINT", &rotel.endpoint),
        ("VIVA__TRACES__HEADERS", HEADERS),
    ];
    let server = Served::start(&viva, &settings)?;
    report::step("Talking, in both modes, for half a minute");
    let recordings = workspace.root.join(RECORDINGS);
    let calls: Vec<Child> = CALLS
        .iter()
        .map(|call| start(&viva, server.url(), &recordings, call))
        .collect::<Result<_>>()?;
    // Each is waited for, also when one of them failed.
    let reports: Vec<Result<Value>> = calls.into_iter().map(finish).collect();
    let reports = reports.into_iter().collect::<Result<Vec<_>>>()?;
    server.ensure_no_error()?;
    // Stopping, it sends what is left.
    server.stop()?;
    let spans = spans::parse(&rotel.stop()?)?;
    report::step(&format!("Rotel received {} spans", spans.len()));
    for ((name, ..), report) in CALLS.iter().zip(&reports) {
        compare(name, report, &spans).with_context(|| format!("the call {name}"))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn compare(name: &str, report: &Value, spans: &[Span]) -> Result<()> {
    let session = report["session_id"].as_str().context("it has no session")?;
    let turns = report["turns"].as_array().context("it lists no turns")?;
    if name == FAILING {
        let trace = Trace::of(spans, session, 1)?;
        let (status, kind) = (&trace.root.status, trace.root.attribute("error.type"));
        ensure!(
            status == "STATUS_CODE_ERROR" && kind == "failed",
            "it failed, and has status {status} and error.type {kind}"
        );
        return show(name, &trace, 0);
    }
    for turn in turns {
        let number = turn["turn_number"].as_u64().context("a turn without a number")?;
        let trace = Trace::of(spans, session, number)?;
        let compared = trace
            .check(&turn["latency"])
            .with_context(|| format!("turn {number}"))?;
        ensure!(compared > 0, "turn {number} has no latency");
        show(name, &trace, compared)?;
    }
    ensure!(!turns.is_empty(), "it has no turns");
    Ok(())
}

fn show(name: &str, trace: &Trace<'_>, compared: usize) -> Result<()> {
    let outcome = trace.root.attribute("viva.turn.outcome");
    ensure!(!outcome.is_empty(), "it has no outcome");
    let number = trace.root.attribute("viva.turn.number");
    report::detail(&format!(
        "{name}, turn {number}: {outcome}; {compared} figures are those of the caller"
    ));
    for line in trace.shown() {
        report::detail(&format!("  {line}"));
    }
    Ok(())
}

fn start(viva: &Path, url: &str, recordings: &Path, (_, wav, turns, args): &Call) -> Result<Child> {
    let mut command = Command::new(viva);
    command
        .args(["talk", "--json", "--url", url, "--turns", turns, "--wav"])
        .arg(recordings.join(wav))
        .args(*args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.spawn().context("viva talk could not be started")
}

/// What the caller was told.
fn finish(call: Child) -> Result<Value> {
    let output = call.wait_with_output()?;
    let document: Value = serde_json::from_slice(&output.stdout).with_context(|| {
        format!(
            "viva talk printed no JSON: {}",
            String::from_utf8_lossy(&output.stderr)
        )
    })?;
    let report = document["runs"][0].clone();
    ensure!(!report.is_null(), "viva talk failed: {document:#}");
    Ok(report)
}
