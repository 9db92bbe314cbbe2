use sea_orm::ConnectionTrait;
use sea_orm::entity::prelude::*;

/// The one row of `session_numbers`: the number of the newest session.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "session_numbers")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: i32,
    pub(crate) newest: i64,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The next number. Nobody else draws one until the transaction is over, so a session that can be seen has all those
    /// with lower numbers beside it.
    pub(crate) async fn draw(transaction: &impl ConnectionTrait) -> Result<i64, DbErr> {
        Self::update_many()
            .col_expr(Column::Newest, Expr::cust("newest + 1"))
            .exec(transaction)
            .await?;
        Self::newest(transaction).await
    }

    /// Leaves out so many numbers, which somebody else has given. Nobody draws one until the transaction is over.
    pub(crate) async fn skip(count: u64, transaction: &impl ConnectionTrait) -> Result<(), DbErr> {
        Self::update_many()
            .col_expr(Column::Newest, Expr::cust(format!("newest + {count}")))
            .exec(transaction)
            .await
            .map(|_| ())
    }

    /// The newest session's.
    pub(crate) async fn newest(connection: &impl ConnectionTrait) -> Result<i64, DbErr> {
        let row = Self::find().one(connection).await?;
        row.map(|row| row.newest)
            .ok_or_else(|| DbErr::RecordNotFound("the row of session_numbers".to_owned()))
    }
}
