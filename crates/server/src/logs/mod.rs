//! Writes the log: one line for each event, with the fields of the spans around it among its own, so that every line says
//! for itself to which session, turn and provider it belongs. `docs/logging.md` lists what is logged.

mod fields;
mod line;
#[cfg(test)]
mod tests;

use std::io::Write as _;

use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

use self::fields::Fields;
use self::line::Line;
use crate::config::LogFormat;

/// Writes each event as a line.
#[derive(Debug)]
pub(crate) struct Lines<W> {
    pub(crate) format: LogFormat,
    /// Whether lines for people are coloured.
    pub(crate) are_coloured: bool,
    pub(crate) writer: W,
}

impl<S, W> Layer<S> for Lines<W>
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
    W: for<'writer> MakeWriter<'writer> + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            span.extensions_mut().replace(fields);
        }
    }

    /// What is recorded takes the place of what was there; [`tracing::field::Empty`] takes it away.
    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            for field in span.metadata().fields() {
                if values.contains(&field) {
                    fields.take(field.name());
                }
            }
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(outer) = span.extensions().get::<Fields>() {
                fields.complete(outer);
            }
        }
        let line = Line::new(event.metadata(), fields);
        let text = match self.format {
            LogFormat::Json => line.json(),
            LogFormat::Pretty => line.pretty(self.are_coloured),
        };
        // Where the log cannot be written, nobody can be told.
        let _ = self.writer.make_writer().write_all(text.as_bytes());
    }
}

/// Whether it is a span that says where lines belong. A filter that lets a line through does not take that from it.
pub(crate) fn is_context(of: &Metadata<'_>) -> bool {
    of.is_span() && *of.level() <= Level::INFO && of.target().starts_with("viva")
}
