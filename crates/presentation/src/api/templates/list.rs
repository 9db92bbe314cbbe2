use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use tracing::instrument;
use utoipa::IntoParams;
use viva_application::templates::Templates;
use viva_domain::templates::TemplateFilter;
use viva_protocol::problem::Problem as ProblemBody;
use viva_protocol::rest;

use super::convert;
use crate::api::paging::{Paging, page};
use crate::extract::{Identity, Query};
use crate::problem::Problem;

/// Which templates are wanted.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(crate) struct Wanted {
    /// Only those of this category.
    category: Option<String>,
    /// Only those in this language or a variant of it: `zh` finds `zh-TW`.
    language: Option<String>,
}

/// The built-in templates and then your own, in the order in which they were made.
#[utoipa::path(
    get,
    path = "/api/v1/interaction/templates",
    operation_id = "list_templates",
    tag = "templates",
    params(Wanted, Paging),
    responses(
        (status = 200, description = "One page of templates", body = rest::Page<rest::Template>),
        (status = 400, description = "A parameter is no number, no category or no language", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
#[instrument(name = "api.templates.list", skip_all)]
pub(crate) async fn list(
    State(templates): State<Templates>,
    Identity(user_id): Identity,
    Query(wanted): Query<Wanted>,
    Query(paging): Query<Paging>,
) -> Result<Json<rest::Page<rest::Template>>, Problem> {
    let filter = TemplateFilter::parse(wanted.category.as_deref(), wanted.language.as_deref())
        .map_err(|err| Problem::bad_request("invalid-query").detail(err.to_string()))?;
    let request = paging.into();
    let found = templates.list(user_id, &filter, request).await?;
    let items = found.items.iter().map(convert::template).collect();
    Ok(Json(page(items, found.total, request)))
}
