use sea_orm::entity::prelude::*;
use viva_domain::credentials::{AuditAction, AuditEntry, AuditOutcome};
use viva_domain::ids::{AuditEntryId, SessionId, UserId};

use super::values::{DamagedRow, damaged, whole_micros};

/// A row of `audit_log`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_log")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) user_id: Uuid,
    pub(crate) at: DateTimeUtc,
    pub(crate) action: String,
    pub(crate) provider: String,
    pub(crate) session_id: Option<Uuid>,
    pub(crate) outcome: String,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// A user's entries.
    pub(crate) fn of(owner: UserId) -> Select<Self> {
        Self::find().filter(Column::UserId.eq(owner.as_uuid()))
    }
}

fn action(action: AuditAction) -> &'static str {
    match action {
        AuditAction::Create => "create",
        AuditAction::Replace => "replace",
        AuditAction::Validate => "validate",
        AuditAction::Use => "use",
        AuditAction::Delete => "delete",
    }
}

fn outcome(outcome: AuditOutcome) -> &'static str {
    match outcome {
        AuditOutcome::Done => "done",
        AuditOutcome::BadKey => "bad_key",
        AuditOutcome::Forbidden => "forbidden",
        AuditOutcome::QuotaExceeded => "quota_exceeded",
        AuditOutcome::NoNetwork => "no_network",
        AuditOutcome::RateLimited => "rate_limited",
        AuditOutcome::WrongAddress => "wrong_address",
        AuditOutcome::Failed => "failed",
    }
}

impl From<&AuditEntry> for Model {
    fn from(entry: &AuditEntry) -> Self {
        Self {
            id: entry.id.as_uuid(),
            user_id: entry.owner.as_uuid(),
            at: whole_micros(entry.at),
            action: action(entry.action).to_owned(),
            provider: entry.provider.clone(),
            session_id: entry.session.map(SessionId::as_uuid),
            outcome: outcome(entry.outcome).to_owned(),
        }
    }
}

impl TryFrom<Model> for AuditEntry {
    type Error = DamagedRow;

    fn try_from(row: Model) -> Result<Self, DamagedRow> {
        let read_action = AuditAction::ALL
            .into_iter()
            .find(|known| action(*known) == row.action);
        let read_outcome = AuditOutcome::ALL
            .into_iter()
            .find(|known| outcome(*known) == row.outcome);
        Ok(Self {
            id: AuditEntryId::from_uuid(row.id),
            owner: UserId::from_uuid(row.user_id),
            at: row.at,
            action: read_action.ok_or_else(|| damaged("action"))?,
            provider: row.provider,
            session: row.session_id.map(SessionId::from_uuid),
            outcome: read_outcome.ok_or_else(|| damaged("outcome"))?,
        })
    }
}
