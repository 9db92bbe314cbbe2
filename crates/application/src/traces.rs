//! Tells whoever follows single turns where their time went, when they are over: one message into a queue that never makes
//! anybody wait. Nothing of what was said is in it. Who sends traces, where and in which format, is the server's business.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::{DateTime, Utc};
use thiserror::Error;
use tokio::sync::mpsc;
use viva_domain::ids::{SessionId, TurnId};
use viva_domain::latency::{LatencyMetrics, TurnMarks};
use viva_domain::sessions::Interaction;
use viva_domain::turns::{InterruptReason, Turn, TurnNumber, TurnOutcome, Usage};

use crate::meters::{Meters, Traced};

/// Turns that wait to be sent, about 1 KiB each. Overflow: a turn is dropped and counted.
const CAPACITY: usize = 1_024;
/// The last 56 bits of an id are random.
const RANDOM_BITS: u128 = (1 << 56) - 1;

/// A turn that is over, without anything that was said in it.
#[derive(Debug, Clone, PartialEq)]
pub struct TracedTurn {
    /// Its id.
    pub id: TurnId,
    /// Its session.
    pub session_id: SessionId,
    /// Its place in the session.
    pub number: TurnNumber,
    /// What the session's clock counts from, which the marks are on.
    pub session_started_at: DateTime<Utc>,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: DateTime<Utc>,
    /// Who answered, or was to.
    pub interaction: Interaction,
    /// What came of it.
    pub outcome: TurnOutcome,
    /// What cut the answer.
    pub interruption: Option<InterruptReason>,
    /// The kind of what failed.
    pub failed: Option<&'static str>,
    /// What the provider counted.
    pub usage: Option<Usage>,
    /// Moments on the session's clock.
    pub marks: TurnMarks,
    /// Latencies.
    pub latency: LatencyMetrics,
}

/// Which share of all turns is traced: a turn is, or is not, whoever asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TracedShare(u8);

/// More than all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a share is from 0 to 100 percent")]
pub struct InvalidShare;

/// Takes turns that are over. Clones share a queue. The default takes nothing.
#[derive(Debug, Clone, Default)]
pub struct Traces(Option<Arc<Queue>>);

#[derive(Debug)]
struct Queue {
    turns: mpsc::Sender<TracedTurn>,
    share: TracedShare,
    dropped: Arc<AtomicUsize>,
    meters: Meters,
}

/// The other end of the queue.
#[derive(Debug)]
pub struct TracedTurns {
    turns: mpsc::Receiver<TracedTurn>,
    dropped: Arc<AtomicUsize>,
}

impl TracedShare {
    /// Every turn.
    pub const ALL: Self = Self(100);

    /// So many of a hundred.
    ///
    /// # Errors
    /// [`InvalidShare`] for more than a hundred.
    pub const fn percent(percent: u8) -> Result<Self, InvalidShare> {
        if percent <= 100 {
            Ok(Self(percent))
        } else {
            Err(InvalidShare)
        }
    }

    const fn holds(self, id: TurnId) -> bool {
        let random = id.as_uuid().as_u128() & RANDOM_BITS;
        random * 100 < self.0 as u128 * (RANDOM_BITS + 1)
    }
}

impl Traces {
    /// A queue for this share of all turns.
    pub fn open(share: TracedShare, meters: Meters) -> (Self, TracedTurns) {
        let (sender, turns) = mpsc::channel(CAPACITY);
        let dropped = Arc::new(AtomicUsize::new(0));
        let queue = Queue {
            turns: sender,
            share,
            dropped: Arc::clone(&dropped),
            meters,
        };
        (Self(Some(Arc::new(queue))), TracedTurns { turns, dropped })
    }

