use sea_orm::entity::prelude::*;
use viva_domain::credentials::{CredentialState, KeyId, SealedCredential, StoredCredential};
use viva_domain::ids::{CredentialId, UserId};

use super::values::{DamagedRow, damaged, whole_micros};

/// A row of `provider_credentials`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "provider_credentials")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) user_id: Uuid,
    pub(crate) provider: String,
    /// The master key that opens it.
    pub(crate) key_id: String,
    #[sea_orm(column_type = "Blob")]
    pub(crate) nonce: Vec<u8>,
    #[sea_orm(column_type = "Blob")]
    pub(crate) ciphertext: Vec<u8>,
    pub(crate) state: String,
    pub(crate) checked_at: DateTimeUtc,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// A user's credentials.
    pub(crate) fn of(owner: UserId) -> Select<Self> {
        Self::find().filter(Column::UserId.eq(owner.as_uuid()))
    }
}

pub(crate) fn state(state: CredentialState) -> &'static str {
    match state {
        CredentialState::Valid => "valid",
        CredentialState::Invalid => "invalid",
    }
}

impl From<&StoredCredential> for Model {
    fn from(credential: &StoredCredential) -> Self {
        Self {
            id: credential.id.as_uuid(),
            user_id: credential.owner.as_uuid(),
            provider: credential.provider.clone(),
            key_id: credential.sealed.key_id.to_string(),
            nonce: credential.sealed.nonce.clone(),
            ciphertext: credential.sealed.ciphertext.clone(),
            state: state(credential.state).to_owned(),
            checked_at: whole_micros(credential.checked_at),
        }
    }
}

impl TryFrom<Model> for StoredCredential {
    type Error = DamagedRow;

    fn try_from(row: Model) -> Result<Self, DamagedRow> {
        let states = [CredentialState::Valid, CredentialState::Invalid];
        let read = states.into_iter().find(|known| state(*known) == row.state);
        Ok(Self {
            id: CredentialId::from_uuid(row.id),
            owner: UserId::from_uuid(row.user_id),
            provider: row.provider,
            sealed: SealedCredential {
                key_id: KeyId::new(row.key_id),
                nonce: row.nonce,
                ciphertext: row.ciphertext,
            },
            state: read.ok_or_else(|| damaged("state"))?,
            checked_at: row.checked_at,
        })
    }
}
