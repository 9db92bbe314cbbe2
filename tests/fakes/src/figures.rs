use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use metrics::atomics::AtomicU64;
use metrics::{Counter, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit};

use crate::lock;

/// Keeps figures in memory, as a test asks for them: by name and labels, such as `turns{mode="realtime"}`. Clones share.
#[derive(Debug, Clone, Default)]
pub struct MemoryFigures(Arc<Kept>);

#[derive(Debug, Default)]
struct Kept {
    described: Mutex<BTreeSet<String>>,
    counters: Mutex<BTreeMap<String, Arc<AtomicU64>>>,
    gauges: Mutex<BTreeMap<String, Arc<AtomicU64>>>,
    histograms: Mutex<BTreeMap<String, Arc<Values>>>,
}

#[derive(Debug, Default)]
struct Values(Mutex<Vec<f64>>);

impl HistogramFn for Values {
    fn record(&self, value: f64) {
        lock(&self.0).push(value);
    }
}

impl MemoryFigures {
    /// What a counter has come to; `None` when there is none of this name and these labels.
    pub fn counter(&self, series: &str) -> Option<u64> {
        let counters = lock(&self.0.counters);
        counters
            .get(series)
            .map(|counter| counter.load(Ordering::Relaxed))
    }

    /// Where a gauge stands.
    pub fn gauge(&self, series: &str) -> Option<f64> {
        let gauges = lock(&self.0.gauges);
        gauges
            .get(series)
            .map(|gauge| f64::from_bits(gauge.load(Ordering::Relaxed)))
    }

    /// Everything that a histogram was given; nothing when there is none.
    pub fn histogram(&self, series: &str) -> Vec<f64> {
        let histograms = lock(&self.0.histograms);
        histograms
            .get(series)
            .map(|values| lock(&values.0).clone())
            .unwrap_or_default()
    }

    /// The names and labels of everything that is kept, sorted.
    pub fn series(&self) -> BTreeSet<String> {
        let (counters, gauges) = (lock(&self.0.counters), lock(&self.0.gauges));
        let histograms = lock(&self.0.histograms);
        let names = counters.keys().chain(gauges.keys()).chain(histograms.keys());
        names.cloned().collect()
    }

    /// The names of what was described.
    pub fn described(&self) -> BTreeSet<String> {
        lock(&self.0.described).clone()
    }

    fn describe(&self, name: &KeyName) {
        lock(&self.0.described).insert(name.as_str().to_owned());
    }
}

impl Recorder for MemoryFigures {
    fn describe_counter(&self, name: KeyName, _: Option<Unit>, _: SharedString) {
        self.describe(&name);
    }

    fn describe_gauge(&self, name: KeyName, _: Option<Unit>, _: SharedString) {
        self.describe(&name);
    }

    fn describe_histogram(&self, name: KeyName, _: Option<Unit>, _: SharedString) {
        self.describe(&name);
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        let mut counters = lock(&self.0.counters);
        Counter::from_arc(Arc::clone(counters.entry(series(key)).or_default()))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        let mut gauges = lock(&self.0.gauges);
        Gauge::from_arc(Arc::clone(gauges.entry(series(key)).or_default()))
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        let mut histograms = lock(&self.0.histograms);
        Histogram::from_arc(Arc::clone(histograms.entry(series(key)).or_default()))
    }
}

/// As Prometheus writes it.
fn series(key: &Key) -> String {
    let labels = key
        .labels()
        .map(|label| format!("{}=\"{}\"", label.key(), label.value()));
    let labels: Vec<String> = labels.collect();
    if labels.is_empty() {
        return key.name().to_owned();
    }
    format!("{}{{{}}}", key.name(), labels.join(","))
}

#[cfg(test)]
mod tests {
    use metrics::{Label, Level};

    use super::*;

    const METADATA: Metadata<'static> = Metadata::new("test", Level::INFO, None);

    #[test]
    fn what_is_counted_is_found_by_name_and_labels() {
        let figures = MemoryFigures::default();
        let key = |name: &'static str| Key::from_parts(name, vec![Label::new("a", "b")]);
        figures.register_counter(&key("c"), &METADATA).increment(2);
        figures.register_counter(&key("c"), &METADATA).increment(1);
        figures
            .register_gauge(&Key::from_name("g"), &METADATA)
            .increment(1.5);
        figures.register_histogram(&key("h"), &METADATA).record(0.25);
        assert_eq!(figures.counter("c{a=\"b\"}"), Some(3));
        assert_eq!(figures.counter("c"), None);
        assert_eq!(figures.gauge("g"), Some(1.5));
        assert_eq!(figures.histogram("h{a=\"b\"}"), [0.25]);
        assert_eq!(figures.series().len(), 3);
    }
}
