//! `/metrics`, on a listener of its own: what Prometheus is told of a server. The only place that knows of Prometheus.

mod process;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use axum::Router;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HOST};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;
use tokio::time::interval;
use tracing::{error, info};
use viva_application::meters::Registry;
use viva_presentation::is_loopback;

use self::process::Process;
use crate::config::MetricsSettings;
use crate::failure::Failure;

/// Prometheus' text format.
const FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";
/// Values of histograms are put into their buckets so often, whether somebody asks for them or not: until then they are kept
/// one by one.
const TIDY_EVERY: Duration = Duration::from_secs(5);
/// What people wait for, in seconds.
const LATENCIES: [f64; 16] = [
    0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0,
];
/// What a request takes, in seconds.
const REQUESTS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 10.0];

/// Tells what was counted, if anybody may ask.
pub(crate) struct Exporter(Option<Open>);

struct Open {
    listener: TcpListener,
    figures: Figures,
    registry: Registry,
}

#[derive(Clone)]
struct Figures {
    handle: PrometheusHandle,
    process: Arc<Process>,
    audience: Audience,
}

/// Who can reach the listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Audience {
    /// Programs on this machine, and with them pages of any site in a browser there.
    Local,
    /// Others as well.
    Anybody,
}

impl Audience {
    fn of(address: SocketAddr) -> Self {
        if address.ip().is_loopback() {
            Self::Local
        } else {
            Self::Anybody
        }
    }

    /// Whether a request was meant for this listener. A page of another site can have its own name point to a loopback
    /// address (DNS rebinding), and would read figures under that name.
    fn is_meant(self, headers: &HeaderMap) -> bool {
        let host = headers.get(HOST).map(|host| host.to_str().unwrap_or_default());
        self == Self::Anybody || host.is_none_or(is_loopback)
    }
}

impl Exporter {
    /// Listens from now on.
    pub(crate) async fn start(settings: MetricsSettings) -> Result<Self> {
        let Some(address) = settings.listen else {
            return Ok(Self(None));
        };
        let (listener, address) = listen(address).await?;
        let recorder = recorder().context("the buckets of histograms are wrong")?;
        let handle = recorder.handle();
        let registry = Registry::new(Arc::new(recorder));
        let process = Arc::new(Process::new(&registry));
        info!(event = "metrics.listening", metrics.address = %address, "Figures for Prometheus are at http://{address}/metrics");
        Ok(Self(Some(Open {
            listener,
            figures: Figures {
                handle,
                process,
                audience: Audience::of(address),
            },
            registry,
        })))
    }

    /// Where everything is to be counted.
    pub(crate) fn registry(&self) -> Registry {
        self.0
            .as_ref()
            .map_or_else(Registry::none, |open| open.registry.clone())
    }

    /// Answers for as long as something else is served.
    pub(crate) async fn serve_beside<T>(self, serving: impl Future<Output = T>) -> T {
        let Some(Open {
            listener, figures, ..
        }) = self.0
        else {
            return serving.await;
        };
        tokio::select! {
            served = serving => served,
            never = serve(listener, figures.clone()) => match never {},
            never = tidy(figures.handle) => match never {},
        }
    }
}

async fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr)> {
    let listening = async {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        Ok::<_, std::io::Error>((listener, address))
    };
    listening
        .await
        .with_context(|| {
            format!("metrics.listen is {address}: choose another, or leave it empty to do without figures")
        })
        .context(Failure::Listen)
}

fn recorder() -> Result<metrics_exporter_prometheus::PrometheusRecorder, BuildError> {
    let builder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Prefix("viva_http_".to_owned()), &REQUESTS)?
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &LATENCIES)?;
    Ok(builder.build_recorder())
}

async fn serve(listener: TcpListener, figures: Figures) -> Infallible {
    let router = Router::new().route("/metrics", get(tell)).with_state(figures);
    if let Err(err) = axum::serve(listener, router).await {
        error!(
            event = "metrics.stopped",
            error = &err as &dyn std::error::Error,
            "Figures are not told any more"
        );
    }
    std::future::pending().await
}

async fn tidy(handle: PrometheusHandle) -> Infallible {
    let mut ticks = interval(TIDY_EVERY);
    loop {
        ticks.tick().await;
        handle.run_upkeep();
    }
}

/// Thousands of lines, and files of the system, are more than a moment's work.
async fn tell(State(figures): State<Figures>, headers: HeaderMap) -> Response {
    let Figures {
        handle,
        process,
        audience,
    } = figures;
    if !audience.is_meant(&headers) {
        return StatusCode::MISDIRECTED_REQUEST.into_response();
    }
    let told = tokio::task::spawn_blocking(move || {
        process.look();
        handle.render()
    });
    match told.await {
        Ok(told) => ([(CONTENT_TYPE, FORMAT), (CACHE_CONTROL, "no-store")], told).into_response(),
        Err(err) => {
            error!(
                event = "metrics.failed",
                error = &err as &dyn std::error::Error,
                "Figures could not be told"
            );
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

#[cfg(test)]
mod tests;
