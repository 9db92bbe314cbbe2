use axum::Json;
use axum::extract::State;
use tracing::instrument;
use uuid::Uuid;
use viva_application::history::History;
use viva_domain::ids::SessionId;
use viva_protocol::problem::Problem as ProblemBody;
use viva_protocol::rest;

use super::convert;
use crate::api::paging::{Paging, page_of};
use crate::extract::{Identity, Path, Query};
use crate::problem::Problem;

/// A session's turns, in order.
#[utoipa::path(
    get,
    path = "/api/v1/interaction/sessions/{id}/turns",
    operation_id = "list_turns",
    tag = "interaction",
    params(("id" = Uuid, Path, description = "The session"), Paging),
    responses(
        (status = 200, description = "One page of turns", body = rest::Page<rest::Turn>),
        (status = 400, description = "The id is no UUID, or a parameter is no number", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such session", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
#[instrument(name = "api.sessions.turns", skip_all, fields(session.id = %id))]
pub(crate) async fn turns(
    State(history): State<History>,
    Identity(user_id): Identity,
    Path(id): Path<Uuid>,
    Query(paging): Query<Paging>,
) -> Result<Json<rest::Page<rest::Turn>>, Problem> {
    let turns = history.turns(user_id, SessionId::from_uuid(id)).await?;
    let turns = turns.into_iter().map(convert::turn).collect();
    Ok(Json(page_of(turns, paging.into())))
}
