use axum::Json;
use axum::extract::State;
use tracing::instrument;
use uuid::Uuid;
use viva_application::history::{History, LatencyStats};
use viva_domain::ids::SessionId;
use viva_protocol::problem::Problem as ProblemBody;
use viva_protocol::rest;

use super::convert::statistics;
use crate::extract::{Identity, Path};
use crate::problem::Problem;

/// Statistics of a session's latencies, over the turns that were not interrupted.
#[utoipa::path(
    get,
    path = "/api/v1/interaction/sessions/{id}/latency-stats",
    operation_id = "get_latency_stats",
    tag = "interaction",
    params(("id" = Uuid, Path, description = "The session")),
    responses(
        (status = 200, description = "Statistics per metric", body = rest::LatencyStats),
        (status = 400, description = "The id is no UUID", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such session", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
#[instrument(name = "api.sessions.latency_stats", skip_all, fields(session.id = %id))]
pub(crate) async fn latency_stats(
    State(history): State<History>,
    Identity(user_id): Identity,
    Path(id): Path<Uuid>,
) -> Result<Json<rest::LatencyStats>, Problem> {
    let stats = history.latency_stats(user_id, SessionId::from_uuid(id)).await?;
    Ok(Json(latency_stats_body(&stats)))
}

fn latency_stats_body(stats: &LatencyStats) -> rest::LatencyStats {
    rest::LatencyStats {
        total_ms: statistics(stats.total),
        endpointing_ms: statistics(stats.endpointing),
        stt_ms: statistics(stats.stt),
        llm_ttft_ms: statistics(stats.llm_ttft),
        llm_text_ms: statistics(stats.llm_text),
        tts_ttfb_ms: statistics(stats.tts_ttfb),
        realtime_ms: statistics(stats.realtime),
        provider_ms: statistics(stats.provider),
        overhead_ms: statistics(stats.overhead),
        network_playout_ms: statistics(stats.network_playout),
        interrupt_ms: statistics(stats.interrupt),
        interrupted_count: stats.interrupted as u64,
    }
}
