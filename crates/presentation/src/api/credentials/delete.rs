use axum::extract::State;
use axum::http::StatusCode;
use tracing::field::Empty;
use tracing::instrument;
use viva_application::credentials::Credentials;
use viva_protocol::problem::Problem as ProblemBody;

use super::name_in_log;
use crate::extract::{Identity, Path};
use crate::problem::Problem;

/// Forgets a key of your own; the server's is used again, where it has one.
#[utoipa::path(
    delete,
    path = "/api/v1/credentials/{provider}",
    operation_id = "delete_credential",
    tag = "credentials",
    params(("provider" = String, Path, description = "The provider's id")),
    responses(
        (status = 204, description = "It is gone"),
        (status = 404, description = "You have no key for this provider", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
#[instrument(name = "api.credentials.delete", skip_all, fields(provider.name = Empty))]
pub(crate) async fn delete(
    State(credentials): State<Credentials>,
    Identity(user_id): Identity,
    Path(provider): Path<String>,
) -> Result<StatusCode, Problem> {
    name_in_log(&credentials, &provider);
    credentials.delete(user_id, &provider).await?;
    Ok(StatusCode::NO_CONTENT)
}
