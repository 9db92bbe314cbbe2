use axum::Json;
use axum::extract::State;
use tracing::instrument;
use uuid::Uuid;
use viva_application::history::History;
use viva_domain::ids::SessionId;
use viva_protocol::problem::Problem as ProblemBody;
use viva_protocol::rest;

use super::convert;
use crate::extract::{Identity, Path};
use crate::problem::Problem;

/// One session with its turns.
#[utoipa::path(
    get,
    path = "/api/v1/interaction/sessions/{id}",
    operation_id = "get_session",
    tag = "interaction",
    params(("id" = Uuid, Path, description = "The session")),
    responses(
        (status = 200, description = "The session", body = rest::SessionDetail),
        (status = 400, description = "The id is no UUID", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such session", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
#[instrument(name = "api.sessions.get", skip_all, fields(session.id = %id))]
pub(crate) async fn get(
    State(history): State<History>,
    Identity(user_id): Identity,
    Path(id): Path<Uuid>,
) -> Result<Json<rest::SessionDetail>, Problem> {
    let id = SessionId::from_uuid(id);
    let session = history.session(user_id, id).await?;
    let turns = history.turns(user_id, id).await?;
    Ok(Json(rest::SessionDetail {
        instructions: session.instructions.clone(),
        session: convert::session(session),
        turns: turns.into_iter().map(convert::turn).collect(),
    }))
}
