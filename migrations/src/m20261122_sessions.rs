//! Users, their sessions, the turns of these and the latencies of those. Durations are whole microseconds (`_us`).

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer_null, boolean, integer, json, pk_uuid, string, string_null, text, text_null,
    timestamp_with_time_zone, timestamp_with_time_zone_null, uuid,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Users {
    Table,
    Id,
    CreatedAt,
}

#[derive(DeriveIden)]
enum InteractionSessions {
    Table,
    Id,
    UserId,
    Mode,
    Interaction,
    SystemPrompt,
    UserRole,
    AiRole,
    Scenario,
    BargeInEnabled,
    Fallback,
    StartedAt,
    Status,
    EndedAt,
}

#[derive(DeriveIden)]
enum ConversationTurns {
    Table,
    Id,
    SessionId,
    Number,
    StartedAt,
    EndedAt,
    UserTranscript,
    AnswerHeard,
    AnswerUnheard,
    UserAudioKey,
    UserAudioSamples,
    UserAudioRate,
    AiAudioKey,
    AiAudioSamples,
    AiAudioRate,
    PlayedUs,
    Interruption,
    Failure,
    InputTokens,
    OutputTokens,
    Marks,
}

#[derive(DeriveIden)]
enum LatencyMetrics {
    Table,
    TurnId,
    TotalUs,
    TotalMeasured,
    EndpointingUs,
    RealtimeUs,
    ProviderUs,
    OverheadUs,
    NetworkPlayoutUs,
    UnexplainedUs,
    InterruptUs,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            users(),
            interaction_sessions(),
            conversation_turns(),
            latency_metrics(),
        ] {
            manager.create_table(table).await?;
        }
        for index in [newest_sessions(), sessions_by_status(), turns_of_session()] {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            LatencyMetrics::Table.into_iden(),
            ConversationTurns::Table.into_iden(),
            InteractionSessions::Table.into_iden(),
            Users::Table.into_iden(),
        ] {
            manager.drop_table(Table::drop().table(table).take()).await?;
        }
        Ok(())
    }
}

fn users() -> TableCreateStatement {
    Table::create()
        .table(Users::Table)
        .col(pk_uuid(Users::Id))
        .col(timestamp_with_time_zone(Users::CreatedAt))
        .take()
}

fn interaction_sessions() -> TableCreateStatement {
    Table::create()
        .table(InteractionSessions::Table)
        .col(pk_uuid(InteractionSessions::Id))
        .col(uuid(InteractionSessions::UserId))
        .col(string(InteractionSessions::Mode))
        .col(json(InteractionSessions::Interaction))
        .col(text_null(InteractionSessions::SystemPrompt))
        .col(text_null(InteractionSessions::UserRole))
        .col(text_null(InteractionSessions::AiRole))
        .col(text_null(InteractionSessions::Scenario))
        .col(boolean(InteractionSessions::BargeInEnabled))
        .col(string(InteractionSessions::Fallback))
        .col(timestamp_with_time_zone(InteractionSessions::StartedAt))
        .col(string(InteractionSessions::Status))
        .col(timestamp_with_time_zone_null(InteractionSessions::EndedAt))
        .foreign_key(
            ForeignKey::create()
                .name("fk_interaction_sessions_user")
                .from(InteractionSessions::Table, InteractionSessions::UserId)
                .to(Users::Table, Users::Id)
                .on_delete(ForeignKeyAction::Cascade),
        )
        .take()
}

fn conversation_turns() -> TableCreateStatement {
    Table::create()
        .table(ConversationTurns::Table)
        .col(pk_uuid(ConversationTurns::Id))
        .col(uuid(ConversationTurns::SessionId))
        .col(integer(ConversationTurns::Number))
        .col(timestamp_with_time_zone(ConversationTurns::StartedAt))
        .col(timestamp_with_time_zone(ConversationTurns::EndedAt))
        .col(text_null(ConversationTurns::UserTranscript))
        .col(text(ConversationTurns::AnswerHeard))
        .col(text(ConversationTurns::AnswerUnheard))
        .col(text_null(ConversationTurns::UserAudioKey))
        .col(big_integer_null(ConversationTurns::UserAudioSamples))
        .col(big_integer_null(ConversationTurns::UserAudioRate))
        .col(text_null(ConversationTurns::AiAudioKey))
        .col(big_integer_null(ConversationTurns::AiAudioSamples))
        .col(big_integer_null(ConversationTurns::AiAudioRate))
        .col(big_integer_null(ConversationTurns::PlayedUs))
        .col(string_null(ConversationTurns::Interruption))
        .col(text_null(ConversationTurns::Failure))
        .col(big_integer_null(ConversationTurns::InputTokens))
        .col(big_integer_null(ConversationTurns::OutputTokens))
        .col(json(ConversationTurns::Marks))
        .foreign_key(
            ForeignKey::create()
                .name("fk_conversation_turns_session")
                .from(ConversationTurns::Table, ConversationTurns::SessionId)
                .to(InteractionSessions::Table, InteractionSessions::Id)
                .on_delete(ForeignKeyAction::Cascade),
        )
        .take()
}

fn latency_metrics() -> TableCreateStatement {
    Table::create()
        .table(LatencyMetrics::Table)
        .col(pk_uuid(LatencyMetrics::TurnId))
        .col(big_integer_null(LatencyMetrics::TotalUs))
        .col(string_null(LatencyMetrics::TotalMeasured))
        .col(big_integer_null(LatencyMetrics::EndpointingUs))
        .col(big_integer_null(LatencyMetrics::RealtimeUs))
        .col(big_integer_null(LatencyMetrics::ProviderUs))
        .col(big_integer_null(LatencyMetrics::OverheadUs))
        .col(big_integer_null(LatencyMetrics::NetworkPlayoutUs))
        .col(big_integer_null(LatencyMetrics::UnexplainedUs))
        .col(big_integer_null(LatencyMetrics::InterruptUs))
        .foreign_key(
            ForeignKey::create()
                .name("fk_latency_metrics_turn")
                .from(LatencyMetrics::Table, LatencyMetrics::TurnId)
                .to(ConversationTurns::Table, ConversationTurns::Id)
                .on_delete(ForeignKeyAction::Cascade),
        )
        .take()
}

/// A user's list, newest first; read backwards. The id decides between sessions of the same microsecond.
fn newest_sessions() -> IndexCreateStatement {
    Index::create()
        .name("idx_interaction_sessions_newest")
        .table(InteractionSessions::Table)
        .col(InteractionSessions::UserId)
        .col(InteractionSessions::StartedAt)
        .col(InteractionSessions::Id)
        .take()
}

/// Finds what is still active at start-up.
fn sessions_by_status() -> IndexCreateStatement {
    Index::create()
        .name("idx_interaction_sessions_status")
        .table(InteractionSessions::Table)
        .col(InteractionSessions::Status)
        .take()
}

/// A session's turns by number, no number twice.
fn turns_of_session() -> IndexCreateStatement {
    Index::create()
        .name("uq_conversation_turns_session_number")
        .table(ConversationTurns::Table)
        .col(ConversationTurns::SessionId)
        .col(ConversationTurns::Number)
        .unique()
        .take()
}
