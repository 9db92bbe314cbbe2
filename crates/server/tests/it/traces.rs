//! What whoever collects traces is sent of turns.

use std::future::IntoFuture as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Attribute;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use prost::Message as _;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;
use uuid::Uuid;
use viva_protocol::rest::Turn;

use crate::bench::{Folder, PATIENCE, Server, call, output};

const ENDPOINT: &str = "VIVA__TRACES__ENDPOINT";
const HEADERS: &str = "VIVA__TRACES__HEADERS";
const KEY: &str = "hunter2-of-the-collector";
/// What a span may be off.
const TOLERANCE_MS: f64 = 1.0;
/// Sending the last traces, and everything else that a stop may take.
const STOPPING: Duration = Duration::from_secs(10);
/// Every latency that has spans.
const STAGES: [&str; 12] = [
    "total",
    "realtime",
    "endpointing",
    "provider",
    "stt",
    "llm_ttft",
    "llm_text",
    "tts_ttfb",
    "overhead",
    "network_playout",
    "leading_silence",
    "interrupt",
];

/// Somebody who collects traces.
struct Collector {
    endpoint: String,
    received: watch::Receiver<Vec<Delivery>>,
    _tasks: TaskTracker,
}

#[derive(Clone)]
struct Delivery {
    headers: HeaderMap,
    body: Bytes,
}

async fn take(State(deliveries): State<Arc<watch::Sender<Vec<Delivery>>>>, headers: HeaderMap, body: Bytes) {
    deliveries.send_modify(|deliveries| deliveries.push(Delivery { headers, body }));
}

impl Collector {
    async fn start() -> Self {
        let (deliveries, received) = watch::channel(Vec::new());
        let router = Router::new()
            .route("/v1/traces", post(take))
            .with_state(Arc::new(deliveries));
        let (listener, endpoint) = listen().await;
        let tasks = TaskTracker::new();
        tasks.spawn(axum::serve(listener, router).into_future());
        Self {
            endpoint,
            received,
            _tasks: tasks,
        }
    }

    /// What was sent by the time at which so many turns were.
    async fn until(&mut self, turns: usize) -> Vec<Delivery> {
        let are_there = |deliveries: &Vec<Delivery>| {
            let roots = spans(deliveries).into_iter().filter(is_root);
            roots.count() >= turns
        };
        let received = timeout(PATIENCE, self.received.wait_for(are_there)).await;
        received
            .expect("they are sent soon")
            .expect("it collects")
            .clone()
    }

    async fn serve(&self, folder: &Folder) -> Server {
        folder
            .serve_with(&[
                (ENDPOINT, self.endpoint.clone()),
                (HEADERS, format!("authorization=Bearer%20{KEY}")),
                (
                    "VIVA__LOG__FILTER",
                    "debug,hyper=trace,hyper_util=trace,reqwest=trace".to_owned(),
                ),
            ])
            .await
    }
}

async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    (listener, format!("http://{address}"))
}

fn request(delivery: &Delivery) -> ExportTraceServiceRequest {
    ExportTraceServiceRequest::decode(delivery.body.clone()).expect("it is OTLP")
}

fn spans(deliveries: &[Delivery]) -> Vec<Span> {
    let resources = deliveries
        .iter()
        .flat_map(|delivery| request(delivery).resource_spans);
    let scopes = resources.flat_map(|resource| resource.scope_spans);
    scopes.flat_map(|scope| scope.spans).collect()
}

fn is_root(span: &Span) -> bool {
    span.parent_span_id.is_empty()
}

fn text<'a>(attributes: &'a [KeyValue], name: &str) -> Option<&'a str> {
    let attribute = attributes.iter().find(|attribute| attribute.key == name)?;
    match attribute.value.as_ref()?.value.as_ref()? {
        Attribute::StringValue(text) => Some(text),
        _ => None,
    }
}

fn ms(span: &Span) -> f64 {
    let nanos = span.end_time_unix_nano - span.start_time_unix_nano;
    Duration::from_nanos(nanos).as_secs_f64() * 1_000.0
}

/// The turns of the session in a report, as they are stored.
async fn stored(server: &Server, report: &Value) -> (Uuid, Vec<Turn>) {
    let id = report["runs"][0]["session_id"].as_str().expect("it has an id");
    let id = id.parse().expect("it is one");
    let session = server.client().session(id).await.expect("it is stored");
    (id, session.turns)
}

/// The spans of a turn, the turn's own first.
fn trace(all: &[Span], turn: &Turn) -> Vec<Span> {
    let of_turn = all.iter().filter(|span| span.trace_id == turn.id.as_bytes());
    let mut spans: Vec<Span> = of_turn.cloned().collect();
    spans.sort_by_key(|span| !is_root(span));
    assert!(
        spans.iter().filter(|span| is_root(span)).count() == 1,
        "{spans:#?}"
    );
    spans
}

