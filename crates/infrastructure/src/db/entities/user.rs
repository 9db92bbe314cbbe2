use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ConnectionTrait, IntoActiveModel};
use viva_domain::ids::UserId;

use super::values::whole_micros;

/// A row of `users`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) created_at: DateTimeUtc,
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
        };
        Self::insert(user.into_active_model())
            .on_conflict(OnConflict::column(Column::Id).do_nothing().to_owned())
            .exec_without_returning(connection)
            .await
            .map(|_| ())
    }
}
