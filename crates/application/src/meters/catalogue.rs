//! Every figure of sessions and of what they use.

use super::registry::Metric;

pub(super) const SESSIONS_ACTIVE: Metric = Metric::gauge("viva_sessions_active", &[], "Sessions that run");
pub(super) const SESSIONS_STARTED: Metric = Metric::counter(
    "viva_sessions_started_total",
    &["mode"],
    "Sessions that were started",
);
pub(super) const SESSIONS_ENDED: Metric = Metric::counter(
    "viva_sessions_ended_total",
    &["status"],
    "Sessions that are over, by how they ended",
);
pub(super) const SESSIONS_RESUMES: Metric = Metric::counter(
    "viva_sessions_resumes_total",
    &["outcome"],
    "Clients that wanted their session back, and whether they got it",
);
pub(super) const SESSIONS_CLIENTS_LOST: Metric = Metric::counter(
    "viva_sessions_clients_lost_total",
    &[],
    "Connections that sessions lost, those among them that took nothing for 5 s",
);
pub(super) const SESSIONS_MODE_SWITCHES: Metric = Metric::counter(
    "viva_sessions_mode_switches_total",
    &["mode", "cause"],
    "Sessions that went on with another stack, by its mode, and whether they were asked to or had to",
);
pub(super) const TURNS: Metric = Metric::counter(
    "viva_turns_total",
    &["mode", "outcome"],
    "Turns that are over, by what came of them",
);
pub(super) const INTERRUPTIONS: Metric = Metric::counter(
    "viva_turns_interruptions_total",
    &["reason"],
    "Answers that were cut, by what cut them",
);
pub(super) const FALSE_INTERRUPTIONS: Metric = Metric::counter(
    "viva_turns_false_interruptions_total",
    &[],
    "How often playback paused for what was no speech, and went on",
);
pub(super) const TURN_LATENCY: Metric = Metric::histogram(
    "viva_turn_latency_seconds",
    &["stage", "mode", "provider"],
    "How long the stages of turns took, by whose time it was. Of answers that were cut there is the stage interrupt only",
);
pub(super) const TRACES_TURNS: Metric = Metric::counter(
    "viva_traces_turns_total",
    &["outcome"],
    "Turns that were to be traced, and whether their traces were sent, did not get there, or were dropped because too many waited",
);
pub(super) const AUDIO_FRAMES: Metric = Metric::counter(
    "viva_audio_frames_total",
    &["direction"],
    "Frames of audio that sessions took from clients and handed to their connections",
);
pub(super) const AUDIO_FRAMES_DROPPED: Metric = Metric::counter(
    "viva_audio_frames_dropped_total",
    &["cause"],
    "Frames of audio that did not get everywhere they should, by why",
);
pub(super) const QUEUE_ENTRIES: Metric = Metric::gauge(
    "viva_queue_entries",
    &["queue"],
    "What waits in the queues of all sessions: for clients, to be recorded, to be stored, and for a database or a storage that does not take it",
);
pub(super) const PROVIDER_CALLS: Metric = Metric::counter(
    "viva_provider_calls_total",
    &["role", "provider", "outcome"],
    "Conversations and answers that providers were asked for, and whether they accepted, refused, or were given up before",
);
pub(super) const PROVIDER_ACCEPT: Metric = Metric::histogram(
    "viva_provider_accept_seconds",
    &["role", "provider"],
    "How long providers took to accept what they were asked for",
);
pub(super) const PROVIDER_ERRORS: Metric = Metric::counter(
    "viva_provider_errors_total",
    &["provider", "kind"],
    "Failures of providers as sessions saw them",
);
pub(super) const PROVIDER_RECONNECTS: Metric = Metric::counter(
    "viva_provider_reconnects_total",
    &["role", "provider"],
    "Connections that took the place of one that broke or got too old, within a conversation",
);
pub(super) const PROVIDER_RETRIES: Metric = Metric::counter(
    "viva_provider_retries_total",
    &["role", "provider"],
    "Requests that were sent again",
);
pub(super) const KEY_CHECKS: Metric = Metric::counter(
    "viva_key_checks_total",
    &["provider", "outcome"],
    "Keys about which providers were asked, by what they said",
);
pub(super) const JOURNAL_TURNS: Metric = Metric::gauge(
    "viva_journal_turns",
    &[],
    "Finished turns in the journal that wait for the database, without entries that were set aside as unreadable",
);
pub(super) const JOURNAL_WRITES: Metric = Metric::counter(
    "viva_journal_writes_total",
    &["outcome"],
    "Attempts to write finished turns into the journal, and whether they succeeded; the database may have a turn all the same",
);
pub(super) const RETENTION_RUNS: Metric = Metric::counter(
    "viva_retention_runs_total",
    &["outcome"],
    "Runs of retention; skipped where another process did the same",
);
pub(super) const RETENTION_LAST_RUN: Metric = Metric::gauge(
    "viva_retention_last_run_timestamp_seconds",
    &[],
    "When retention came to its end the last time; 0 before that",
);
pub(super) const RETENTION_REMOVED: Metric = Metric::counter(
    "viva_retention_removed_total",
    &["what"],
    "What retention removed: recordings that are no longer kept, files without a session, recordings without a file, and \
     sessions whose deletion it went on with",
);
pub(super) const RETENTION_REMOVED_BYTES: Metric = Metric::counter(
    "viva_retention_removed_bytes_total",
    &["what"],
    "How long the files were that retention removed",
);

/// All of them.
pub const METRICS: [Metric; 26] = [
    SESSIONS_ACTIVE,
    SESSIONS_STARTED,
    SESSIONS_ENDED,
    SESSIONS_RESUMES,
    SESSIONS_CLIENTS_LOST,
    SESSIONS_MODE_SWITCHES,
    TURNS,
    INTERRUPTIONS,
    FALSE_INTERRUPTIONS,
    TURN_LATENCY,
    TRACES_TURNS,
    AUDIO_FRAMES,
    AUDIO_FRAMES_DROPPED,
    QUEUE_ENTRIES,
    PROVIDER_CALLS,
    PROVIDER_ACCEPT,
    PROVIDER_ERRORS,
    PROVIDER_RECONNECTS,
    PROVIDER_RETRIES,
    KEY_CHECKS,
    JOURNAL_TURNS,
    JOURNAL_WRITES,
    RETENTION_RUNS,
    RETENTION_LAST_RUN,
    RETENTION_REMOVED,
    RETENTION_REMOVED_BYTES,
];