/// Every span lies in the one that it is a part of, and is as long as what was measured.
fn assert_measured(spans: &[Span], turn: &Turn) {
    let micros = |time: u64| i64::try_from(time / 1_000).expect("it is not long ago");
    assert_eq!(spans[0].name, "turn");
    assert_eq!(
        micros(spans[0].start_time_unix_nano),
        turn.started_at.timestamp_micros()
    );
    assert_eq!(
        micros(spans[0].end_time_unix_nano),
        turn.ended_at.timestamp_micros()
    );
    for child in &spans[1..] {
        let parent = spans.iter().find(|span| span.span_id == child.parent_span_id);
        let parent = parent.unwrap_or_else(|| panic!("{} is of nobody", child.name));
        let slack = 1_000_000;
        assert!(
            child.start_time_unix_nano + slack >= parent.start_time_unix_nano
                && child.end_time_unix_nano <= parent.end_time_unix_nano + slack,
            "{} in {}",
            child.name,
            parent.name
        );
    }
    let latency = serde_json::to_value(turn.latency).expect("it is JSON");
    let known = |span: &Span| STAGES.contains(&span.name.as_str());
    assert!(spans[1..].iter().all(known), "{spans:#?}");
    for stage in STAGES {
        let lengths: Vec<f64> = spans.iter().filter(|span| span.name == stage).map(ms).collect();
        match latency[format!("{stage}_ms")].as_f64() {
            None => assert!(lengths.is_empty(), "{stage} was not measured: {lengths:?}"),
            Some(measured) => {
                let length: f64 = lengths.iter().sum();
                assert!(!lengths.is_empty(), "{stage} is missing");
                assert!(
                    (length - measured).abs() <= TOLERANCE_MS,
                    "{stage}: {length} for {measured}"
                );
            }
        }
    }
}

/// Which spans there are, and in which.
fn tree(spans: &[Span]) -> Vec<(&str, &str)> {
    let name = |id: &[u8]| {
        spans
            .iter()
            .find(|span| span.span_id == id)
            .map_or("", |span| &span.name)
    };
    let children = spans[1..].iter();
    children
        .map(|span| (&*span.name, name(&span.parent_span_id)))
        .collect()
}

#[tokio::test]
async fn turns_of_a_realtime_provider_are_sent_with_their_latencies() {
    let (folder, mut collector) = (Folder::new(), Collector::start().await);
    let server = collector.serve(&folder).await;
    let report = call(
        &folder,
        &server,
        "three-turns-en",
        3,
        &["--option", "delay_ms=120"],
    )
    .await;
    let (session, turns) = stored(&server, &report).await;
    let deliveries = collector.until(3).await;
    let all = spans(&deliveries);
    assert_eq!(turns.len(), 3);
    for turn in &turns {
        let spans = trace(&all, turn);
        assert_measured(&spans, turn);
        assert_eq!(
            tree(&spans),
            [
                ("total", "turn"),
                ("realtime", "total"),
                ("endpointing", "realtime"),
                ("overhead", "realtime"),
                ("provider", "realtime"),
                ("overhead", "total"),
                ("network_playout", "total"),
                ("leading_silence", "total"),
            ]
        );
        let provider = spans
            .iter()
            .find(|span| span.name == "provider")
            .expect("it answered");
        assert!(ms(provider) >= 120.0, "{provider:?}");
        let root = &spans[0].attributes;
        assert_eq!(text(root, "session.id"), Some(&*session.to_string()));
        assert_eq!(text(root, "viva.turn.outcome"), Some("answered"));
        assert_eq!(text(root, "viva.mode"), Some("realtime"));
        assert_eq!(
            text(&provider.attributes, "gen_ai.provider.name"),
            Some("offline")
        );
    }
    for delivery in &deliveries {
        let resource = request(delivery).resource_spans[0]
            .resource
            .clone()
            .expect("it has one");
        assert_eq!(text(&resource.attributes, "service.name"), Some("viva"));
        assert_eq!(delivery.headers["content-type"], "application/x-protobuf");
        assert_eq!(delivery.headers["authorization"], format!("Bearer {KEY}"));
        let holds = |text: &str| {
            delivery
                .body
                .windows(text.len())
                .any(|bytes| bytes == text.as_bytes())
        };
        for turn in &turns {
            let said =
                [&turn.user_transcript, &turn.ai_transcript].map(|said| said.clone().expect("it was said"));
            assert!(!said.iter().any(|said| holds(said)), "{said:?}");
        }
    }
    assert!(!folder.log().contains(KEY), "{}", folder.log());
}

