use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ConnectionTrait, IntoActiveModel};
use viva_domain::access::{User, UserName};
use viva_domain::ids::UserId;

use super::values::{DamagedRow, damaged, whole_micros};

/// A row of `users`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) created_at: DateTimeUtc,
    /// Without one they cannot sign in.
    pub(crate) name: Option<String>,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// Creates the user unless there is one.
    pub(crate) async fn ensure(
        id: UserId,
        at: DateTimeUtc,
        connection: &impl ConnectionTrait,
    ) -> Result<(), DbErr> {
        let user = Model {
            id: id.as_uuid(),
            created_at: whole_micros(at),
            name: None,
        };
        Self::insert_unless(Column::Id, user, connection).await
    }

    /// Creates the user unless there is one of this name.
    pub(crate) async fn ensure_named(user: &User, connection: &impl ConnectionTrait) -> Result<(), DbErr> {
        Self::insert_unless(Column::Name, user.into(), connection).await
    }

    /// The user of this name.
    pub(crate) fn called(name: &UserName) -> Select<Self> {
        Self::find().filter(Column::Name.eq(name.as_str()))
    }

    /// Everybody who may sign in.
    pub(crate) fn named() -> Select<Self> {
        Self::find().filter(Column::Name.is_not_null())
    }

    async fn insert_unless(
        same: Column,
        user: Model,
        connection: &impl ConnectionTrait,
    ) -> Result<(), DbErr> {
        Self::insert(user.into_active_model())
            .on_conflict(OnConflict::column(same).do_nothing().to_owned())
            .exec_without_returning(connection)
            .await
            .map(|_| ())
    }
}

impl From<&User> for Model {
    fn from(user: &User) -> Self {
        Self {
            id: user.id.as_uuid(),
            created_at: whole_micros(user.created_at),
            name: Some(user.name.as_str().to_owned()),
        }
    }
}

impl TryFrom<Model> for User {
    type Error = DamagedRow;

    fn try_from(row: Model) -> Result<Self, DamagedRow> {
        let name = row.name.as_deref().map(UserName::parse);
        Ok(Self {
            id: UserId::from_uuid(row.id),
            name: name.and_then(Result::ok).ok_or(damaged("name"))?,
            created_at: row.created_at,
        })
    }
}
