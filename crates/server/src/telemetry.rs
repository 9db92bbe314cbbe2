//! Logs: structured, to standard error, so that standard output stays a command's answer.

use std::io::IsTerminal as _;

use anyhow::{Context as _, Result};
use tracing::{Level, Metadata};
use tracing_subscriber::filter::{EnvFilter, FilterExt as _, LevelFilter, filter_fn};
use tracing_subscriber::layer::{Layer, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::{LogFormat, LogSettings};

/// Libraries that log whole messages of providers at trace, and with them what people say.
const TELLTALES: [&str; 2] = ["tungstenite", "tokio_tungstenite"];

/// Starts logging. Call it once.
pub(crate) fn start(settings: &LogSettings) -> Result<()> {
    let writing = tracing_subscriber::fmt::layer()
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    let started = match settings.format {
        LogFormat::Json => registry(writing.json().flatten_event(true), &settings.filter)?,
        LogFormat::Pretty => registry(writing.with_target(false).compact(), &settings.filter)?,
    };
    started.map_err(|err| anyhow::anyhow!("cannot start logging: {err}"))
}

fn registry<L>(writing: L, wanted: &str) -> Result<Result<(), tracing_subscriber::util::TryInitError>>
where
    L: Layer<tracing_subscriber::Registry> + Send + Sync,
{
    let filter =
        EnvFilter::try_new(wanted).with_context(|| format!("log.filter \"{wanted}\" is not a filter"))?;
    // Without the hint nobody could know in advance what is never logged, and libraries would ask for every line.
    let discreet = filter_fn(tells_no_tales).with_max_level_hint(LevelFilter::TRACE);
    let filter = filter.and(discreet);
    Ok(tracing_subscriber::registry()
        .with(writing.with_filter(filter))
        .try_init())
}

/// Whether an event may be logged, whatever the filter says.
fn tells_no_tales(of: &Metadata<'_>) -> bool {
    let library = of.target().split("::").next().unwrap_or_default();
    *of.level() < Level::TRACE || !TELLTALES.contains(&library)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing::{debug, trace};
    use tracing_subscriber::layer::Context;

    use super::*;

    #[derive(Clone, Default)]
    struct Targets(Arc<Mutex<Vec<String>>>);

    impl<S: tracing::Subscriber> Layer<S> for Targets {
        fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
            let of = event.metadata();
            self.0
                .lock()
                .unwrap()
                .push(format!("{} {}", of.target(), of.level()));
        }
    }

    #[test]
    fn what_people_say_is_not_logged_by_libraries() {
        let seen = Targets::default();
        let subscriber =
            tracing_subscriber::registry().with(seen.clone().with_filter(filter_fn(tells_no_tales)));
        tracing::subscriber::with_default(subscriber, || {
            trace!(target: "tungstenite::protocol", "a whole message");
            debug!(target: "tungstenite::protocol", "closed");
            trace!(target: "tokio_tungstenite", "a whole message");
            trace!(target: "viva_application", "fine");
        });
        assert_eq!(
            *seen.0.lock().unwrap(),
            ["tungstenite::protocol DEBUG", "viva_application TRACE"]
        );
    }
}
