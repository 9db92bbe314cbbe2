//! The numbers of sessions that have none: of those that were there before there were numbers, and of those that a server
//! of before stored after that.

use sea_orm::prelude::Uuid;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseConnection, DbErr, EntityTrait, QueryFilter, QuerySelect,
    TransactionTrait,
};
use tracing::{info, instrument};

use crate::db::entities::interaction_session::{Column, Entity as Sessions};
use crate::db::entities::session_number;

/// In the order in which they began.
const GIVE: &str = "UPDATE interaction_sessions SET number = numbered.number FROM \
     (SELECT id, (SELECT newest FROM session_numbers) + ROW_NUMBER() OVER (ORDER BY started_at, id) AS number \
     FROM interaction_sessions WHERE number IS NULL) AS numbered WHERE interaction_sessions.id = numbered.id";

/// Gives each session a number that has none.
#[instrument(name = "db.sessions.give_numbers", skip_all)]
pub(in crate::db) async fn give_numbers(connection: &DatabaseConnection) -> Result<(), DbErr> {
    let waiting = Sessions::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::Number.is_null())
        .limit(1)
        .into_tuple::<Uuid>()
        .one(connection)
        .await?;
    if waiting.is_none() {
        return Ok(());
    }
    let transaction = connection.begin().await?;
    session_number::Entity::skip(0, &transaction).await?;
    let given = transaction.execute_unprepared(GIVE).await?.rows_affected();
    session_number::Entity::skip(given, &transaction).await?;
    transaction.commit().await?;
    info!(
        event = "migration.sessions_numbered",
        migration.sessions = given,
        "Numbered {given} older sessions"
    );
    Ok(())
}
