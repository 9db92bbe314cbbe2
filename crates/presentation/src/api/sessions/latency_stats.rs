use axum::Json;
use axum::extract::State;
use tracing::instrument;
use uuid::Uuid;
use viva_application::history::{History, LatencyStats};
use viva_domain::ids::SessionId;
use viva_protocol::problem::Problem as ProblemBody;
use viva_protocol::rest;

use super::convert::{metric_statistics, statistics};
use crate::convert::ms;
use crate::extract::{Identity, Path};
use crate::problem::Problem;

/// Statistics of a session's latencies: over the turns that were heard to their end, and over those that were interrupted.
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

pub(super) fn latency_stats_body(stats: &LatencyStats) -> rest::LatencyStats {
    rest::LatencyStats {
        whole: metric_statistics(&stats.whole),
        interrupted: metric_statistics(&stats.interrupted),
        interrupt_ms: statistics(stats.interrupt, ms),
        interrupted_count: stats.interrupted_count as u64,
        estimated_count: stats.estimated_count as u64,
    }
}
