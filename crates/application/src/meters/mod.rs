//! Figures for whoever watches a server: what sessions count while they run. They are kept behind the `metrics` facade; who
//! exports them, and how, is the server's business.
//!
//! What is counted for every frame of audio has its counter from the start: counting is one addition, without a lock and
//! without taking memory. Everything else may look its counter up.
//!
//! To add a figure: a line in [`METRICS`], a method here that counts it, a row in `docs/operations.md`.

mod catalogue;
mod gauges;
mod journal;
mod providers;
mod registry;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use metrics::{Counter, Gauge};
use viva_domain::ports::ProviderErrorKind;
use viva_domain::sessions::{EndStatus, Interaction, InteractionMode, SessionStatus};
use viva_domain::turns::{InterruptReason, Turn, TurnOutcome};

pub use catalogue::METRICS;
pub use gauges::Counted;
pub(crate) use gauges::Share;
pub use providers::Role;
pub(crate) use providers::error_kind;
pub use registry::{Metric, MetricKind, Registry};

use self::catalogue::{
    AUDIO_FRAMES, AUDIO_FRAMES_DROPPED, FALSE_INTERRUPTIONS, INTERRUPTIONS, PROVIDER_ERRORS, QUEUE_ENTRIES,
    RETENTION_LAST_RUN, RETENTION_REMOVED, RETENTION_REMOVED_BYTES, RETENTION_RUNS, SESSIONS_ACTIVE,
    SESSIONS_CLIENTS_LOST, SESSIONS_ENDED, SESSIONS_MODE_SWITCHES, SESSIONS_RESUMES, SESSIONS_STARTED,
    TRACES_TURNS, TURN_LATENCY, TURNS,
};
use self::providers::ERROR_KINDS;
use crate::retention::Removal;

/// Whose time a stage is where it is that of no single provider.
const NOBODY: &str = "none";
/// A provider that is not in the catalogue.
const OTHER: &str = "other";
const MODES: [InteractionMode; 2] = [InteractionMode::Realtime, InteractionMode::Cascade];

/// What a server counts. Clones share. The default counts nothing.
#[derive(Clone)]
pub struct Meters(Arc<Handles>);

/// What is counted often, or comes back.
struct Handles {
    registry: Registry,
    /// Ids that may be told.
    providers: BTreeSet<String>,
    active: Gauge,
    frames_in: Counter,
    frames_out: Counter,
    dropped: [Counter; 4],
    queues: [Gauge; 5],
}

/// Why audio did not get where it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dropped {
    /// The client sent it faster than anybody speaks.
    TooFast,
    /// The provider took no more.
    ProviderBusy,
    /// It could not be recorded in time.
    RecorderBusy,
    /// Its answer was cut before it was sent.
    Interrupted,
}

/// Where something waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Queue {
    /// For a client.
    Outbox,
    /// To be recorded.
    Recorder,
    /// To be stored.
    Keeper,
    /// For a database that is away.
    Database,
    /// For a storage that does not take it.
    Storage,
}

/// How a run of retention went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunOutcome {
    /// To its end, at this moment.
    Done(DateTime<Utc>),
    /// It was broken off.
    Failed,
    /// Another process did the same.
    Skipped,
}

/// Whether a client that wanted its session back got it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resume {
    Resumed,
    Refused,
}

/// What became of the trace of a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Traced {
    /// Whoever collects traces has it.
    Sent,
    /// It did not get there, or was not taken.
    Failed,
    /// Too many waited.
    Dropped,
}

/// Why a session went on with another stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SwitchCause {
    Asked,
    Failure,
}

impl Dropped {
    /// In the order of their numbers.
    const ALL: [Self; 4] = [
        Self::TooFast,
        Self::ProviderBusy,
        Self::RecorderBusy,
        Self::Interrupted,
    ];

    const fn as_str(self) -> &'static str {
        match self {
            Self::TooFast => "too_fast",
            Self::ProviderBusy => "provider_busy",
            Self::RecorderBusy => "recorder_busy",
            Self::Interrupted => "interrupted",
        }
    }
}

impl Queue {
    /// In the order of their numbers.
    const ALL: [Self; 5] = [
        Self::Outbox,
        Self::Recorder,
        Self::Keeper,
        Self::Database,
        Self::Storage,
    ];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Outbox => "outbox",
            Self::Recorder => "recorder",
            Self::Keeper => "keeper",
            Self::Database => "database",
            Self::Storage => "storage",
        }
    }
}

impl RunOutcome {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Done(_) => "done",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

impl Resume {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Resumed => "resumed",
            Self::Refused => "refused",
        }
    }
}

impl Traced {
    const ALL: [Self; 3] = [Self::Sent, Self::Failed, Self::Dropped];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Dropped => "dropped",
        }
    }
}

