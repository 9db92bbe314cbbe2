//! Logs: structured, to standard error, so that standard output stays a command's answer.

use std::io::IsTerminal as _;
use std::panic::Location;

use anyhow::{Context as _, Result};
use tracing::{Level, Metadata, Subscriber, error};
use tracing_subscriber::filter::{EnvFilter, FilterExt as _, LevelFilter, filter_fn};
use tracing_subscriber::layer::{Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::LogSettings;
use crate::logs::{Lines, is_context};

/// Libraries that log whole messages of providers at trace, and with them what people say.
const TELLTALES: [&str; 2] = ["tungstenite", "tokio_tungstenite"];

/// Starts logging. Call it once.
pub(crate) fn start(settings: &LogSettings) -> Result<()> {
    let lines = Lines {
        format: settings.format,
        are_coloured: std::io::stderr().is_terminal(),
        writer: std::io::stderr,
    };
    tracing_subscriber::registry()
        .with(filtered(lines, &settings.filter)?)
        .try_init()
        .context("cannot start logging")?;
    std::panic::set_hook(Box::new(|panic| {
        let message = panic.payload_as_str().unwrap_or("no message");
        // Who cuts a text wrongly is told of it, and it may be what somebody said.
        let message = message.split(" of `").next().unwrap_or(message);
        panicked(message, panic.location());
    }));
    Ok(())
}

/// A panic is a line of the log like any other, of the session in which it happened.
pub(crate) fn panicked(message: &str, place: Option<&Location<'_>>) {
    error!(
        event = "process.panicked",
        panic.location = place.map(display),
        "Panicked: {message}"
    );
}

/// What writes, for what is wanted.
pub(crate) fn filtered<S, L>(writing: L, wanted: &str) -> Result<impl Layer<S> + Send + Sync + use<S, L>>
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
    L: Layer<S> + Send + Sync,
{
    let filter =
        EnvFilter::try_new(wanted).with_context(|| format!("log.filter \"{wanted}\" is not a filter"))?;
    // Without the hint nobody could know in advance what is never logged, and libraries would ask for every line.
    let discreet = filter_fn(tells_no_tales).with_max_level_hint(LevelFilter::TRACE);
    let context = filter_fn(is_context).with_max_level_hint(LevelFilter::INFO);
    Ok(writing.with_filter(filter.and(discreet).or(context)))
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
