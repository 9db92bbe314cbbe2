use std::fmt;
use std::sync::Arc;

use metrics::{Counter, Gauge, Histogram, Key, Label, Level, Metadata, Recorder};

/// Of whoever asks which part of the program a figure comes from.
const METADATA: Metadata<'static> = Metadata::new("viva", Level::INFO, None);

/// A figure that is told to whoever watches the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// `viva_<area>_<thing>_<unit>`, in seconds and bytes; counters end in `_total`.
    pub name: &'static str,
    /// How it is to be read.
    pub kind: MetricKind,
    /// Names of its labels. What they say comes from enums, route templates and the catalogue's provider ids only: a value
    /// that clients could choose would make as many series as they like.
    pub labels: &'static [&'static str],
    /// What it tells, as a sentence without its full stop.
    pub help: &'static str,
}

/// How a figure is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricKind {
    /// Rises only.
    Counter,
    /// Rises and falls.
    Gauge,
    /// How often values were as large as that.
    Histogram,
}

/// Where figures are kept. Clones share.
#[derive(Clone)]
pub struct Registry(Option<Arc<dyn Recorder + Send + Sync>>);

impl Metric {
    /// One that rises only.
    pub const fn counter(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Self {
        let kind = MetricKind::Counter;
        Self {
            name,
            kind,
            labels,
            help,
        }
    }

    /// One that rises and falls.
    pub const fn gauge(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Self {
        let kind = MetricKind::Gauge;
        Self {
            name,
            kind,
            labels,
            help,
        }
    }

    /// One of many values.
    pub const fn histogram(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Self {
        let kind = MetricKind::Histogram;
        Self {
            name,
            kind,
            labels,
            help,
        }
    }
}

impl MetricKind {
    /// The name in what is exported.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

impl Registry {
    /// Figures go to this recorder.
    pub fn new(recorder: Arc<dyn Recorder + Send + Sync>) -> Self {
        Self(Some(recorder))
    }

    /// Nobody watches: nothing is kept.
    pub const fn none() -> Self {
        Self(None)
    }

    /// Says what figures tell.
    pub fn describe(&self, metrics: &[Metric]) {
        let Some(recorder) = &self.0 else { return };
        for Metric { name, kind, help, .. } in metrics {
            let (name, help) = ((*name).into(), (*help).into());
            match kind {
                MetricKind::Counter => recorder.describe_counter(name, None, help),
                MetricKind::Gauge => recorder.describe_gauge(name, None, help),
                MetricKind::Histogram => recorder.describe_histogram(name, None, help),
            }
        }
    }

    /// Tells a figure from now on, at 0. One that appears with its first event hides that event from whoever looks at rates.
    pub fn begin(&self, metric: &Metric, values: &[&str]) {
        match metric.kind {
            MetricKind::Counter => self.counter(metric, values).increment(0),
            MetricKind::Gauge => self.gauge(metric, values).set(0.0),
            MetricKind::Histogram => drop(self.histogram(metric, values)),
        }
    }

    /// The counter of these label values, which are in the order of the labels. Takes a lock: who counts often keeps it.
    pub fn counter(&self, metric: &Metric, values: &[&str]) -> Counter {
        self.0.as_ref().map_or_else(Counter::noop, |recorder| {
            recorder.register_counter(&key(metric, values), &METADATA)
        })
    }

    /// As [`Self::counter`].
    pub fn gauge(&self, metric: &Metric, values: &[&str]) -> Gauge {
        self.0.as_ref().map_or_else(Gauge::noop, |recorder| {
            recorder.register_gauge(&key(metric, values), &METADATA)
        })
    }

    /// As [`Self::counter`].
    pub fn histogram(&self, metric: &Metric, values: &[&str]) -> Histogram {
        self.0.as_ref().map_or_else(Histogram::noop, |recorder| {
            recorder.register_histogram(&key(metric, values), &METADATA)
        })
    }
}

impl Default for Registry {
    fn default() -> Self {
        Self::none()
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.0.is_some() { "kept" } else { "nothing" };
        f.debug_tuple("Registry").field(&what).finish()
    }
}

fn key(metric: &Metric, values: &[&str]) -> Key {
    debug_assert_eq!(metric.labels.len(), values.len(), "{}", metric.name);
    let labels = metric.labels.iter().zip(values);
    let labels: Vec<Label> = labels
        .map(|(name, value)| Label::new(*name, (*value).to_owned()))
        .collect();
    Key::from_parts(metric.name, labels)
}
