use std::io;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tracing::field::Empty;
use tracing::{Dispatch, debug, error, info, info_span, warn};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;

use super::*;

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// All lines, without what differs from run to run.
    fn lines(&self) -> Vec<Value> {
        let parse = |line: &str| {
            let mut line: Value = serde_json::from_str(line).unwrap();
            let at = line.as_object_mut().unwrap().remove("timestamp").unwrap();
            let at = at.as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>();
            assert!(at.is_ok(), "{at:?}");
            line
        };
        self.text().lines().map(parse).collect()
    }
}

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
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

/// What is logged meanwhile, as far as a filter lets it through.
fn logged(format: LogFormat, filter: &str, act: impl FnOnce()) -> Written {
    let written = Written::default();
    let lines = Lines {
        format,
        are_coloured: false,
        writer: written.clone(),
    };
    let subscriber = |lines| {
        let filtered = crate::telemetry::filtered(lines, filter).unwrap();
        Dispatch::new(tracing_subscriber::registry().with(filtered))
    };
    // Where there is one subscriber only, what it does not want is switched off for the tests beside this one too.
    let _companion = Dispatch::new(tracing_subscriber::registry().with(LevelFilter::TRACE));
    tracing::dispatcher::with_default(&subscriber(lines), act);
    written
}

#[test]
fn the_fields_of_spans_are_the_lines_own() {
    let log = logged(LogFormat::Json, "info", || {
        let session = info_span!(
            "session",
            session.id = "a",
            turn.number = 1,
            provider.name = "outer"
        );
        session.in_scope(|| {
            info_span!("call", provider.name = "inner").in_scope(|| {
                info!(
                    event = "x.happened",
                    turn.number = 2,
                    lost = 3.5,
                    is_it = true,
                    "Said"
                );
            });
        });
    });
    assert_eq!(
        log.lines(),
        [json!({
            "level": "INFO",
            "event": "x.happened",
            "message": "Said",
            "session.id": "a",
            "turn.number": 2,
            "provider.name": "inner",
            "lost": 3.5,
            "is_it": true,
            "target": module_path!(),
        })]
    );
    for name in ["turn.number", "provider.name", "session.id", "target"] {
        assert_eq!(log.text().matches(&format!("\"{name}\":")).count(), 1, "{name}");
    }
}

#[test]
fn what_is_recorded_later_replaces_what_was_there() {
    let log = logged(LogFormat::Json, "info", || {
        let session = info_span!("session", session.id = "a", turn.number = Empty);
        let tell = || session.in_scope(|| info!(event = "x.happened"));
        tell();
        session.record("turn.number", 1);
        tell();
        session.record("turn.number", 2);
        tell();
        session.record("turn.number", Empty);
        tell();
    });
    let lines = log.lines();
    let turns: Vec<_> = lines.iter().map(|line| line.get("turn.number")).collect();
    assert_eq!(turns, [None, Some(&json!(1)), Some(&json!(2)), None]);
    assert!(lines.iter().all(|line| line["session.id"] == "a"));
}

/// Says what its cause says, as errors of some libraries do.
#[derive(Debug)]
struct Verbose(io::Error);

impl std::fmt::Display for Verbose {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the disk says: {}", self.0)
    }
}

impl std::error::Error for Verbose {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

#[test]
fn an_error_is_written_with_what_caused_it() {
    let log = logged(LogFormat::Json, "info", || {
        let err = anyhow::Error::from(Verbose(io::Error::other("no room"))).context("not stored");
        warn!(event = "x.failed", error = &*err as &dyn std::error::Error);
    });
    assert_eq!(log.lines()[0]["error"], "not stored: the disk says: no room");
}

#[test]
fn filters_take_lines_and_not_where_they_belong() {
    let log = logged(LogFormat::Json, "warn,elsewhere=debug", || {
        let session = info_span!("session", session.id = "a");
        session.in_scope(|| {
            info!(event = "x.filtered");
            warn!(event = "x.warned");
            debug!(target: "elsewhere", event = "x.told");
        });
    });
    let lines = log.lines();
    let told: Vec<_> = lines
        .iter()
        .map(|line| (line["event"].as_str(), line["session.id"].as_str()))
        .collect();
    assert_eq!(told, [(Some("x.warned"), Some("a")), (Some("x.told"), Some("a"))]);
}

#[test]
fn lines_of_libraries_are_named_so() {
    let log = logged(LogFormat::Json, "info", || {
        info_span!("session", session.id = "a").in_scope(|| {
            error!(target: "sqlx::query", level = "slow", timestamp = 1, "slow statement");
        });
    });
    assert_eq!(
        log.lines(),
        [json!({
            "level": "ERROR",
            "event": "library",
            "message": "slow statement",
            "session.id": "a",
            "field.level": "slow",
            "field.timestamp": 1,
            "target": "sqlx::query",
        })]
    );
}

#[test]
fn nothing_that_is_said_breaks_a_line() {
    let evil = "two\nlines \"and\" \u{1b}[31mcolour";
    for format in [LogFormat::Json, LogFormat::Pretty] {
        let log = logged(format, "info", || {
            info!(event = "x.said", text = evil, other = %evil, "{evil}");
        });
        let text = log.text();
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(!text.contains('\u{1b}'), "{text}");
    }
}

#[test]
fn people_read_the_event_and_the_sentence_first() {
    let log = logged(LogFormat::Pretty, "info", || {
        let session = info_span!("session", session.id = "a", turn.number = 3);
        session.in_scope(|| {
            info!(
                event = "x.happened",
                answer = "two words",
                took_ms = 7,
                "It happened"
            );
            warn!(target: "sqlx::query", "slow statement");
        });
    });
    let text = log.text();
    let without_time = text.lines().map(|line| line.split_once(' ').unwrap().1);
    assert_eq!(
        without_time.collect::<Vec<_>>(),
        [
            r#" INFO x.happened: It happened session.id=a turn.number=3 answer="two words" took_ms=7"#,
            " WARN library: slow statement session.id=a turn.number=3 target=sqlx::query",
        ]
    );
}

#[test]
fn a_panic_is_a_line_of_its_session() {
    let log = logged(LogFormat::Json, "info", || {
        // The hook is of the whole process: this is what it calls.
        info_span!("session", session.id = "a").in_scope(|| crate::telemetry::panicked("oh no", None));
    });
    let line = &log.lines()[0];
    let said = ["event", "message", "session.id"].map(|name| line[name].as_str().unwrap());
    assert_eq!(said, ["process.panicked", "Panicked: oh no", "a"]);
}
