//! `viva serve`.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::pin;

use anyhow::{Context as _, Result, anyhow};
use clap::Args;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{error, info, warn};
use viva_presentation::Exposure;

use crate::config::{AuthMode, Settings, load};
use crate::failure::Failure;
use crate::metrics::Exporter;
use crate::wiring::{self, Wired};
use crate::{retention, shutdown, telemetry};

#[derive(Debug, Clone, Args)]
pub(crate) struct ServeArgs {
    /// Address to listen on, instead of server.listen; port 0 picks a free one.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,

    /// Folder of the built page, instead of web.site.
    #[arg(long, value_name = "FOLDER")]
    site: Option<PathBuf>,
}

impl ServeArgs {
    fn overrides(self) -> Vec<(&'static str, String)> {
        let listen = self.listen.map(|listen| ("server.listen", listen.to_string()));
        let site = self.site.map(|site| ("web.site", site.display().to_string()));
        listen.into_iter().chain(site).collect()
    }
}

/// Serves until a signal tells it to stop, then ends live sessions cleanly.
pub(crate) async fn run(file: Option<&Path>, args: ServeArgs) -> Result<()> {
    let loaded = load(file, &args.overrides())?;
    let settings = &loaded.settings;
    telemetry::start(&settings.log).context(Failure::Config)?;
    for name in &loaded.unknown_variables {
        warn!(event = "config.unknown_variable", config.variable = %name, "{name} is no setting of this version and is ignored");
    }
    let (listener, address) = listen(settings.server.listen).await?;
    let exporter = Exporter::start(settings.metrics).await?;
    let lock = wiring::lock(settings).await?;
    let tasks = TaskTracker::new();
    let Wired {
        state,
        retention,
        meters,
        traces,
    } = wiring::wire(settings, &lock, &tasks, exporter.registry()).await?;
    let stop = shutdown::on_signal()?;
    warn_of_plain_text(settings);
    let stopping = state.connections.stopping();
    retention::run_daily(retention, settings.clone(), meters, &tasks, stopping);
    announce(address, settings.auth.mode)?;
    info!(event = "server.started", server.address = %address, server.version = env!("CARGO_PKG_VERSION"),
        "Listening on http://{address}");
    // It is held until everything is over.
    let mut held = pin!(lock.hold());
    let (is_taken, mut folders) = (CancellationToken::new(), Vec::new());
    let stop = async {
        tokio::select! {
            () = stop => {}
            kept = &mut held => {
                folders = kept;
                error!(event = "server.database_taken", "Another server has taken the database: ending live sessions, then stopping");
                is_taken.cancel();
            }
        }
    };
    let serving = Box::pin(traces.send_beside(viva_presentation::serve(listener, state, stop)));
    exporter
        .serve_beside(serving)
        .await
        .context("cannot serve any more")?;
    drop(folders);
    if is_taken.is_cancelled() {
        return Err(anyhow!("another server has taken it while it was away").context(Failure::Database));
    }
    Ok(())
}

async fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("{address}: choose another with --listen, for example 127.0.0.1:0"))
        .context(Failure::Listen)?;
    let address = listener.local_addr().context(Failure::Listen)?;
    Ok((listener, address))
}

/// Whoever listens on the way could take the tokens.
fn warn_of_plain_text(settings: &Settings) {
    let server = &settings.server;
    if !server.listen.ip().is_loopback() && server.exposure() == Exposure::Direct {
        warn!(
            event = "server.unencrypted", server.address = %server.listen,
            "Tokens travel unencrypted to {}; put a proxy with HTTPS in front and set server.behind_proxy",
            server.listen
        );
    }
}

/// The one line on standard output: people and programs read it.
fn announce(address: SocketAddr, mode: AuthMode) -> Result<()> {
    let next = match mode {
        AuthMode::None => "open it in a browser and press Start",
        AuthMode::Token => "open it in a browser and sign in; `viva token create` makes a token",
    };
    let mut out = std::io::stdout().lock();
    writeln!(out, "viva: listening on http://{address} - {next}; Ctrl-C stops")?;
    out.flush().context("cannot write to standard output")
}
