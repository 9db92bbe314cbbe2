//! Traces of turns, for whoever collects them by OTLP (http/protobuf). The only place that knows of OpenTelemetry.
//!
//! A turn is sent when it is over, out of its marks: nothing is measured here, and no turn waits. While nobody takes them, turns
//! wait in a queue that has an end, and what was asked for too often is dropped and counted.

mod collector;
mod spans;

use std::time::Duration;

use anyhow::Result;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};
use viva_application::meters::{Meters, Traced};
use viva_application::traces::{TracedTurn, TracedTurns, Traces};

use self::collector::{Collector, NotTaken};
use crate::config::TracesSettings;

/// How long a turn waits for others that go along with it.
const GATHERING: Duration = Duration::from_secs(1);
/// Turns that go along, about 3 KiB each.
const MOST_AT_ONCE: usize = 256;
/// How long sending goes on once everything else has ended.
const LAST_WAIT: Duration = Duration::from_secs(3);
/// What is lost is told no more often.
const TOLD_EVERY: Duration = Duration::from_mins(1);

/// Sends traces, if anybody collects them.
pub(crate) struct Exporter(Option<Open>);

struct Open {
    turns: TracedTurns,
    collector: Collector,
    meters: Meters,
    losses: Losses,
}

/// What did not get there and was not told yet.
#[derive(Debug, Default)]
struct Losses {
    turns: usize,
    told: Option<Instant>,
}

impl Losses {
    /// So many more. Answers how many are to be told now.
    fn add(&mut self, turns: usize, now: Instant) -> Option<usize> {
        self.turns += turns;
        let may_tell = self.told.is_none_or(|told| now >= told + TOLD_EVERY);
        if self.turns == 0 || !may_tell {
            return None;
        }
        self.told = Some(now);
        Some(std::mem::take(&mut self.turns))
    }
}

impl Exporter {
    /// What sends, and what takes turns meanwhile.
    pub(crate) fn open(settings: &TracesSettings, meters: &Meters) -> Result<(Self, Traces)> {
        let Some(collector) = Collector::of(settings)? else {
            return Ok((Self(None), Traces::default()));
        };
        info!(event = "traces.sent_to", traces.collector = %collector, "Traces of turns go to {collector}");
        let (traces, turns) = Traces::open(settings.share(), meters.clone());
        let open = Open {
            turns,
            collector,
            meters: meters.clone(),
            losses: Losses::default(),
        };
        Ok((Self(Some(open)), traces))
    }

    /// Sends for as long as something else is served, and then what is left, for a moment.
    pub(crate) async fn send_beside<T>(self, serving: impl Future<Output = T>) -> T {
        let Some(mut open) = self.0 else {
            return serving.await;
        };
        let stopping = CancellationToken::new();
        let serving = async {
            let served = serving.await;
            stopping.cancel();
            served
        };
        let too_long = async {
            stopping.cancelled().await;
            sleep(LAST_WAIT).await;
        };
        let sending = async {
            tokio::select! {
                () = open.send_all(&stopping) => {}
                () = too_long => {
                    warn!(event = "traces.unsent", "Gave up sending the last traces");
                }
            }
        };
        tokio::join!(serving, sending).0
    }
}

impl Open {
    /// Sends what comes; when it is to stop, what has come.
    async fn send_all(&mut self, stopping: &CancellationToken) {
        while let Some(first) = self.next(stopping).await {
            tokio::select! {
                () = sleep(GATHERING) => {}
                () = stopping.cancelled() => {}
            }
            let mut batch = vec![first];
            while batch.len() < MOST_AT_ONCE
                && let Some(turn) = self.turns.waiting()
            {
                batch.push(turn);
            }
            self.send(&batch).await;
        }
    }

    async fn next(&mut self, stopping: &CancellationToken) -> Option<TracedTurn> {
        tokio::select! {
            biased;
            turn = self.turns.next() => turn,
            () = stopping.cancelled() => None,
        }
    }

    async fn send(&mut self, batch: &[TracedTurn]) {
        let sent = self.collector.send(spans::request(batch)).await;
        let failed = match &sent {
            Ok(()) => 0,
            // A span is of one turn.
            Err(NotTaken::InPart(spans)) => {
                usize::try_from(*spans).map_or(batch.len(), |spans| spans.min(batch.len()))
            }
            Err(_) => batch.len(),
        };
        self.meters.traced(Traced::Sent, batch.len() - failed);
        self.meters.traced(Traced::Failed, failed);
        let lost = failed + self.turns.take_dropped();
        let Some(lost) = self.losses.add(lost, Instant::now()) else {
            return;
        };
        match &sent {
            Ok(()) => {
                warn!(
                    event = "traces.slow",
                    traces.lost = lost,
                    "{} takes traces; {lost} turns before have none, since it was away or too slow",
                    self.collector
                );
            }
            Err(err) => tell(err, lost, &self.collector),
        }
    }
}

fn tell(err: &NotTaken, lost: usize, collector: &Collector) {
    warn!(
        event = "traces.not_taken",
        error = err as &dyn std::error::Error,
        traces.lost = lost,
        "{collector} took no traces, so {lost} turns have none"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_are_told_once_a_minute() {
        let mut losses = Losses::default();
        let begin = Instant::now();
        let after = |seconds| begin + Duration::from_secs(seconds);
        assert_eq!(losses.add(0, begin), None, "there is nothing to tell");
        assert_eq!(losses.add(2, after(1)), Some(2));
        assert_eq!(losses.add(3, after(2)), None);
        assert_eq!(losses.add(4, after(60)), None);
        assert_eq!(losses.add(0, after(61)), Some(7));
        assert_eq!(losses.add(0, after(200)), None);
    }
}
