//! What is told is what is documented, and what the dashboard shows.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tokio::task::JoinSet;
use viva_application::meters::{Metric, MetricKind};

use super::*;

const DOCUMENT: &str = include_str!("../../../../docs/operations.md");
const DASHBOARD: &str = include_str!("../../../../docs/grafana.json");

/// Type, labels and meaning, by name.
type Told = BTreeMap<String, (String, BTreeSet<String>, String)>;

fn all() -> impl Iterator<Item = Metric> {
    viva_application::meters::METRICS
        .into_iter()
        .chain(viva_presentation::METRICS)
        .chain(process::METRICS)
}

/// What Prometheus is told when there is one series of everything.
fn exported() -> String {
    let recorder = recorder().unwrap();
    let handle = recorder.handle();
    let registry = Registry::new(Arc::new(recorder));
    registry.describe(&all().collect::<Vec<_>>());
    for metric in all() {
        registry.begin(&metric, &vec!["x"; metric.labels.len()]);
    }
    handle.render()
}

/// The labels of a series, such as `{a="x",b="y"}`, but for the one that tells buckets apart.
fn labels(series: &str) -> BTreeSet<String> {
    let inner = series.split_once('{').and_then(|(_, rest)| rest.split_once('}'));
    let pairs = inner.map_or("", |(pairs, _)| pairs).split(',');
    let names = pairs.filter_map(|pair| pair.split_once('=').map(|(name, _)| name.to_owned()));
    names.filter(|name| name != "le").collect()
}

fn told(text: &str) -> Told {
    let mut told = Told::new();
    for line in text.lines() {
        if let Some((name, help)) = line.strip_prefix("# HELP ").and_then(|rest| rest.split_once(' ')) {
            told.entry(name.to_owned()).or_default().2 = help.to_owned();
        } else if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' '))
        {
            told.entry(name.to_owned()).or_default().0 = kind.to_owned();
        } else if let Some(series) = line.split_whitespace().next() {
            let name = series.split('{').next().unwrap_or_default();
            let base = ["_bucket", "_sum", "_count"]
                .iter()
                .find_map(|suffix| name.strip_suffix(suffix).filter(|base| told.contains_key(*base)));
            let of = told.get_mut(base.unwrap_or(name)).expect("its type comes first");
            of.1.extend(labels(line));
        }
    }
    told
}

/// The rows of the tables of figures.
fn documented() -> Told {
    let mut told = Told::new();
    let is_row = |line: &&str| line.starts_with("| `viva_") || line.starts_with("| `process_");
    for row in DOCUMENT.lines().filter(is_row) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [name, kind, labels, meaning] = cells[..] else {
            continue; // An expression to be woken by.
        };
        let name = name.trim_matches('`').to_owned();
        let labels = labels.split(", ").filter(|label| *label != "–");
        let labels = labels.map(|label| label.trim_matches('`').to_owned()).collect();
        let twice = told.insert(name.clone(), (kind.to_owned(), labels, meaning.to_owned()));
        assert!(twice.is_none(), "{name} has two rows");
    }
    told
}

#[test]
fn the_document_lists_what_is_told() {
    let (documented, exported) = (documented(), told(&exported()));
    let names = |told: &Told| told.keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(names(&documented), names(&exported));
    for (name, row) in documented {
        assert_eq!(exported[&name], row, "{name}");
    }
}

#[test]
fn figures_are_told_as_what_they_are_listed_as() {
    let exported = told(&exported());
    for Metric {
        name,
        kind,
        labels,
        help,
    } in all()
    {
        let labels = labels.iter().map(|label| (*label).to_owned()).collect();
        assert_eq!(
            exported[name],
            (kind.as_str().to_owned(), labels, help.to_owned()),
            "{name}"
        );
    }
}

#[test]
fn who_listens_for_others_is_known_by_any_name() {
    let mut headers = HeaderMap::new();
    let audience = |address: &str| Audience::of(address.parse().unwrap());
    let (local, network) = (audience("127.0.0.1:9464"), audience("0.0.0.0:9464"));
    assert!(local.is_meant(&headers) && network.is_meant(&headers));
    headers.insert(HOST, "viva:9464".parse().unwrap());
    assert!(!local.is_meant(&headers) && network.is_meant(&headers));
    headers.insert(HOST, "[::1]:9464".parse().unwrap());
    assert!(local.is_meant(&headers) && audience("[::1]:9464").is_meant(&headers));
}

#[test]
fn buckets_fit_what_people_wait_for() {
    assert!(LATENCIES.is_sorted() && REQUESTS.is_sorted());
    assert_eq!((LATENCIES[0], LATENCIES[LATENCIES.len() - 1]), (0.01, 10.0));
    let exported = exported();
    for metric in all().filter(|metric| metric.kind == MetricKind::Histogram) {
        let buckets = format!("{}_bucket", metric.name);
        let count = exported.lines().filter(|line| line.starts_with(&buckets)).count();
        let least = if metric.name.starts_with("viva_http_") {
            REQUESTS.len()
        } else {
            LATENCIES.len()
        };
        assert_eq!(
            count,
            least + 1,
            "{} has its buckets, and one for the rest",
            metric.name
        );
    }
}

