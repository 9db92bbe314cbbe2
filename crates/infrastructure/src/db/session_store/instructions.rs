//! What the AI was told in sessions that were stored before that was: composed of its parts, as it was then, when English
//! stood between them in all languages.

use sea_orm::prelude::Uuid;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseConnection, DbErr, EntityTrait, FromQueryResult, QueryFilter,
    QuerySelect, TransactionTrait,
};
use tracing::{info, instrument};
use viva_domain::sessions::{Prompt, PromptLanguage};

use crate::db::entities::interaction_session::{Column, Entity as Sessions};

/// Sessions whose instructions are composed in one transaction.
const BATCH: u64 = 500;

/// The parts of one session's instructions.
#[derive(Debug, FromQueryResult)]
struct Parts {
    id: Uuid,
    system_prompt: Option<String>,
    user_role: Option<String>,
    ai_role: Option<String>,
    scenario: Option<String>,
}

/// Composes what is missing, some at a time: what is done stays done when it is cut short.
#[instrument(name = "db.sessions.compose", skip_all)]
pub(super) async fn catch_up(connection: &DatabaseConnection) -> Result<(), DbErr> {
    let mut done = 0;
    loop {
        let sessions: Vec<Parts> = Sessions::find()
            .select_only()
            .columns([
                Column::Id,
                Column::SystemPrompt,
                Column::UserRole,
                Column::AiRole,
                Column::Scenario,
            ])
            .filter(Column::Instructions.is_null())
            .limit(BATCH)
            .into_model()
            .all(connection)
            .await?;
        if sessions.is_empty() {
            return Ok(());
        }
        let transaction = connection.begin().await?;
        for parts in &sessions {
            write(parts, &transaction).await?;
        }
        transaction.commit().await?;
        done += sessions.len();
        info!(
            event = "migration.instructions_composed",
            migration.sessions = done,
            "Composed what the AI was told in {done} older sessions"
        );
    }
}

async fn write(parts: &Parts, transaction: &impl ConnectionTrait) -> Result<(), DbErr> {
    Sessions::update_many()
        .col_expr(Column::Instructions, Expr::value(parts.composed()))
        .filter(Column::Id.eq(parts.id))
        .exec(transaction)
        .await
        .map(|_| ())
}

impl Parts {
    /// Of parts that make no sense there is nothing; that is told where the session is read.
    fn composed(&self) -> String {
        let prompt = Prompt::parse(
            self.system_prompt.as_deref(),
            self.user_role.as_deref(),
            self.ai_role.as_deref(),
            self.scenario.as_deref(),
        );
        prompt
            .map(|prompt| prompt.compose(PromptLanguage::English))
            .unwrap_or_default()
    }
}
