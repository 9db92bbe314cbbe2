use axum::extract::State;
use axum::response::Response;
use tracing::instrument;
use viva_application::templates::Templates;
use viva_protocol::problem::Problem as ProblemBody;
use viva_protocol::rest;

use super::convert;
use crate::extract::{Identity, JsonBody};
use crate::problem::Problem;

/// Makes a template of your own.
#[utoipa::path(
    post,
    path = "/api/v1/interaction/templates",
    operation_id = "create_template",
    tag = "templates",
    request_body = rest::TemplateContent,
    responses(
        (status = 201, description = "The template", body = rest::Template, headers(("location" = String, description = "Where it is"))),
        (status = 400, description = "The body is not JSON, or a text of it cannot be kept", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Another template of yours has the name", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
#[instrument(name = "api.templates.create", skip_all)]
pub(crate) async fn create(
    State(templates): State<Templates>,
    Identity(user_id): Identity,
    JsonBody(body): JsonBody<rest::TemplateContent>,
) -> Result<Response, Problem> {
    let created = templates.create(user_id, convert::content(&body)?).await?;
    Ok(convert::created(&created))
}
