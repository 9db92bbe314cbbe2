use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use tracing::instrument;
use viva_protocol::problem::Problem as ProblemBody;
use viva_protocol::rest;

use crate::extract::Identity;
use crate::problem::Problem;
use crate::self_test::SelfTests;

/// Whether a self-test runs, and what the newest one found.
#[utoipa::path(
    get,
    path = "/api/v1/selftest",
    operation_id = "get_self_test",
    tag = "selftest",
    responses(
        (status = 200, description = "How far it has come, and the newest certificate", body = rest::SelfTest),
        (status = 500, description = "The newest certificate cannot be read", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
#[instrument(name = "api.self_test.get", skip_all)]
pub(crate) async fn get(
    State(self_tests): State<Arc<dyn SelfTests>>,
    _user: Identity,
) -> Result<Json<rest::SelfTest>, Problem> {
    Ok(Json(self_tests.state().await?))
}
