use axum::Json;
use axum::extract::State;
use tracing::instrument;
use uuid::Uuid;
use viva_application::templates::Templates;
use viva_domain::ids::TemplateId;
use viva_protocol::problem::Problem as ProblemBody;
use viva_protocol::rest;

use super::convert;
use crate::extract::{Identity, JsonBody, Path};
use crate::problem::Problem;

/// Gives a template of your own another content.
#[utoipa::path(
    put,
    path = "/api/v1/interaction/templates/{id}",
    operation_id = "replace_template",
    tag = "templates",
    params(("id" = Uuid, Path, description = "The template")),
    request_body = rest::TemplateContent,
    responses(
        (status = 200, description = "The template", body = rest::Template),
        (status = 400, description = "The id is no UUID, the body is not JSON, or a text of it cannot be kept", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such template", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "It is built in, or another template of yours has the name", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
#[instrument(name = "api.templates.replace", skip_all, fields(template.id = %id))]
pub(crate) async fn replace(
    State(templates): State<Templates>,
    Identity(user_id): Identity,
    Path(id): Path<Uuid>,
    JsonBody(body): JsonBody<rest::TemplateContent>,
) -> Result<Json<rest::Template>, Problem> {
    let content = convert::content(&body)?;
    let replaced = templates
        .replace(user_id, TemplateId::from_uuid(id), content)
        .await?;
    Ok(Json(convert::template(&replaced)))
}