    /// Takes a turn of a session that began then, which this stack answered, or did not, for a reason of this kind. Never waits.
    pub(crate) fn turn(
        &self,
        session_started_at: DateTime<Utc>,
        interaction: &Interaction,
        turn: &Turn,
        failed: Option<&'static str>,
    ) {
        let Some(queue) = self.0.as_ref().filter(|queue| queue.share.holds(turn.id)) else {
            return;
        };
        let traced = TracedTurn {
            id: turn.id,
            session_id: turn.session_id,
            number: turn.number,
            session_started_at,
            started_at: turn.started_at,
            ended_at: turn.ended_at,
            interaction: interaction.clone(),
            outcome: turn.outcome(),
            interruption: turn.interruption,
            failed,
            usage: turn.usage,
            marks: turn.marks,
            latency: turn.latency,
        };
        if queue.turns.try_send(traced).is_err() {
            queue.dropped.fetch_add(1, Ordering::Relaxed);
            queue.meters.traced(Traced::Dropped, 1);
        }
    }
}

impl TracedTurns {
    /// The next turn; `None` when no more can come.
    pub async fn next(&mut self) -> Option<TracedTurn> {
        self.turns.recv().await
    }

    /// The next turn, if one waits.
    pub fn waiting(&mut self) -> Option<TracedTurn> {
        self.turns.try_recv().ok()
    }

    /// How many were dropped since this was asked last.
    pub fn take_dropped(&self) -> usize {
        self.dropped.swap(0, Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;
    use viva_contract::samples::{session, turn};
    use viva_fakes::MemoryFigures;

    use super::*;
    use crate::meters::Registry;

    fn counted(figures: &MemoryFigures, outcome: &str) -> Option<u64> {
        figures.counter(&format!("viva_traces_turns_total{{outcome=\"{outcome}\"}}"))
    }

    fn take(traces: &Traces) {
        let session = session(1);
        traces.turn(session.started_at, &session.interaction, &turn(1, 1), None);
    }

    #[tokio::test]
    async fn a_turn_is_told_without_what_was_said() {
        let (traces, mut turns) = Traces::open(TracedShare::ALL, Meters::default());
        let (session, turn) = (session(1), turn(1, 3));
        traces.turn(
            session.started_at,
            &session.interaction,
            &turn,
            Some("unavailable"),
        );
        let told = turns.next().await.unwrap();
        assert_eq!(
            (told.id, told.session_id, told.number),
            (turn.id, turn.session_id, turn.number)
        );
        assert_eq!(
            (told.marks, told.latency, told.usage),
            (turn.marks, turn.latency, turn.usage)
        );
        assert_eq!((told.outcome, told.failed), (turn.outcome(), Some("unavailable")));
        assert_eq!(told.session_started_at, session.started_at);
        let said = turn.user_transcript.unwrap();
        assert!(!said.is_empty() && !format!("{told:?}").contains(&said));
    }

    #[test]
    fn what_does_not_fit_is_dropped_and_counted() {
        let figures = MemoryFigures::default();
        let meters = Meters::new(Registry::new(Arc::new(figures.clone())), []);
        let (traces, mut turns) = Traces::open(TracedShare::ALL, meters);
        for _ in 0..CAPACITY + 3 {
            take(&traces);
        }
        assert_eq!(
            (
                counted(&figures, "dropped"),
                turns.take_dropped(),
                turns.take_dropped()
            ),
            (Some(3), 3, 0)
        );
        assert_eq!(std::iter::from_fn(|| turns.waiting()).count(), CAPACITY);
        drop(turns);
        take(&traces);
        assert_eq!(
            counted(&figures, "dropped"),
            Some(4),
            "nobody is there to take it"
        );
    }

    #[test]
    fn nobody_is_told_unless_somebody_asks() {
        take(&Traces::default());
        let (traces, mut turns) = Traces::open(TracedShare::percent(0).unwrap(), Meters::default());
        take(&traces);
        assert_eq!(turns.waiting(), None);
        assert_eq!(turns.take_dropped(), 0);
    }

    #[test]
    fn a_share_is_taken_by_what_is_random_in_ids() {
        let id = |random: u64| TurnId::from_uuid(Uuid::from_u128(u128::from(random)));
        let all = u64::try_from(RANDOM_BITS).unwrap();
        let of = |percent: u8, random| TracedShare::percent(percent).unwrap().holds(id(random));
        assert!(of(100, 0) && of(100, all) && !of(0, 0));
        assert!(of(50, all / 2) && !of(50, all / 2 + 1));
        assert!(of(50, u64::MAX - all), "when it was made does not matter");
        assert_eq!(TracedShare::percent(101), Err(InvalidShare));
    }
}
