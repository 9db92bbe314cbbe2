use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use viva_domain::templates::{
    InvalidTemplate, RawTemplate, SystemPromptTemplate, TemplateContent, TemplateOwner,
};
use viva_protocol::rest;

use super::PATH;

pub(super) fn template(template: &SystemPromptTemplate) -> rest::Template {
    let content = &template.content;
    let prompt = content.prompt();
    let text = |text: Option<&str>| text.map(str::to_owned);
    rest::Template {
        id: template.id.as_uuid(),
        built_in: template.owner == TemplateOwner::BuiltIn,
        updated_at: template.updated_at,
        content: rest::TemplateContent {
            name: content.name().to_string(),
            description: content.description().to_owned(),
            category: content.category().to_owned(),
            language: content.language().to_string(),
            system_prompt: text(prompt.system_prompt()),
            user_role: text(prompt.user_role()),
            ai_role: text(prompt.ai_role()),
            scenario_context: text(prompt.scenario()),
        },
    }
}

pub(super) fn content(body: &rest::TemplateContent) -> Result<TemplateContent, InvalidTemplate> {
    TemplateContent::parse(RawTemplate {
        name: &body.name,
        description: &body.description,
        category: &body.category,
        language: &body.language,
        system_prompt: body.system_prompt.as_deref(),
        user_role: body.user_role.as_deref(),
        ai_role: body.ai_role.as_deref(),
        scenario: body.scenario_context.as_deref(),
    })
}

/// The answer to a request that made a template.
pub(super) fn created(made: &SystemPromptTemplate) -> Response {
    let location = [(header::LOCATION, format!("{PATH}/{}", made.id))];
    (StatusCode::CREATED, location, Json(template(made))).into_response()
}