impl SwitchCause {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Failure => "failure",
        }
    }
}

impl Meters {
    /// Counts in a registry. Of providers only these ids are told.
    pub fn new<'a>(registry: Registry, providers: impl IntoIterator<Item = &'a str>) -> Self {
        let meters = Self(Arc::new(Handles {
            active: registry.gauge(&SESSIONS_ACTIVE, &[]),
            frames_in: registry.counter(&AUDIO_FRAMES, &["in"]),
            frames_out: registry.counter(&AUDIO_FRAMES, &["out"]),
            dropped: Dropped::ALL.map(|cause| registry.counter(&AUDIO_FRAMES_DROPPED, &[cause.as_str()])),
            queues: Queue::ALL.map(|queue| registry.gauge(&QUEUE_ENTRIES, &[queue.as_str()])),
            providers: providers.into_iter().map(str::to_owned).collect(),
            registry,
        }));
        meters.begin_at_zero();
        meters
    }

    fn begin_at_zero(&self) {
        let registry = &self.0.registry;
        registry.describe(&METRICS);
        for mode in MODES.map(InteractionMode::as_str) {
            registry.begin(&SESSIONS_STARTED, &[mode]);
            for cause in [SwitchCause::Asked, SwitchCause::Failure] {
                registry.begin(&SESSIONS_MODE_SWITCHES, &[mode, cause.as_str()]);
            }
            for outcome in TurnOutcome::ALL.map(TurnOutcome::as_str) {
                registry.begin(&TURNS, &[mode, outcome]);
            }
        }
        for status in SessionStatus::ALL {
            if status != SessionStatus::Active {
                registry.begin(&SESSIONS_ENDED, &[status.as_str()]);
            }
        }
        for outcome in [Resume::Resumed, Resume::Refused] {
            registry.begin(&SESSIONS_RESUMES, &[outcome.as_str()]);
        }
        registry.begin(&SESSIONS_CLIENTS_LOST, &[]);
        for reason in [InterruptReason::Speech, InterruptReason::Client] {
            registry.begin(&INTERRUPTIONS, &[reason.as_str()]);
        }
        registry.begin(&FALSE_INTERRUPTIONS, &[]);
        for outcome in Traced::ALL {
            registry.begin(&TRACES_TURNS, &[outcome.as_str()]);
        }
        for provider in &self.0.providers {
            for kind in ERROR_KINDS {
                registry.begin(&PROVIDER_ERRORS, &[provider, kind]);
            }
        }
        for outcome in ["done", "failed", "skipped"] {
            registry.begin(&RETENTION_RUNS, &[outcome]);
        }
        registry.begin(&RETENTION_LAST_RUN, &[]);
        for what in ["recording", "orphan", "lost_recording", "begun"] {
            registry.begin(&RETENTION_REMOVED, &[what]);
        }
        for what in ["recording", "orphan"] {
            registry.begin(&RETENTION_REMOVED_BYTES, &[what]);
        }
    }

    /// Where all of it is kept.
    pub fn registry(&self) -> &Registry {
        &self.0.registry
    }

    /// The id of a provider, as it may be told.
    fn provider<'a>(&self, id: &'a str) -> &'a str {
        if self.0.providers.contains(id) { id } else { OTHER }
    }

    /// A session runs for as long as what is returned lives.
    pub(crate) fn session_runs(&self, mode: InteractionMode) -> Counted {
        self.count(&SESSIONS_STARTED, &[mode.as_str()]);
        Counted::new(&self.0.active)
    }

    pub(crate) fn session_ended(&self, status: EndStatus) {
        self.count(&SESSIONS_ENDED, &[SessionStatus::Ended(status).as_str()]);
    }

    pub(crate) fn resume(&self, outcome: Resume) {
        self.count(&SESSIONS_RESUMES, &[outcome.as_str()]);
    }

    pub(crate) fn client_lost(&self) {
        self.count(&SESSIONS_CLIENTS_LOST, &[]);
    }

    pub(crate) fn mode_switched(&self, mode: InteractionMode, cause: SwitchCause) {
        self.count(&SESSIONS_MODE_SWITCHES, &[mode.as_str(), cause.as_str()]);
    }

    pub(crate) fn frame_in(&self) {
        self.0.frames_in.increment(1);
    }

    /// For who hands frames to connections.
    pub(crate) fn frames_out(&self) -> Counter {
        self.0.frames_out.clone()
    }

    pub(crate) fn dropped(&self, cause: Dropped, frames: usize) {
        self.0.dropped[cause as usize].increment(frames as u64);
    }

    pub(crate) fn queue(&self, queue: Queue) -> &Gauge {
        &self.0.queues[queue as usize]
    }

    pub(crate) fn provider_failed(&self, provider: &str, kind: &ProviderErrorKind) {
        self.count(&PROVIDER_ERRORS, &[self.provider(provider), error_kind(kind)]);
    }

    /// A turn is over, which this stack answered, or did not.
    pub(crate) fn turn(&self, interaction: &Interaction, turn: &Turn) {
        let mode = interaction.mode().as_str();
        self.count(&TURNS, &[mode, turn.outcome().as_str()]);
        if let Some(reason) = turn.interruption {
            self.count(&INTERRUPTIONS, &[reason.as_str()]);
        }
        let counter = self.0.registry.counter(&FALSE_INTERRUPTIONS, &[]);
        counter.increment(u64::from(turn.false_interruptions));
        for (stage, provider, latency) in stages(interaction, turn) {
            let provider = provider.map_or(NOBODY, |provider| self.provider(provider));
            let histogram = self.0.registry.histogram(&TURN_LATENCY, &[stage, mode, provider]);
            histogram.record(latency.as_secs_f64());
        }
    }

    /// So many turns were traced, or not.
    pub fn traced(&self, outcome: Traced, turns: usize) {
        let counter = self.0.registry.counter(&TRACES_TURNS, &[outcome.as_str()]);
        counter.increment(turns as u64);
    }

    /// Retention removed something.
    pub fn removed(&self, removal: &Removal) {
        let registry = &self.0.registry;
        let count = |what, count| {
            let counter = registry.counter(&RETENTION_REMOVED, &[what]);
            counter.increment(count);
        };
        let bytes = |what, bytes| {
            let counter = registry.counter(&RETENTION_REMOVED_BYTES, &[what]);
            counter.increment(bytes);
        };
        match removal {
            Removal::Begun(_) => count("begun", 1),
            Removal::Recordings(_, gone) => {
                count("recording", gone.files);
                bytes("recording", gone.bytes);
            }
            Removal::Orphan(file) => {
                count("orphan", 1);
                bytes("orphan", file.len);
            }
            Removal::Lost(_) => count("lost_recording", 1),
        }
    }

    /// A run of retention is over.
    pub fn retention_ran(&self, outcome: RunOutcome) {
        self.count(&RETENTION_RUNS, &[outcome.as_str()]);
        if let RunOutcome::Done(at) = outcome {
            let gauge = self.0.registry.gauge(&RETENTION_LAST_RUN, &[]);
            gauge.set(at.timestamp() as f64);
        }
    }

    fn count(&self, metric: &Metric, values: &[&str]) {
        self.0.registry.counter(metric, values).increment(1);
    }
}

