use axum::extract::State;
use axum::http::StatusCode;
use tracing::instrument;
use uuid::Uuid;
use viva_application::deletion::Deletions;
use viva_domain::ids::SessionId;
use viva_protocol::problem::Problem as ProblemBody;

use crate::extract::{Identity, Path};
use crate::problem::Problem;

/// Deletes a session with its turns and recordings.
#[utoipa::path(
    delete,
    path = "/api/v1/interaction/sessions/{id}",
    operation_id = "delete_session",
    tag = "interaction",
    params(("id" = Uuid, Path, description = "The session")),
    responses(
        (status = 204, description = "It is gone"),
        (status = 400, description = "The id is no UUID", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such session", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "It goes on", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The database or the storage cannot be reached; `code` says whether the deletion is begun", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
#[instrument(name = "api.sessions.delete", skip_all, fields(session.id = %id))]
pub(crate) async fn delete(
    State(deletions): State<Deletions>,
    Identity(user_id): Identity,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, Problem> {
    deletions.delete(user_id, SessionId::from_uuid(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
