//! What is counted of requests and connections, and that nobody can make it grow.

use viva_presentation::{METRICS, RateLimits};

use crate::bench::{Auth, Server, Setup};

const SESSIONS: &str = "/api/v1/interaction/sessions";

fn requests(method: &str, route: &str, status: &str) -> String {
    format!("viva_http_requests_total{{method=\"{method}\",route=\"{route}\",status=\"{status}\"}}")
}

fn limited(group: &str) -> String {
    format!("viva_http_rate_limited_total{{group=\"{group}\"}}")
}

async fn with_sign_in(limits: RateLimits) -> Server {
    Server::start_with(Setup {
        auth: Auth::Token,
        limits,
        ..Setup::default()
    })
    .await
}

#[tokio::test]
async fn requests_are_counted_by_the_template_of_their_route() {
    let server = Server::start().await;
    let session = server.keep_session(1, 1).await;
    for _ in 0..3 {
        server.get(&format!("{SESSIONS}/{}", session.id)).await;
    }
    server.get(&format!("{SESSIONS}/nonsense")).await;
    server.get("/nowhere").await;
    let one = format!("{SESSIONS}/{{id}}");
    let count = |series: String| server.figures.counter(&series);
    assert_eq!(count(requests("GET", &one, "2xx")), Some(3));
    assert_eq!(count(requests("GET", &one, "4xx")), Some(1));
    assert_eq!(count(requests("GET", "unmatched", "4xx")), Some(1));
    let took = format!("viva_http_request_duration_seconds{{method=\"GET\",route=\"{one}\"}}");
    assert_eq!(server.figures.histogram(&took).len(), 4);
}

#[tokio::test]
async fn what_clients_send_makes_no_series() {
    let server = Server::start().await;
    let send = async |n: usize| {
        for path in [
            format!("/nowhere/{n}"),
            format!("{SESSIONS}/{n}"),
            format!("{SESSIONS}?provider=p{n}&status=s{n}"),
            format!("/api/v1/credentials/p{n}"),
        ] {
            for method in ["GET", "PUT", &format!("METHOD{n}")] {
                server.request(method, &path, &[("user-agent", "%s%n\"}")]).await;
            }
        }
    };
    send(0).await;
    let before = server.figures.series();
    for n in 1..50 {
        send(n).await;
    }
    assert_eq!(server.figures.series(), before);
}

#[tokio::test]
async fn connections_are_counted_while_they_are_open() {
    let server = Server::start().await;
    let open = || server.figures.gauge("viva_websocket_connections");
    assert_eq!(open(), Some(0.0));
    let (first, second) = (server.connect().await, server.connect().await);
    assert_eq!(open(), Some(2.0));
    assert_eq!(
        server
            .figures
            .counter(&requests("GET", viva_protocol::WEBSOCKET_PATH, "1xx")),
        Some(2)
    );
    drop((first, second));
    server.stop();
    server.stopped().await;
    assert_eq!(open(), Some(0.0));
}

#[tokio::test]
async fn who_had_their_share_is_counted_by_what_of() {
    let server = Server::start_with(Setup {
        limits: RateLimits {
            reads: 2,
            connections: 1,
            ..RateLimits::default()
        },
        ..Setup::default()
    })
    .await;
    for _ in 0..5 {
        server.get(SESSIONS).await;
    }
    assert_eq!(server.figures.counter(&limited("reads")), Some(3));
    let _open = server.connect().await;
    assert!(server.try_connect(&[]).await.is_err());
    assert_eq!(server.figures.counter(&limited("connections")), Some(1));
    assert_eq!(server.figures.counter(&limited("writes")), Some(0));
}

#[tokio::test]
async fn wrong_tokens_are_counted_and_not_told() {
    let server = with_sign_in(RateLimits::default()).await;
    let ada = server.person("ada").await;
    server.log_in("viva_guessed", &[]).await;
    for token in ["guessed", "viva_guessed"] {
        let bearer = format!("Bearer {token}");
        server
            .request("GET", SESSIONS, &[("authorization", &bearer)])
            .await;
    }
    let good = server
        .request("GET", SESSIONS, &[("authorization", &ada.bearer())])
        .await;
    assert_eq!(good.status, 200);
    server.get(SESSIONS).await;
    let failed = |way: &str| {
        let series = format!("viva_sign_ins_failed_total{{way=\"{way}\"}}");
        server.figures.counter(&series)
    };
    assert_eq!(["form", "header"].map(failed), [1, 2].map(Some));
    let told = format!("{:?}", server.figures.series());
    assert!(!told.contains("guessed") && !told.contains(&ada.token), "{told}");
}

#[tokio::test]
async fn what_is_told_is_listed() {
    let server = Server::start().await;
    server.get("/healthz").await;
    let described = server.figures.described();
    for metric in METRICS {
        assert!(described.contains(metric.name), "{}", metric.name);
    }
    for series in server.figures.series() {
        let name = series.split('{').next().unwrap_or_default();
        assert!(described.contains(name), "{series}");
    }
}

#[tokio::test]
async fn the_main_listener_tells_no_figures() {
    let server = with_sign_in(RateLimits::default()).await;
    let ada = server.person("ada").await;
    let bearer = ada.bearer();
    for path in ["/metrics", "/api/metrics", "/api/v1/metrics"] {
        let nobodys = server.get(path).await;
        assert!(!nobodys.status.is_success(), "{path}: {}", nobodys.status);
        let adas = server
            .request("GET", path, &[("authorization", bearer.as_str())])
            .await;
        assert_eq!(adas.status, 404, "{path}");
        for answer in [nobodys, adas] {
            assert!(!answer.text().contains("viva_"), "{path}");
        }
    }
}
