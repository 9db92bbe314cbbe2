use sea_orm::entity::prelude::*;
use viva_domain::access::{ApiToken, TokenDigest, TokenKind, TokenName};
use viva_domain::ids::{TokenId, UserId};

use super::values::{DamagedRow, damaged, whole_micros};

/// What is in `kind`.
const API: &str = "api";
pub(crate) const BROWSER: &str = "browser";

/// A row of `api_tokens`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "api_tokens")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) user_id: Uuid,
    pub(crate) name: String,
    pub(crate) kind: String,
    /// Of a browser's token.
    pub(crate) signed_in_with: Option<Uuid>,
    /// SHA-256, in hexadecimal digits.
    pub(crate) digest: String,
    pub(crate) created_at: DateTimeUtc,
    pub(crate) expires_at: Option<DateTimeUtc>,
    pub(crate) last_used_at: Option<DateTimeUtc>,
    pub(crate) revoked_at: Option<DateTimeUtc>,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The tokens of one user.
    pub(crate) fn of(owner: UserId) -> Select<Self> {
        Self::find().filter(Column::UserId.eq(owner.as_uuid()))
    }
}

impl From<&ApiToken> for Model {
    fn from(token: &ApiToken) -> Self {
        let (kind, signed_in_with) = match token.kind {
            TokenKind::Api => (API, None),
            TokenKind::Browser { signed_in_with } => (BROWSER, Some(signed_in_with.as_uuid())),
        };
        Self {
            id: token.id.as_uuid(),
            user_id: token.user_id.as_uuid(),
            name: token.name.as_str().to_owned(),
            kind: kind.to_owned(),
            signed_in_with,
            digest: token.digest.to_hex(),
            created_at: whole_micros(token.created_at),
            expires_at: token.expires_at.map(whole_micros),
            last_used_at: token.last_used_at.map(whole_micros),
            revoked_at: token.revoked_at.map(whole_micros),
        }
    }
}

impl TryFrom<Model> for ApiToken {
    type Error = DamagedRow;

    fn try_from(row: Model) -> Result<Self, DamagedRow> {
        Ok(Self {
            id: TokenId::from_uuid(row.id),
            user_id: UserId::from_uuid(row.user_id),
            name: TokenName::parse(&row.name).map_err(|_| damaged("name"))?,
            kind: kind_of(&row.kind, row.signed_in_with)?,
            digest: TokenDigest::from_hex(&row.digest).ok_or(damaged("digest"))?,
            created_at: row.created_at,
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
            revoked_at: row.revoked_at,
        })
    }
}

fn kind_of(kind: &str, signed_in_with: Option<Uuid>) -> Result<TokenKind, DamagedRow> {
    match (kind, signed_in_with) {
        (API, None) => Ok(TokenKind::Api),
        (BROWSER, Some(id)) => Ok(TokenKind::Browser {
            signed_in_with: TokenId::from_uuid(id),
        }),
        (API | BROWSER, _) => Err(damaged("signed_in_with")),
        _ => Err(damaged("kind")),
    }
}
