use axum::Json;
use axum::extract::State;
use tracing::instrument;
use viva_application::history::History;
use viva_protocol::problem::Problem as ProblemBody;
use viva_protocol::rest;

use super::convert;
use crate::api::paging::{Paging, page};
use crate::extract::{Identity, Query};
use crate::problem::Problem;

/// Your sessions, newest first.
#[utoipa::path(
    get,
    path = "/api/v1/interaction/sessions",
    operation_id = "list_sessions",
    tag = "interaction",
    params(Paging),
    responses(
        (status = 200, description = "One page of sessions", body = rest::Page<rest::Session>),
        (status = 400, description = "A parameter is no number", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
#[instrument(name = "api.sessions.list", skip_all)]
pub(crate) async fn list(
    State(history): State<History>,
    Identity(user_id): Identity,
    Query(paging): Query<Paging>,
) -> Result<Json<rest::Page<rest::Session>>, Problem> {
    let request = paging.into();
    let found = history.list(user_id, request).await?;
    let sessions = found.items.into_iter().map(convert::session).collect();
    Ok(Json(page(sessions, found.total, request)))
}
