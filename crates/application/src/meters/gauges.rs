//! Gauges that come back to where they were, however what they count ends.

use metrics::Gauge;

/// One of what a gauge counts, until this is dropped.
#[derive(Debug)]
pub struct Counted(Gauge);

impl Counted {
    /// One more.
    pub fn new(gauge: &Gauge) -> Self {
        gauge.increment(1.0);
        Self(gauge.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}

/// What one of many adds to a gauge.
#[derive(Debug)]
pub(crate) struct Share {
    gauge: Gauge,
    share: usize,
}

impl Share {
    /// Nothing yet.
    pub(crate) fn of(gauge: &Gauge) -> Self {
        Self {
            gauge: gauge.clone(),
            share: 0,
        }
    }

    /// So much from now on.
    pub(crate) fn set(&mut self, share: usize) {
        if share != self.share {
            self.gauge.increment(share as f64 - self.share as f64);
            self.share = share;
        }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.set(0);
    }
}
