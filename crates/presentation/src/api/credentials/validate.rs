use axum::Json;
use axum::extract::State;
use tracing::field::Empty;
use tracing::instrument;
use viva_application::credentials::Credentials;
use viva_protocol::problem::Problem as ProblemBody;
use viva_protocol::rest;

use super::{convert, name_in_log};
use crate::extract::{Identity, Path};
use crate::problem::Problem;

/// Asks the provider again what it thinks of your key, and notes the answer.
#[utoipa::path(
    post,
    path = "/api/v1/credentials/{provider}/validate",
    operation_id = "validate_credential",
    tag = "credentials",
    params(("provider" = String, Path, description = "The provider's id")),
    responses(
        (status = 200, description = "The provider accepts the key", body = rest::Credential),
        (status = 404, description = "There is no such provider, or you have no key for it", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The provider does not accept the key any more", body = ProblemBody, content_type = "application/problem+json"),
        (status = 502, description = "The provider could not be asked", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The provider takes no more requests for now", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
#[instrument(name = "api.credentials.validate", skip_all, fields(provider.name = Empty))]
pub(crate) async fn validate(
    State(credentials): State<Credentials>,
    Identity(user_id): Identity,
    Path(provider): Path<String>,
) -> Result<Json<rest::Credential>, Problem> {
    name_in_log(&credentials, &provider);
    let valid = credentials.validate(user_id, &provider).await?;
    Ok(Json(convert::credential(valid)))
}
