use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ws::Mode;

/// Body of `GET /selftest`: whether a self-test runs, and the newest certificate.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct SelfTest {
    /// How far the one that runs has come; absent while none runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<SelfTestProgress>,
    /// Why the last one came to no certificate; absent when it did, and before the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// What the newest complete one found; absent before the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newest: Option<Certificate>,
}

/// How far a self-test has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SelfTestProgress {
    /// Turns that are measured.
    pub done: u32,
    /// Turns that will be.
    pub total: u32,
}

/// What a self-test found: the latencies that Viva reported against those that were programmed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Certificate {
    /// When it was begun, UTC.
    pub taken_at: DateTime<Utc>,
    /// The version of Viva that was tested.
    pub version: String,
    /// Where its delays were drawn from: the same seed programs the same ones.
    pub seed: u64,
    /// Turns that were measured.
    pub turns: u32,
    /// Turns that failed and are in no figure.
    pub failed: u32,
    /// How many calls were held at once.
    pub concurrency: u32,
    /// How long it took, in ms.
    pub duration_ms: u64,
    /// The error of each part in each mode.
    pub parts: Vec<CertifiedPart>,
}

/// How far the reported latencies of one part were from the truth, over all turns of a mode: reported less programmed. The
/// truth of `total_ms` is what the caller heard by its own clock, that of `endpointing_ms` is counted in samples. Nothing
/// programs `overhead_ms` and `unexplained_ms`: they are compared with 0, so their errors are what was reported.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CertifiedPart {
    /// The mode.
    pub mode: Mode,
    /// The name of the field in `latency`, such as `stt_ms`.
    pub part: String,
    /// Number of turns.
    pub count: u32,
    /// Mean error in ms; positive when too much was reported.
    pub bias_ms: f64,
    /// The smallest magnitude of the error in ms: what is left of it when nothing on the machine was late; absent in old
    /// certificates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best_ms: Option<f64>,
    /// Median of the error's magnitude in ms, nearest rank; absent in old certificates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p50_ms: Option<f64>,
    /// 95th percentile of the error's magnitude in ms, nearest rank.
    pub p95_ms: f64,
    /// The largest magnitude in ms.
    pub worst_ms: f64,
}