impl Default for Meters {
    fn default() -> Self {
        Self::new(Registry::none(), [])
    }
}

impl std::fmt::Debug for Meters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Meters").field(&self.0.registry).finish()
    }
}

/// The stages of a turn that were measured, by the names of `docs/latency.md`, and whose time they were. Turns that were cut
/// are in no figure but their own.
fn stages<'a>(
    interaction: &'a Interaction,
    turn: &Turn,
) -> impl Iterator<Item = (&'static str, Option<&'a str>, Duration)> {
    let (all, ears, model, voice) = match interaction {
        Interaction::Realtime(config) => (Some(config.provider.as_str()), None, None, None),
        Interaction::Cascade(config) => (
            None,
            Some(config.stt.provider.as_str()),
            Some(config.llm.provider.as_str()),
            Some(config.tts.provider.as_str()),
        ),
    };
    let latency = turn.latency;
    let total = latency.total.map(|total| total.duration);
    let is_measured = latency
        .total
        .is_some_and(|total| total.measured == viva_domain::latency::MeasuredAt::Client);
    let total_name = if is_measured { "total" } else { "total_estimated" };
    let of_answers = [
        (total_name, all, total),
        ("endpointing", all, latency.endpointing),
        ("realtime", all, latency.realtime),
        ("provider", all, latency.provider),
        ("stt", ears, latency.stt),
        ("llm_ttft", model, latency.llm_ttft),
        ("llm_text", model, latency.llm_text),
        ("tts_ttfb", voice, latency.tts_ttfb),
        ("overhead", None, latency.overhead),
        ("network_playout", None, latency.network_playout),
        ("leading_silence", voice.or(all), latency.leading_silence),
    ];
    let of_interruptions = [("interrupt", None, latency.interrupt)];
    let (answers, interruptions) = if turn.interruption.is_none() {
        (Some(of_answers), None)
    } else {
        (None, Some(of_interruptions))
    };
    let answers = answers.into_iter().flatten();
    let stages = answers.chain(interruptions.into_iter().flatten());
    stages.filter_map(|(stage, provider, latency)| Some((stage, provider, latency?)))
}
