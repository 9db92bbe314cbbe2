use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use tracing::field::Empty;
use tracing::instrument;
use viva_application::credentials::Credentials;
use viva_domain::credentials::RawCredential;
use viva_protocol::problem::Problem as ProblemBody;
use viva_protocol::rest;

use super::{convert, name_in_log};
use crate::extract::{Identity, Object, Path};
use crate::problem::Problem;

const BODY: &str = "the body must be JSON with the text api_key, and base_url and organization where the provider takes them";

/// Gives a key of your own, in place of the one before. The provider is asked first, within 10 s; what it does not accept
/// is not kept.
#[utoipa::path(
    put,
    path = "/api/v1/credentials/{provider}",
    operation_id = "put_credential",
    tag = "credentials",
    params(("provider" = String, Path, description = "The provider's id")),
    request_body = rest::CredentialContent,
    responses(
        (status = 200, description = "The provider accepted the key", body = rest::Credential),
        (status = 400, description = "The body is not JSON, or what it holds cannot be a key of this provider", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such provider", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The provider did not accept the key, or it is not at this address", body = ProblemBody, content_type = "application/problem+json"),
        (status = 502, description = "The provider could not be asked", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The provider takes no more requests for now", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
#[instrument(name = "api.credentials.put", skip_all, fields(provider.name = Empty))]
pub(crate) async fn put(
    State(credentials): State<Credentials>,
    Identity(user_id): Identity,
    Path(provider): Path<String>,
    body: Bytes,
) -> Result<Json<rest::Credential>, Problem> {
    name_in_log(&credentials, &provider);
    // The usual extractor repeats what it found, also in a log.
    let Ok(Object(body)) = serde_json::from_slice::<Object<rest::CredentialContent>>(&body) else {
        return Err(Problem::bad_request("invalid-body").detail(BODY));
    };
    let raw = RawCredential {
        api_key: &body.api_key,
        base_url: body.base_url.as_deref(),
        organization: body.organization.as_deref(),
    };
    let kept = credentials.put(user_id, &provider, raw).await?;
    Ok(Json(convert::credential(kept)))
}
