//! Spans as a collector wrote them down, and whether they are what was measured.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};

/// The span that holds the others of a trace.
const ROOT: &str = "turn";
/// Figures that lie in one span, or in several that are together as long.
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
/// What a span may be off.
const TOLERANCE_MS: f64 = 1.0;
const TOLERANCE_NS: u64 = 1_000_000;

/// A span, as far as it was written down.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Span {
    trace: String,
    id: String,
    parent: String,
    name: String,
    from_ns: u64,
    to_ns: u64,
    pub(crate) status: String,
    attributes: BTreeMap<String, String>,
}

impl Span {
    fn ms(&self) -> f64 {
        self.to_ns.saturating_sub(self.from_ns) as f64 / 1e6
    }

    pub(crate) fn attribute(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }
}

/// Reads what Rotel writes: a line for each property, below a line that begins a span.
pub(crate) fn parse(text: &str) -> Result<Vec<Span>> {
    let mut spans: Vec<Span> = Vec::new();
    let mut is_in_span = false;
    for line in text.lines().map(str::trim) {
        if line.starts_with("ResourceSpans #") {
            is_in_span = false;
        } else if line.starts_with("Span #") {
            is_in_span = true;
            spans.push(Span::default());
        }
        let Some(span) = spans.last_mut().filter(|_| is_in_span) else {
            continue;
        };
        if let Some(attribute) = line.strip_prefix("-> ") {
            let (name, value) = attribute
                .split_once(": ")
                .context("an attribute without a value")?;
            // Such as `Str(offline)` or `Int(2)`.
            let value = value.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
            span.attributes
                .insert(name.to_owned(), value.unwrap_or_default().to_owned());
        } else if let Some((name, value)) = line.split_once(':') {
            let value = value.trim();
            match name.trim() {
                "Trace ID" => value.clone_into(&mut span.trace),
                "Parent ID" => value.clone_into(&mut span.parent),
                "ID" => value.clone_into(&mut span.id),
                "Name" => value.clone_into(&mut span.name),
                "Start time" => span.from_ns = value.parse()?,
                "End time" => span.to_ns = value.parse()?,
                "Status code" => value.clone_into(&mut span.status),
                _ => {}
            }
        }
    }
    Ok(spans)
}

/// The trace of one turn.
#[derive(Debug)]
pub(crate) struct Trace<'a> {
    pub(crate) root: &'a Span,
    children: Vec<&'a Span>,
}

impl<'a> Trace<'a> {
    /// That of a turn of a session.
    pub(crate) fn of(spans: &'a [Span], session: &str, number: u64) -> Result<Self> {
        let is_it = |span: &&Span| {
            span.parent.is_empty()
                && span.attribute("session.id") == session
                && span.attribute("viva.turn.number") == number.to_string()
        };
        let mut roots = spans.iter().filter(is_it);
        let what = || format!("turn {number} of session {session}");
        let root = roots.next().with_context(|| format!("{} has no trace", what()))?;
        ensure!(roots.next().is_none(), "{} has several traces", what());
        ensure!(root.name == ROOT, "{} is called {}", what(), root.name);
        let others = spans
            .iter()
            .filter(|span| span.trace == root.trace && !span.parent.is_empty());
        Ok(Self {
            root,
            children: others.collect(),
        })
    }

    /// Whether its spans lie in each other and are as long as these figures, such as `stt_ms`. Answers how many were compared.
    pub(crate) fn check(&self, latency: &serde_json::Value) -> Result<usize> {
        for child in &self.children {
            let parent = self
                .parent(child)
                .with_context(|| format!("{} has no parent", child.name))?;
            let is_within =
                child.from_ns + TOLERANCE_NS >= parent.from_ns && child.to_ns <= parent.to_ns + TOLERANCE_NS;
            ensure!(
                is_within,
                "{} does not lie in {}: {child:?}, {parent:?}",
                child.name,
                parent.name
            );
        }
        let mut compared = 0;
        for stage in STAGES {
            let spans: Vec<f64> = self
                .children
                .iter()
                .filter(|span| span.name == stage)
                .map(|span| span.ms())
                .collect();
            let measured = latency[format!("{stage}_ms")].as_f64();
            ensure!(
                spans.is_empty() == measured.is_none(),
                "{stage}: {} spans, and {measured:?} ms were measured",
                spans.len()
            );
            if let Some(measured) = measured {
                let sum: f64 = spans.iter().sum();
                ensure!(
                    (sum - measured).abs() <= TOLERANCE_MS,
                    "{stage}: {sum} ms for {measured} ms"
                );
                compared += 1;
            }
        }
        Ok(compared)
    }

