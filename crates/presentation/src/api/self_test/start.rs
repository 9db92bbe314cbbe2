use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use tracing::instrument;
use viva_protocol::problem::Problem as ProblemBody;
use viva_protocol::rest;

use crate::extract::Identity;
use crate::problem::Problem;
use crate::self_test::SelfTests;

/// Begins a self-test.
#[utoipa::path(
    post,
    path = "/api/v1/selftest",
    operation_id = "start_self_test",
    tag = "selftest",
    responses(
        (status = 202, description = "It runs", body = rest::SelfTestProgress),
        (status = 409, description = "One runs already", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
#[instrument(name = "api.self_test.start", skip_all)]
pub(crate) async fn start(
    State(self_tests): State<Arc<dyn SelfTests>>,
    _user: Identity,
) -> Result<(StatusCode, Json<rest::SelfTestProgress>), Problem> {
    Ok((StatusCode::ACCEPTED, Json(self_tests.start()?)))
}
