//! What Prometheus is told of a server, on a listener of its own.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::bench::{FRAME, Folder, PATIENCE, Server, call, hang_up, output};

const LISTEN: &str = "VIVA__METRICS__LISTEN";
const AT: &str = "Figures for Prometheus are at http://";

/// A server that tells its figures, and where.
async fn watched(folder: &Folder, variables: &[(&str, String)]) -> (Server, String) {
    let listen = [(LISTEN, "127.0.0.1:0".to_owned())];
    let server = folder.serve_with(&[&listen, variables].concat()).await;
    let log = folder.log();
    let (_, rest) = log.split_once(AT).expect("it says where its figures are");
    let address = rest.split_once("/metrics").expect("at this path").0.to_owned();
    (server, address)
}

/// Status and body of an answer.
async fn ask(address: &str, request: &str, headers: &str) -> (u16, String) {
    let asking = async {
        let mut stream = TcpStream::connect(address).await?;
        let request = format!("{request} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{headers}\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok::<_, std::io::Error>(answer)
    };
    let answer = timeout(PATIENCE, asking).await.expect("it answers soon");
    let answer = answer.expect("it answers");
    let status = answer
        .split_whitespace()
        .nth(1)
        .and_then(|status| status.parse().ok());
    let body = answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
    (status.expect("it has a status"), body.expect("it has a head"))
}

/// Every series with its value.
struct Scrape {
    text: String,
    values: BTreeMap<String, String>,
}

impl Scrape {
    async fn of(address: &str) -> Self {
        let (status, text) = ask(address, "GET /metrics", "").await;
        assert_eq!(status, 200, "{text}");
        let lines = text
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        let values = lines.map(|line| {
            let (series, value) = line.rsplit_once(' ').expect("a value");
            (series.to_owned(), value.to_owned())
        });
        Self {
            values: values.collect(),
            text,
        }
    }

    fn of_series(&self, series: &str) -> &str {
        let value = self.values.get(series);
        value.unwrap_or_else(|| panic!("there is no {series} in {}", self.text))
    }

    /// What is counted in ones.
    fn count(&self, series: &str) -> u64 {
        self.of_series(series).parse().expect("a whole number")
    }

    /// All series of a name, added up.
    fn sum(&self, name: &str) -> u64 {
        let names = self.values.keys();
        let of_name = names.filter(|series| series.split('{').next() == Some(name));
        of_name.map(|series| self.count(series)).sum()
    }
}

/// Looks until something is told that the server does after its client was told.
async fn until(address: &str, is_it: impl Fn(&Scrape) -> bool) -> Scrape {
    let looking = async {
        loop {
            let scrape = Scrape::of(address).await;
            if is_it(&scrape) {
                return scrape;
            }
        }
    };
    timeout(PATIENCE, looking).await.expect("it is told soon")
}

#[tokio::test]
async fn figures_agree_with_what_was_said() {
    let folder = Folder::new();
    let (server, address) = watched(&folder, &[]).await;
    let before = Scrape::of(&address).await;
    assert_eq!(before.count("viva_sessions_active"), 0);
    let report = call(&folder, &server, "three-turns-en", 3, &["--option", "delay_ms=0"]).await;
    let after = until(&address, |scrape| {
        let open = [
            "viva_websocket_connections",
            "viva_sessions_active",
            "viva_queue_entries",
        ];
        open.iter().all(|name| scrape.sum(name) == 0)
    })
    .await;

    let report = &report["runs"][0];
    let turns = report["turns"].as_array().expect("it lists turns");
    let measured = |name: &str| {
        let has_it = |turn: &&Value| turn["latency"][name].is_number();
        turns.iter().filter(has_it).count() as u64
    };
    assert_eq!(after.sum("viva_turns_total"), 3);
    assert_eq!(
        after.count("viva_turns_total{mode=\"realtime\",outcome=\"answered\"}"),
        3
    );
    for (stage, name) in [
        ("total", "total_ms"),
        ("provider", "provider_ms"),
        ("endpointing", "endpointing_ms"),
    ] {
        let series = format!(
            "viva_turn_latency_seconds_count{{stage=\"{stage}\",mode=\"realtime\",provider=\"offline\"}}"
        );
        assert_eq!(after.count(&series), measured(name), "{stage}");
        assert_eq!(measured(name), 3, "{stage}: {report:#}");
    }
    let total = "viva_turn_latency_seconds_sum{stage=\"total\",mode=\"realtime\",provider=\"offline\"}";
    let told: f64 = turns
        .iter()
        .filter_map(|turn| turn["latency"]["total_ms"].as_f64())
        .sum();
    assert!(
        (after.of_series(total).parse::<f64>().expect("a number") * 1_000.0 - told).abs() < 1.0,
        "{told}: {}",
        after.text
    );

    let sent = report["frames_sent"].as_u64().expect("it counts frames");
    let taken = after.count("viva_audio_frames_total{direction=\"in\"}");
    assert!(taken <= sent && taken > sent * 9 / 10, "{taken} of {sent}");
    assert!(after.count("viva_audio_frames_total{direction=\"out\"}") > 0);
    assert_eq!(after.sum("viva_audio_frames_dropped_total"), 0, "{}", after.text);
    let calls = "viva_provider_calls_total{role=\"realtime\",provider=\"offline\",outcome=\"accepted\"}";
    assert_eq!(after.count(calls), 1);
    assert_eq!(after.sum("viva_provider_errors_total"), 0);
    assert_eq!(after.count("viva_sessions_ended_total{status=\"completed\"}"), 1);
    assert_eq!(after.count("viva_journal_turns"), 0);
    assert!(after.count("viva_retention_runs_total{outcome=\"done\"}") >= 1);
    let socket = "viva_http_requests_total{method=\"GET\",route=\"/api/v1/interaction/ws\",status=\"1xx\"}";
    assert_eq!(after.count(socket), 1);
    let id = report["session_id"].as_str().expect("it has an id");
    assert!(!after.text.contains(id), "nothing is told of single sessions");
}

#[tokio::test]
async fn every_stage_of_a_cascade_is_told_with_its_provider() {
    let folder = Folder::new();
    let (server, address) = watched(&folder, &[]).await;
    call(&folder, &server, "question-en", 1, &["--mode", "cascade"]).await;
    let after = until(&address, |scrape| scrape.count("viva_sessions_active") == 0).await;
    for (stage, provider) in [
        ("total", "none"),
        ("stt", "offline"),
        ("llm_ttft", "offline"),
        ("llm_text", "offline"),
        ("tts_ttfb", "offline"),
        ("overhead", "none"),
    ] {
        let series = format!(
            "viva_turn_latency_seconds_count{{stage=\"{stage}\",mode=\"cascade\",provider=\"{provider}\"}}"
        );
        assert_eq!(after.count(&series), 1, "{stage}");
    }
    for role in ["stt", "llm", "tts"] {
        let accepted =
            format!("viva_provider_calls_total{{role=\"{role}\",provider=\"offline\",outcome=\"accepted\"}}");
        let calls = after.count(&accepted);
        assert!(calls >= 1, "{role}");
        let count = format!("viva_provider_accept_seconds_count{{role=\"{role}\",provider=\"offline\"}}");
        assert_eq!(after.count(&count), calls, "{role}");
    }
}

#[tokio::test]
async fn sessions_that_talk_at_once_lose_no_count() {
    const SESSIONS: usize = 8;
    const FRAMES: usize = 100;
    let folder = Folder::new();
    let per_user = [("VIVA__SESSIONS__PER_USER", SESSIONS.to_string())];
    let (server, address) = watched(&folder, &per_user).await;
    let mut conversations = join_all((0..SESSIONS).map(|_| server.start_session())).await;
    let talking = conversations.iter_mut().map(async |conversation| {
        let mut captured = Duration::from_secs(100);
        for _ in 0..FRAMES {
            conversation
                .send_audio(&[0; FRAME], captured)
                .expect("it goes on");
            captured += Duration::from_millis(20);
            tokio::task::yield_now().await;
        }
    });
    let looking = (0..SESSIONS).map(|_| Scrape::of(&address));
    let (_, scrapes) = tokio::join!(join_all(talking), join_all(looking));
    for scrape in scrapes {
        assert_eq!(scrape.count("viva_sessions_active"), SESSIONS as u64);
        assert_eq!(scrape.count("viva_websocket_connections"), SESSIONS as u64);
    }
    join_all(conversations.iter_mut().map(hang_up)).await;
    drop(conversations);
    let after = until(&address, |scrape| {
        scrape.count("viva_websocket_connections") == 0 && scrape.count("viva_sessions_active") == 0
    })
    .await;
    let taken = after.count("viva_audio_frames_total{direction=\"in\"}");
    assert_eq!(taken, (SESSIONS * FRAMES) as u64);
    assert_eq!(
        after.count("viva_sessions_started_total{mode=\"realtime\"}"),
        SESSIONS as u64
    );
    assert_eq!(after.sum("viva_sessions_ended_total"), SESSIONS as u64);
}

#[tokio::test]
async fn what_clients_send_does_not_make_figures_grow() {
    let folder = Folder::new();
    let (server, address) = watched(&folder, &[]).await;
    let main = server
        .url()
        .trim_start_matches("http://")
        .trim_end_matches('/')
        .to_owned();
    let hostile = async |n: usize| {
        for request in [
            format!("GET /nowhere/{n}"),
            format!("METHOD{n} /api/v1/interaction/sessions"),
            format!("GET /api/v1/interaction/sessions/{n}?provider=p{n}"),
            format!("PUT /api/v1/credentials/p{n}"),
            format!("GET /metrics?{n}"),
        ] {
            let secret = format!("authorization: Bearer viva_hunter{n}\r\nx-request-id: id{n}\r\n");
            ask(&main, &request, &secret).await;
        }
    };
    hostile(0).await;
    let before = Scrape::of(&address).await;
    for n in 1..40 {
        hostile(n).await;
    }
    let after = Scrape::of(&address).await;
    let names = |scrape: &Scrape| scrape.values.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&after), names(&before));
    assert!(
        !after.text.contains("hunter") && !after.text.contains("p39"),
        "{}",
        after.text
    );
    let unmatched = "viva_http_requests_total{method=\"GET\",route=\"unmatched\",status=\"4xx\"}";
    assert_eq!(after.count(unmatched), 80);
}

