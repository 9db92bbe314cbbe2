use axum::extract::State;
use axum::http::StatusCode;
use tracing::instrument;
use uuid::Uuid;
use viva_application::templates::Templates;
use viva_domain::ids::TemplateId;
use viva_protocol::problem::Problem as ProblemBody;

use crate::extract::{Identity, Path};
use crate::problem::Problem;

/// Forgets a template of your own.
#[utoipa::path(
    delete,
    path = "/api/v1/interaction/templates/{id}",
    operation_id = "delete_template",
    tag = "templates",
    params(("id" = Uuid, Path, description = "The template")),
    responses(
        (status = 204, description = "It is gone"),
        (status = 400, description = "The id is no UUID", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such template", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "It is built in", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
#[instrument(name = "api.templates.delete", skip_all, fields(template.id = %id))]
pub(crate) async fn delete(
    State(templates): State<Templates>,
    Identity(user_id): Identity,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, Problem> {
    templates.delete(user_id, TemplateId::from_uuid(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
