//! Time lines, the latencies of a turn, and their statistics. Definitions of every metric: [`LatencyMetrics`].

mod client_clock;
mod metrics;
mod spans;
mod statistics;
mod time;

pub use client_clock::ClientClock;
pub use metrics::{LatencyMetrics, MeasuredAt, Stage, StageMarks, TotalLatency, TurnMarks};
pub use spans::{LatencySpan, LatencyStage};
pub use statistics::{Length, MetricStatistics, Statistics};
pub use time::{ClientTime, SessionTime};
