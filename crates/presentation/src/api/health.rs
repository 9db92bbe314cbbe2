use axum::extract::State;
use tracing::instrument;
use viva_application::history::History;
use viva_protocol::problem::Problem as ProblemBody;

use crate::problem::Problem;
use crate::state::Connections;

/// Answers while the process runs.
#[utoipa::path(
    get,
    path = "/healthz",
    tag = "server",
    security(()),
    responses((status = 200, description = "It runs", body = String)),
)]
pub(crate) async fn healthz() -> &'static str {
    "ok"
}

/// Answers while the server can take sessions: the database answers with the schema of this version, the storage can be used, and it does not shut down.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "server",
    security(()),
    responses(
        (status = 200, description = "It can take sessions", body = String),
        (status = 503, description = "It cannot", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
#[instrument(name = "api.readyz", skip_all)]
pub(crate) async fn readyz(
    State(history): State<History>,
    State(connections): State<Connections>,
) -> Result<&'static str, Problem> {
    if connections.is_stopping() {
        return Err(Problem::unavailable("shutting-down").detail("the server is shutting down"));
    }
    history.check().await?;
    Ok("ready")
}
