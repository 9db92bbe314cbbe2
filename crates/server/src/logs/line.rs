use std::fmt::Write as _;

use serde::Serializer as _;
use serde_json::Value;
use tracing::{Level, Metadata};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime as _, SystemTime};

use super::fields::Fields;

/// The event of a line that a library wrote, which knows nothing of our names.
const LIBRARY: &str = "library";
/// What comes first, so that people find it.
const FIRST: [&str; 3] = ["session.id", "turn.number", "provider.name"];

/// What a line says.
#[derive(Debug)]
pub(super) struct Line {
    at: String,
    level: Level,
    /// Where in the program it was written.
    target: String,
    /// `None` when a library wrote it.
    event: Option<Value>,
    message: String,
    /// All others.
    fields: Fields,
}

impl Line {
    pub(super) fn new(metadata: &Metadata<'_>, mut fields: Fields) -> Self {
        // Of a line that a library wrote with `log`, these say what the metadata does not.
        let target = fields.take("log.target").map(text);
        fields.drop_all("log.");
        let mut at = String::new();
        // A moment that cannot be written is no reason to lose the line.
        let _ = SystemTime.format_time(&mut Writer::new(&mut at));
        Self {
            at,
            level: *metadata.level(),
            target: target.unwrap_or_else(|| metadata.target().to_owned()),
            event: fields.take("event"),
            message: fields.take("message").map(text).unwrap_or_default(),
            fields,
        }
    }

    /// For machines.
    pub(super) fn json(&self) -> String {
        let level = self.level.as_str();
        let event = self.event.as_ref().and_then(Value::as_str).unwrap_or(LIBRARY);
        let head = [
            ("timestamp", self.at.as_str()),
            ("level", level),
            ("event", event),
            ("message", &self.message),
        ];
        let head = head.map(|(name, value)| (name, Value::from(value)));
        let tail = [("target", Value::from(self.target.as_str()))];
        let fields = self
            .ordered()
            .map(|(name, value)| (unambiguous(name), value.clone()));
        let mut line = Vec::new();
        let members = head.into_iter().chain(fields).chain(tail);
        // Names are texts and memory takes everything: this cannot fail.
        let _ = serde_json::Serializer::new(&mut line).collect_map(members);
        line.push(b'\n');
        String::from_utf8(line).unwrap_or_default()
    }

    /// For people.
    pub(super) fn pretty(&self, is_coloured: bool) -> String {
        let [dim, colour, plain] = if is_coloured {
            ["\x1b[2m", colour_of(self.level), "\x1b[0m"]
        } else {
            [""; 3]
        };
        let mut line = format!(
            "{dim}{}{plain} {colour}{:>5}{plain} ",
            self.at,
            self.level.as_str()
        );
        let said = printable(&self.message);
        let event = self.event.as_ref().and_then(Value::as_str).unwrap_or(LIBRARY);
        // Writing to memory cannot fail.
        let _ = write!(line, "{event}: {said}{dim}");
        for (name, value) in self.ordered() {
            let _ = match value {
                Value::String(text) if !is_plain(text) => write!(line, " {name}={text:?}"),
                Value::String(text) => write!(line, " {name}={text}"),
                value => write!(line, " {name}={value}"),
            };
        }
        if self.event.is_none() {
            let _ = write!(line, " target={}", self.target);
        }
        line.push_str(plain);
        line.push('\n');
        line
    }

    /// The fields, with those first that most lines have.
    fn ordered(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        let place = |name: &str| {
            FIRST
                .iter()
                .position(|first| *first == name)
                .unwrap_or(FIRST.len())
        };
        let mut fields: Vec<_> = self.fields.iter().collect();
        fields.sort_by_key(|(name, _)| place(name));
        fields.into_iter()
    }
}

/// A text without what ends a line, or what a terminal obeys.
fn printable(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() {
            printable.extend(character.escape_default());
        } else {
            printable.push(character);
        }
    }
    printable
}

fn text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        value => value.to_string(),
    }
}

/// Whether it can stand in a line without quotes.
fn is_plain(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| !c.is_whitespace() && !c.is_control() && c != '"')
}

/// A library's field that is named like what every line has.
fn unambiguous(name: &'static str) -> &'static str {
    match name {
        "timestamp" => "field.timestamp",
        "level" => "field.level",
        "target" => "field.target",
        name => name,
    }
}

const fn colour_of(level: Level) -> &'static str {
    match level {
        Level::ERROR => "\x1b[31m",
        Level::WARN => "\x1b[33m",
        Level::INFO => "\x1b[32m",
        Level::DEBUG => "\x1b[34m",
        Level::TRACE => "\x1b[35m",
    }
}