    fn parent(&self, child: &Span) -> Option<&Span> {
        let mut all = std::iter::once(self.root).chain(self.children.iter().copied());
        all.find(|span| span.id == child.parent)
    }

    /// A line for each span, indented by what it is in: from when on, and how long.
    pub(crate) fn shown(&self) -> Vec<String> {
        let mut lines = Vec::new();
        self.show(self.root, 0, &mut lines);
        lines
    }

    fn show(&self, span: &Span, depth: usize, lines: &mut Vec<String>) {
        let after = span.from_ns.saturating_sub(self.root.from_ns) as f64 / 1e6;
        let name = format!("{:depth$}{}", "", span.name, depth = depth * 2);
        let provider = span.attribute("gen_ai.provider.name");
        lines.push(
            format!("{name:<24} {after:>9.1} {:>9.1} ms  {provider}", span.ms())
                .trim_end()
                .to_owned(),
        );
        for child in self.children.iter().filter(|child| child.parent == span.id) {
            self.show(child, depth + 1, lines);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// As Rotel 0.0.1a15 writes it.
    const WRITTEN: &str = "\
ResourceSpans #0
Resource SchemaURL: 
Resource attributes:
     -> service.name: Str(viva)
ScopeSpans #0
InstrumentationScope viva 
Span #0
    Trace ID       : 30a1
    Parent ID      : 
    ID             : ca88
    Name           : turn
    Kind           : SPAN_KIND_INTERNAL
Start time: 1000000000
End time: 3000000000
    Status code    : STATUS_CODE_ERROR
    Status message : 
Attributes:
     -> session.id: Str(s1)
     -> viva.turn.number: Int(2)
Span #1
    Trace ID       : 30a1
    Parent ID      : ca88
    ID             : ca89
    Name           : stt
Start time: 1500000000
End time: 1520000000
";

    #[test]
    fn what_was_written_down_is_read() {
        let spans = parse(WRITTEN).unwrap();
        assert_eq!(spans.len(), 2);
        assert_eq!(spans[0].attribute("session.id"), "s1");
        assert_eq!(spans[0].status, "STATUS_CODE_ERROR");
        assert_eq!((spans[1].parent.as_str(), spans[1].ms()), ("ca88", 20.0));
        let trace = Trace::of(&spans, "s1", 2).unwrap();
        assert_eq!(
            trace
                .check(&json!({ "stt_ms": 20.9, "unexplained_ms": 3.0 }))
                .unwrap(),
            1
        );
        assert_eq!(
            trace.shown(),
            [
                "turn                           0.0    2000.0 ms",
                "  stt                        500.0      20.0 ms"
            ]
        );
    }

    #[test]
    fn what_is_missing_or_of_another_length_is_found() {
        let spans = parse(WRITTEN).unwrap();
        assert!(Trace::of(&spans, "s1", 1).is_err());
        let trace = Trace::of(&spans, "s1", 2).unwrap();
        for latency in [
            json!({ "stt_ms": 21.5 }),
            json!({ "stt_ms": 20.0, "total_ms": 5.0 }),
            json!({}),
        ] {
            assert!(trace.check(&latency).is_err(), "{latency}");
        }
        let mut lost = spans.clone();
        lost[1].parent = "ffff".to_owned();
        assert!(
            Trace::of(&lost, "s1", 2)
                .unwrap()
                .check(&json!({ "stt_ms": 20.0 }))
                .is_err()
        );
        let mut outside = spans;
        outside[1].to_ns += 2_000_000_000;
        assert!(
            Trace::of(&outside, "s1", 2)
                .unwrap()
                .check(&json!({ "stt_ms": 2_020.0 }))
                .is_err()
        );
    }
}