#[tokio::test]
async fn each_listener_serves_its_own() {
    let folder = Folder::new();
    let (server, address) = watched(&folder, &[]).await;
    let main = server
        .url()
        .trim_start_matches("http://")
        .trim_end_matches('/')
        .to_owned();
    assert_ne!(main, address);
    let (status, body) = ask(&main, "GET /metrics", "").await;
    assert!(status == 404 && !body.contains("viva_"), "{status}: {body}");
    for (request, expected) in [
        ("GET /", 404),
        ("GET /healthz", 404),
        ("GET /api/v1/providers", 404),
        ("GET /metrics/", 404),
        ("POST /metrics", 405),
        ("GET /metrics", 200),
    ] {
        assert_eq!(ask(&address, request, "").await.0, expected, "{request}");
    }
}

#[tokio::test]
async fn nobody_is_told_unless_somebody_watches() {
    let folder = Folder::new();
    let server = folder.serve().await;
    server.client().providers().await.expect("it works");
    assert!(!folder.log().contains(AT), "{}", folder.log());
}

#[tokio::test]
async fn a_port_that_cannot_be_had_is_named_with_its_setting() {
    let folder = Folder::new();
    let taken = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = taken.local_addr().expect("it is bound").to_string();
    let output = output(folder.viva(&["serve"]).env(LISTEN, &address)).await;
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(71), "{message}");
    assert!(
        message.contains("metrics.listen") && message.contains(&address),
        "{message}"
    );
    assert!(output.stdout.is_empty(), "it does not say that it listens");
}

#[cfg(unix)]
#[tokio::test]
async fn figures_are_told_until_the_server_stops() {
    let folder = Folder::new();
    let (server, address) = watched(&folder, &[]).await;
    // A scraper that stays connected holds nothing up.
    let mut idle = TcpStream::connect(&address).await.expect("it listens");
    let request = format!("GET /metrics HTTP/1.1\r\nhost: {address}\r\n\r\n");
    idle.write_all(request.as_bytes()).await.expect("it listens");
    let mut first = [0; 12];
    idle.read_exact(&mut first).await.expect("it answers");
    assert_eq!(&first, b"HTTP/1.1 200");
    server.terminate().await;
    assert_eq!(server.exit_code().await, Some(0));
    assert!(TcpStream::connect(&address).await.is_err());
}
