use axum::Json;
use axum::extract::State;
use tracing::instrument;
use viva_application::credentials::Credentials;
use viva_protocol::rest;

use super::convert;
use crate::extract::Identity;
use crate::problem::Problem;

/// Every provider that takes a key of your own, what it wants to know, and your key as far as it is shown.
#[utoipa::path(
    get,
    path = "/api/v1/credentials",
    operation_id = "list_credentials",
    tag = "credentials",
    responses((status = 200, description = "The providers", body = rest::CredentialList)),
)]
#[instrument(name = "api.credentials.list", skip_all)]
pub(crate) async fn list(
    State(credentials): State<Credentials>,
    Identity(user_id): Identity,
) -> Result<Json<rest::CredentialList>, Problem> {
    let keys = credentials.list(user_id).await?;
    let items = keys.into_iter().map(convert::provider).collect();
    Ok(Json(rest::CredentialList { items }))
}
