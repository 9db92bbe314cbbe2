use sea_orm::entity::prelude::*;

/// The one row of `storages`: where recordings are. There is none until a storage was taken.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "storages")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: i32,
    pub(crate) storage_id: Uuid,
    /// Whether the storage has a mark that says the same.
    pub(crate) is_marked: bool,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
