use axum::Json;
use axum::extract::State;
use tracing::instrument;
use viva_application::templates::Templates;
use viva_domain::ids::TemplateId;
use viva_domain::sessions::PromptTexts;
use viva_protocol::problem::Problem as ProblemBody;
use viva_protocol::rest;

use crate::extract::{Identity, JsonBody};
use crate::problem::Problem;

/// What a session that begins with these texts tells its provider. Nothing is kept.
#[utoipa::path(
    post,
    path = "/api/v1/interaction/prompts/compose",
    operation_id = "compose_prompt",
    tag = "templates",
    request_body = rest::PromptTexts,
    responses(
        (status = 200, description = "The composed prompt", body = rest::ComposedPrompt),
        (status = 400, description = "The body is not JSON, or a text of it or the language cannot be used", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such template", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
#[instrument(name = "api.prompts.compose", skip_all)]
pub(crate) async fn compose(
    State(templates): State<Templates>,
    Identity(user_id): Identity,
    JsonBody(body): JsonBody<rest::PromptTexts>,
) -> Result<Json<rest::ComposedPrompt>, Problem> {
    let texts = PromptTexts {
        system_prompt: body.system_prompt.as_deref(),
        user_role: body.user_role.as_deref(),
        ai_role: body.ai_role.as_deref(),
        scenario: body.scenario_context.as_deref(),
        language: body.prompt_language.as_deref(),
    };
    let template = body.template_id.map(TemplateId::from_uuid);
    let written = templates.prompt(user_id, template, texts).await?;
    Ok(Json(rest::ComposedPrompt {
        instructions: written.compose(None),
    }))
}
