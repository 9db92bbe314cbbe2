use axum::Json;
use axum::extract::State;
use tracing::instrument;
use uuid::Uuid;
use viva_application::templates::Templates;
use viva_domain::ids::TemplateId;
use viva_protocol::problem::Problem as ProblemBody;
use viva_protocol::rest;

use super::convert;
use crate::extract::{Identity, Path};
use crate::problem::Problem;

/// One template.
#[utoipa::path(
    get,
    path = "/api/v1/interaction/templates/{id}",
    operation_id = "get_template",
    tag = "templates",
    params(("id" = Uuid, Path, description = "The template")),
    responses(
        (status = 200, description = "The template", body = rest::Template),
        (status = 400, description = "The id is no UUID", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such template", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
#[instrument(name = "api.templates.get", skip_all, fields(template.id = %id))]
pub(crate) async fn get(
    State(templates): State<Templates>,
    Identity(user_id): Identity,
    Path(id): Path<Uuid>,
) -> Result<Json<rest::Template>, Problem> {
    let template = templates.template(user_id, TemplateId::from_uuid(id)).await?;
    Ok(Json(convert::template(&template)))
}
