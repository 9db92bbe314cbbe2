use axum::extract::State;
use axum::response::Response;
use tracing::instrument;
use uuid::Uuid;
use viva_application::templates::Templates;
use viva_domain::ids::TemplateId;
use viva_domain::templates::TemplateName;
use viva_protocol::problem::Problem as ProblemBody;
use viva_protocol::rest;

use super::convert;
use crate::extract::{Identity, JsonBody, Path};
use crate::problem::Problem;

/// Makes a template of your own that says the same as another one, also a built-in one.
#[utoipa::path(
    post,
    path = "/api/v1/interaction/templates/{id}/duplicate",
    operation_id = "duplicate_template",
    tag = "templates",
    params(("id" = Uuid, Path, description = "The template that is copied")),
    request_body = rest::DuplicateTemplate,
    responses(
        (status = 201, description = "The copy", body = rest::Template, headers(("location" = String, description = "Where it is"))),
        (status = 400, description = "The id is no UUID, the body is not JSON, or the name cannot be kept", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such template", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Another template of yours has the name", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
#[instrument(name = "api.templates.duplicate", skip_all, fields(template.id = %id))]
pub(crate) async fn duplicate(
    State(templates): State<Templates>,
    Identity(user_id): Identity,
    Path(id): Path<Uuid>,
    JsonBody(body): JsonBody<rest::DuplicateTemplate>,
) -> Result<Response, Problem> {
    let name = TemplateName::parse(&body.name)?;
    let copy = templates
        .duplicate(user_id, TemplateId::from_uuid(id), name)
        .await?;
    Ok(convert::created(&copy))
}