/// Every expression of the dashboard with the title of its panel.
fn expressions() -> Vec<(String, String)> {
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let mut found = Vec::new();
    for panel in panels.iter().filter(|panel| panel["type"] != "row") {
        let title = panel["title"].as_str().unwrap();
        let targets = panel["targets"].as_array().unwrap();
        assert!(!targets.is_empty(), "{title} shows nothing");
        for target in targets {
            found.push((title.to_owned(), target["expr"].as_str().unwrap().to_owned()));
        }
    }
    found
}

/// The words of an expression that may be names.
fn words(expression: &str) -> impl Iterator<Item = &str> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    expression
        .split(move |letter| !is_part(letter))
        .filter(|word| !word.is_empty())
}

/// The metric of a series: histograms are told in parts.
fn metric_of(word: &str) -> Option<Metric> {
    all().find(|metric| match metric.kind {
        MetricKind::Histogram => word.strip_suffix("_bucket") == Some(metric.name),
        MetricKind::Counter | MetricKind::Gauge => word == metric.name,
    })
}

/// What stands in the brackets after each of these words.
fn lists(expression: &str, before: &str, ends: char) -> Vec<String> {
    let parts = expression.split(before).skip(1);
    parts
        .filter_map(|part| Some(part.split_once(ends)?.0.to_owned()))
        .collect()
}

#[test]
fn the_dashboard_shows_figures_that_are_told() {
    let mut shown = BTreeSet::new();
    for (title, expression) in expressions() {
        let names: Vec<&str> = words(&expression)
            .filter(|word| word.starts_with("viva_") || word.starts_with("process_"))
            .collect();
        assert!(!names.is_empty(), "{title}: {expression}");
        let mut known: BTreeSet<&str> = ["job", "instance", "le"].into();
        for name in names {
            let metric = metric_of(name).unwrap_or_else(|| panic!("{title}: {name} is not told"));
            known.extend(metric.labels);
            shown.insert(metric.name);
        }
        let selected = lists(&expression, "{", '}');
        let selected = selected.iter().flat_map(|list| list.split(','));
        let selected = selected.filter_map(|pair| pair.split('=').next());
        let grouped = lists(&expression, "by (", ')');
        let grouped = grouped.iter().flat_map(|list| list.split(','));
        for label in selected.chain(grouped).map(str::trim) {
            assert!(
                known.contains(label),
                "{title}: {label} is no label there: {expression}"
            );
        }
    }
    let all: BTreeSet<&str> = all().map(|metric| metric.name).collect();
    assert_eq!(shown, all, "everything is shown somewhere");
}

#[test]
fn expressions_to_be_woken_by_name_figures_that_are_told() {
    let (_, section) = DOCUMENT.split_once("### What to be woken for").unwrap();
    let names: Vec<&str> = words(section).filter(|word| word.starts_with("viva_")).collect();
    assert!(names.len() > 5, "{names:?}");
    for name in names {
        assert!(metric_of(name).is_some(), "{name}");
    }
}

#[test]
fn the_process_is_told_what_the_system_knows() {
    let recorder = recorder().unwrap();
    let handle = recorder.handle();
    let process = Process::new(&Registry::new(Arc::new(recorder)));
    process.look();
    let told = handle.render();
    let version = format!("viva_build_info{{version=\"{}\"}} 1", env!("CARGO_PKG_VERSION"));
    assert!(told.contains(&version), "{told}");
    if cfg!(target_os = "linux") {
        for name in [
            "resident_memory_bytes",
            "threads",
            "open_fds",
            "start_time_seconds",
        ] {
            let beginning = format!("process_{name} ");
            let line = told.lines().find_map(|line| line.strip_prefix(&beginning));
            let value: f64 = line.and_then(|value| value.parse().ok()).unwrap_or_default();
            assert!(value > 0.0, "{name}: {told}");
        }
    }
}

#[tokio::test]
async fn tasks_that_have_ended_are_not_counted() {
    let recorder = recorder().unwrap();
    let handle = recorder.handle();
    let process = Process::new(&Registry::new(Arc::new(recorder)));
    let tasks = || {
        process.look();
        let told = handle.render();
        let line = told.lines().find(|line| line.starts_with("viva_runtime_tasks "));
        line.map(str::to_owned)
    };
    let mut running = JoinSet::new();
    running.spawn(std::future::pending::<()>());
    running.spawn(std::future::pending::<()>());
    assert_eq!(tasks().as_deref(), Some("viva_runtime_tasks 2"));
    running.shutdown().await;
    assert_eq!(tasks().as_deref(), Some("viva_runtime_tasks 0"));
}
