use axum::Json;
use axum::extract::State;
use tracing::instrument;
use viva_application::credentials::Credentials;
use viva_domain::credentials::{AuditAction, AuditEntry, AuditOutcome};
use viva_domain::ids::SessionId;
use viva_protocol::problem::Problem as ProblemBody;
use viva_protocol::rest;

use crate::api::paging::{Paging, page};
use crate::extract::{Identity, Query};
use crate::problem::Problem;

/// What was done with your own provider keys, newest first.
#[utoipa::path(
    get,
    path = "/api/v1/audit-log",
    operation_id = "list_audit",
    tag = "credentials",
    params(Paging),
    responses(
        (status = 200, description = "One page of the audit log", body = rest::Page<rest::AuditEntry>),
        (status = 400, description = "A parameter is no number", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
#[instrument(name = "api.audit.list", skip_all)]
pub(crate) async fn list(
    State(credentials): State<Credentials>,
    Identity(user_id): Identity,
    Query(paging): Query<Paging>,
) -> Result<Json<rest::Page<rest::AuditEntry>>, Problem> {
    let request = paging.into();
    let found = credentials.audit(user_id, request).await?;
    let items = found.items.into_iter().map(entry).collect();
    Ok(Json(page(items, found.total, request)))
}

fn entry(entry: AuditEntry) -> rest::AuditEntry {
    rest::AuditEntry {
        id: entry.id.as_uuid(),
        at: entry.at,
        action: match entry.action {
            AuditAction::Create => rest::AuditAction::Create,
            AuditAction::Replace => rest::AuditAction::Replace,
            AuditAction::Validate => rest::AuditAction::Validate,
            AuditAction::Use => rest::AuditAction::Use,
            AuditAction::Delete => rest::AuditAction::Delete,
        },
        provider: entry.provider,
        session_id: entry.session.map(SessionId::as_uuid),
        outcome: match entry.outcome {
            AuditOutcome::Done => rest::AuditOutcome::Done,
            AuditOutcome::BadKey => rest::AuditOutcome::BadKey,
            AuditOutcome::Forbidden => rest::AuditOutcome::Forbidden,
            AuditOutcome::QuotaExceeded => rest::AuditOutcome::QuotaExceeded,
            AuditOutcome::NoNetwork => rest::AuditOutcome::NoNetwork,
            AuditOutcome::RateLimited => rest::AuditOutcome::RateLimited,
            AuditOutcome::WrongAddress => rest::AuditOutcome::WrongAddress,
            AuditOutcome::Failed => rest::AuditOutcome::Failed,
        },
    }
}