#[tokio::test]
async fn turns_of_a_cascade_are_sent_with_every_stage() {
    let (folder, mut collector) = (Folder::new(), Collector::start().await);
    let server = collector.serve(&folder).await;
    let delays = ["stt_delay_ms=60", "llm_delay_ms=140", "tts_delay_ms=90"];
    let mut args = vec!["--mode", "cascade"];
    args.extend(delays.iter().flat_map(|delay| ["--option", delay]));
    let report = call(&folder, &server, "question-en", 1, &args).await;
    let (_, turns) = stored(&server, &report).await;
    let all = spans(&collector.until(1).await);
    let spans = trace(&all, &turns[0]);
    assert_measured(&spans, &turns[0]);
    let parts = [
        "endpointing",
        "overhead",
        "stt",
        "overhead",
        "llm_ttft",
        "llm_text",
        "overhead",
        "tts_ttfb",
        "overhead",
        "network_playout",
        "leading_silence",
    ];
    let expected: Vec<_> = std::iter::once(("total", "turn"))
        .chain(parts.map(|part| (part, "total")))
        .collect();
    assert_eq!(tree(&spans), expected);
    for (stage, delay) in [("stt", 60.0), ("llm_ttft", 140.0), ("tts_ttfb", 90.0)] {
        let span = spans
            .iter()
            .find(|span| span.name == stage)
            .expect("it was measured");
        assert!(ms(span) >= delay, "{stage}: {}", ms(span));
        assert_eq!(
            text(&span.attributes, "gen_ai.provider.name"),
            Some("offline"),
            "{stage}"
        );
    }
    assert_eq!(text(&spans[0].attributes, "viva.mode"), Some("cascade"));
}

#[tokio::test]
async fn an_answer_that_was_cut_has_the_time_that_took() {
    let (folder, mut collector) = (Folder::new(), Collector::start().await);
    let server = collector.serve(&folder).await;
    let report = call(&folder, &server, "barge-in-en", 2, &["--option", "delay_ms=0"]).await;
    let (_, turns) = stored(&server, &report).await;
    let all = spans(&collector.until(2).await);
    let cut = trace(&all, &turns[0]);
    assert_measured(&cut, &turns[0]);
    assert_eq!(text(&cut[0].attributes, "viva.turn.outcome"), Some("interrupted"));
    assert_eq!(text(&cut[0].attributes, "viva.turn.interruption"), Some("speech"));
    assert!(tree(&cut).contains(&("interrupt", "turn")));
    assert_measured(&trace(&all, &turns[1]), &turns[1]);
}

#[tokio::test]
async fn a_turn_that_failed_is_an_error_of_a_kind() {
    let (folder, mut collector) = (Folder::new(), Collector::start().await);
    let server = collector.serve(&folder).await;
    let wav = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../audio/tests/fixtures/question-en.wav"
    );
    let mut command = folder.viva(&["talk", "--url", server.url(), "--wav", wav, "--turns", "1"]);
    command.args(["--option", "fail_after_chunks=0", "--answer-limit-s", "2"]);
    output(&mut command).await;
    let all = spans(&collector.until(1).await);
    let root = all.iter().find(|span| is_root(span)).expect("it is there");
    let status = root.status.as_ref().expect("it has one");
    assert_eq!((status.code(), &*status.message), (StatusCode::Error, ""));
    assert_eq!(text(&root.attributes, "error.type"), Some("failed"));
    assert_eq!(text(&root.attributes, "viva.turn.outcome"), Some("failed"));
}

/// A conversation whose traces nobody takes, and how the server stops after it.
#[cfg(unix)]
async fn talk_in_vain(endpoint: String) -> String {
    let folder = Folder::new();
    let server = folder.serve_with(&[(ENDPOINT, endpoint)]).await;
    let report = call(&folder, &server, "three-turns-en", 3, &["--option", "delay_ms=0"]).await;
    let (_, turns) = stored(&server, &report).await;
    // A busy machine is late in some turns, and never in all.
    let least = turns
        .iter()
        .filter_map(|turn| turn.latency.total_ms)
        .reduce(f64::min);
    assert!(least.is_some_and(|ms| ms < 1_000.0), "{turns:?}");
    let stopped = Instant::now();
    server.terminate().await;
    assert_eq!(server.exit_code().await, Some(0));
    assert!(stopped.elapsed() < STOPPING, "{:?}", stopped.elapsed());
    folder.log()
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_waits_for_a_collector_that_is_away() {
    let (listener, endpoint) = listen().await;
    drop(listener);
    let log = talk_in_vain(endpoint).await;
    let told = log.lines().filter(|line| line.contains("took no traces")).count();
    assert_eq!(told, 1, "{log}");
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_waits_for_a_collector_that_does_not_answer() {
    // The system takes connections for it.
    let (_listener, endpoint) = listen().await;
    let log = talk_in_vain(endpoint).await;
    assert!(log.contains("Gave up sending the last traces"), "{log}");
}

#[cfg(unix)]
#[tokio::test]
async fn what_a_stop_cuts_short_is_sent_before_the_server_is_gone() {
    let (folder, mut collector) = (Folder::new(), Collector::start().await);
    let server = collector.serve(&folder).await;
    let mut conversation = server.start_session().await;
    crate::bench::ask(&mut conversation).await;
    server.terminate().await;
    assert_eq!(server.exit_code().await, Some(0));
    let all = spans(&collector.until(1).await);
    let root = all.iter().find(|span| is_root(span)).expect("it is there");
    let session = conversation.started().session_id;
    assert_eq!(text(&root.attributes, "session.id"), Some(&*session.to_string()));
}
