use sea_orm::entity::prelude::*;

/// A row of `session_words`: what a session is found by, under its number. Only sessions with turns have one.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "session_words")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) number: i64,
    /// What was said in scripts without spaces, one run of characters after a space.
    #[sea_orm(column_type = "Text")]
    pub(crate) runs: String,
    /// The words that the index holds, one after a space.
    #[sea_orm(column_type = "Text")]
    pub(crate) words: String,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
