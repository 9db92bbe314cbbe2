use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ws::{Interaction, InterruptReason, Latency, Usage};

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Page<T> {
    /// The items of this page.
    pub items: Vec<T>,
    /// Number of items on all pages.
    pub total: u64,
    /// This page's number, from 1.
    pub page: u32,
    /// Items per page, at most 100.
    pub page_size: u32,
    /// Number of pages.
    pub total_pages: u64,
}

/// A session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Session {
    /// The session's id.
    pub id: Uuid,
    /// `mode` and the effective `config`.
    #[serde(flatten)]
    pub interaction: Interaction,
    /// Whether it runs, and how it ended.
    pub status: SessionStatus,
    /// When it began, UTC.
    pub started_at: DateTime<Utc>,
    /// When it ended, UTC; absent while it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<DateTime<Utc>>,
    /// Whether the user's speech stopped the AI.
    pub barge_in_enabled: bool,
    /// Instructions for the AI.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system_prompt: Option<String>,
    /// Who the user played.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_role: Option<String>,
    /// Who the AI played.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ai_role: Option<String>,
    /// The situation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scenario_context: Option<String>,
}

/// Whether a session runs, and how it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SessionStatus {
    /// It runs.
    Active,
    /// Somebody ended it, or it was idle for too long.
    Completed,
    /// The client was lost and did not come back, or the server stopped.
    Disconnected,
    /// It could not go on.
    Error,
    /// Its user started another one.
    Superseded,
}

/// Body of `GET /interaction/sessions`: one page of sessions, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionPage {
    /// The page.
    #[serde(flatten)]
    pub page: Page<SessionOverview>,
    /// Ask for the next page with the same `bound`: sessions that start meanwhile then move nothing from page to page.
    pub bound: u64,
}

/// A session, as lists show it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionOverview {
    /// The session.
    #[serde(flatten)]
    pub session: Session,
    /// Number of turns so far.
    pub total_turns: u64,
    /// How long it lasted, in ms; absent while it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_duration_ms: Option<u64>,
    /// Mean of [`Latency::total_ms`] over the turns that were not interrupted; absent when none has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avg_latency_ms: Option<f64>,
    /// 95th percentile of the same, nearest rank.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p95_latency_ms: Option<f64>,
    /// Number of interrupted turns.
    pub interrupted_count: u64,
    /// Ids of the providers that took part, in the order in which they came, also those that others took the place of.
    pub providers: Vec<String>,
}

/// Body of `GET /interaction/sessions/{id}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionDetail {
    /// The session.
    #[serde(flatten)]
    pub session: Session,
    /// What its providers were told, as it was sent: its prompt, roles and scenario in one text; empty where there was
    /// nothing to tell.
    #[serde(default)]
    pub instructions: String,
    /// Its turns, in order.
    pub turns: Vec<Turn>,
}

/// One exchange: what the user said and what the AI answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Turn {
    /// The turn's id.
    pub id: Uuid,
    /// From 1, without gaps.
    pub turn_number: u16,
    /// When it began, UTC.
    pub started_at: DateTime<Utc>,
    /// When it ended, UTC.
    pub ended_at: DateTime<Utc>,
    /// What the user said, when somebody wrote it down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_transcript: Option<String>,
    /// What the AI said and the user heard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ai_transcript: Option<String>,
    /// What the AI would have said but the user never heard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ai_unheard: Option<String>,
    /// Length of the user's recording in ms; absent when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_audio_ms: Option<u64>,
    /// Length of the AI's recording in ms; absent when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ai_audio_ms: Option<u64>,
    /// How much of the answer was heard, in ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub played_ms: Option<u64>,
    /// Whether the answer was cut.
    pub interrupted: bool,
    /// What cut it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interrupt_reason: Option<InterruptReason>,
    /// When, in ms since the session began: the first voiced sample of the interruption, or the client's request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interrupted_at_ms: Option<f64>,
    /// How often playback paused for what was no speech, and went on.
    #[serde(default)]
    pub false_interruptions: u32,
    /// Whether the AI was speaking for some time without audio.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stalled: bool,
    /// Why there is no answer, or only part of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// The latencies.
    pub latency: Latency,
    /// What the provider counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
}

/// Body of `GET /interaction/sessions/{id}/latency-stats`: the statistics of the turns that were heard to their end, and of
/// those that were interrupted.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LatencyStats {
    /// Over the turns that were not interrupted.
    #[serde(flatten)]
    pub whole: MetricStatistics,
    /// Over the interrupted turns.
    pub interrupted: MetricStatistics,
    /// See [`Latency::interrupt_ms`], over the interrupted turns.
    pub interrupt_ms: Statistics,
    /// Number of interrupted turns.
    pub interrupted_count: u64,
    /// Number of turns whose total is an estimate, because the client reported no playback.
    pub estimated_count: u64,
}

/// Statistics per metric over a set of turns. Each counts the turns that have it.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MetricStatistics {
    /// See [`Latency::total_ms`].
    pub total_ms: Statistics,
    /// See [`Latency::endpointing_ms`].
    pub endpointing_ms: Statistics,
    /// See [`Latency::stt_ms`].
    pub stt_ms: Statistics,
    /// See [`Latency::llm_ttft_ms`].
    pub llm_ttft_ms: Statistics,
    /// See [`Latency::llm_text_ms`].
    pub llm_text_ms: Statistics,
    /// See [`Latency::tts_ttfb_ms`].
    pub tts_ttfb_ms: Statistics,
    /// See [`Latency::realtime_ms`].
    pub realtime_ms: Statistics,
    /// See [`Latency::provider_ms`].
    pub provider_ms: Statistics,
    /// See [`Latency::overhead_ms`].
    pub overhead_ms: Statistics,
    /// See [`Latency::network_playout_ms`].
    pub network_playout_ms: Statistics,
    /// See [`Latency::leading_silence_ms`].
    pub leading_silence_ms: Statistics,
    /// See [`Latency::unexplained_ms`]; it can be negative.
    pub unexplained_ms: Statistics,
}

/// Statistics of one metric, in ms; percentiles are nearest-rank. All absent when `count` is 0.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Statistics {
    /// Number of values.
    pub count: u64,
    /// Mean.
    pub avg: Option<f64>,
    /// Smallest.
    pub min: Option<f64>,
    /// Largest.
    pub max: Option<f64>,
    /// Median.
    pub p50: Option<f64>,
    /// 95th percentile.
    pub p95: Option<f64>,
    /// 99th percentile.
    pub p99: Option<f64>,
}
