//! What lists of sessions show, filter and search by, kept beside the sessions.
//!
//! What was there before gets its number, its summary and its search words when the database is opened to be used. So does
//! what a server of before stores afterwards, which knows none of them: a session may be without a number.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, boolean, text};
use sea_orm_migration::sea_orm::DbBackend;

const NEWEST: &str = "idx_interaction_sessions_newest";
const LIST: &str = "idx_interaction_sessions_list";
const NUMBER: &str = "uq_interaction_sessions_number";
const STATUS: &str = "idx_interaction_sessions_status";

/// The counter.
const NUMBERS: [&str; 2] = [
    "CREATE TABLE session_numbers (id INTEGER PRIMARY KEY, newest BIGINT NOT NULL)",
    "INSERT INTO session_numbers (id, newest) VALUES (1, 0)",
];

/// Few sessions run and few wait for their summaries: indexes that hold no others. A list by status shall not use one.
const PARTIAL_INDEXES: [&str; 2] = [
    "CREATE INDEX idx_interaction_sessions_active ON interaction_sessions (id) WHERE status = 'active'",
    "CREATE INDEX idx_interaction_sessions_unsummarised ON interaction_sessions (id) WHERE is_summarised = FALSE",
];

/// The words of each session, with a full-text index that triggers keep in step. It takes words as they are, one after a
/// space, and needs to know no more than which session has which. What was said in scripts without spaces is kept before
/// them, so that it is read without them.
const SQLITE: [&str; 5] = [
    "CREATE TABLE session_words (\
       number INTEGER PRIMARY KEY REFERENCES interaction_sessions (number) ON DELETE CASCADE, \
       runs TEXT NOT NULL, words TEXT NOT NULL)",
    "CREATE VIRTUAL TABLE session_words_index USING fts5(\
       words, content='session_words', content_rowid='number', tokenize='ascii', detail='none', columnsize=0)",
    "CREATE TRIGGER session_words_insert AFTER INSERT ON session_words BEGIN \
       INSERT INTO session_words_index (rowid, words) VALUES (new.number, new.words); \
     END",
    "CREATE TRIGGER session_words_update AFTER UPDATE OF words ON session_words BEGIN \
       INSERT INTO session_words_index (session_words_index, rowid, words) VALUES ('delete', old.number, old.words); \
       INSERT INTO session_words_index (rowid, words) VALUES (new.number, new.words); \
     END",
    "CREATE TRIGGER session_words_delete AFTER DELETE ON session_words BEGIN \
       INSERT INTO session_words_index (session_words_index, rowid, words) VALUES ('delete', old.number, old.words); \
     END",
];

/// The same; the text search vector is made of the words as they are, without a parser that would cut them again.
const POSTGRES: [&str; 2] = [
    "CREATE TABLE session_words (\
       number BIGINT PRIMARY KEY REFERENCES interaction_sessions (number) ON DELETE CASCADE, \
       runs TEXT NOT NULL, words TEXT NOT NULL)",
    "CREATE INDEX idx_session_words_words ON session_words \
     USING GIN (array_to_tsvector(string_to_array(words, ' ')))",
];

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum InteractionSessions {
    Table,
    Id,
    UserId,
    StartedAt,
    Mode,
    Status,
    Number,
    Providers,
    TurnCount,
    InterruptedCount,
    AvgLatencyUs,
    P95LatencyUs,
    IsSummarised,
}

#[derive(DeriveIden)]
enum SessionWords {
    Table,
}

#[derive(DeriveIden)]
enum SessionWordsIndex {
    Table,
}

#[derive(DeriveIden)]
enum SessionNumbers {
    Table,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    // A start that is cut short in here leaves nothing behind; on SQLite that is not so by itself.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite changes one column at a time.
        for column in columns() {
            let add = Table::alter()
                .table(InteractionSessions::Table)
                .add_column(column)
                .take();
            manager.alter_table(add).await?;
        }
        run(manager, &NUMBERS).await?;
        manager.create_index(numbers()).await?;
        for name in [NEWEST, STATUS] {
            manager.drop_index(index(name)).await?;
        }
        manager.create_index(list()).await?;
        run(manager, &PARTIAL_INDEXES).await?;
        match manager.get_database_backend() {
            DbBackend::Sqlite => run(manager, &SQLITE).await,
            _ => run(manager, &POSTGRES).await,
        }
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() == DbBackend::Sqlite {
            let index = Table::drop().table(SessionWordsIndex::Table).take();
            manager.drop_table(index).await?;
        }
        for table in [SessionWords::Table.into_iden(), SessionNumbers::Table.into_iden()] {
            manager.drop_table(Table::drop().table(table).take()).await?;
        }
        for name in [
            LIST,
            NUMBER,
            "idx_interaction_sessions_active",
            "idx_interaction_sessions_unsummarised",
        ] {
            manager.drop_index(index(name)).await?;
        }
        for column in [
            InteractionSessions::Number,
            InteractionSessions::Providers,
            InteractionSessions::TurnCount,
            InteractionSessions::InterruptedCount,
            InteractionSessions::AvgLatencyUs,
            InteractionSessions::P95LatencyUs,
            InteractionSessions::IsSummarised,
        ] {
            let drop = Table::alter()
                .table(InteractionSessions::Table)
                .drop_column(column)
                .take();
            manager.alter_table(drop).await?;
        }
        for index in [newest(), status()] {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

async fn run(manager: &SchemaManager<'_>, statements: &[&str]) -> Result<(), DbErr> {
    for statement in statements {
        manager.get_connection().execute_unprepared(statement).await?;
    }
    Ok(())
}

/// A number is one more than that of any session that was stored before. It is unique, and those without one are not the same.
fn columns() -> [ColumnDef; 7] {
    [
        big_integer_null(InteractionSessions::Number).take(),
        text(InteractionSessions::Providers).default("").take(),
        big_integer(InteractionSessions::TurnCount).default(0).take(),
        big_integer(InteractionSessions::InterruptedCount)
            .default(0)
            .take(),
        big_integer_null(InteractionSessions::AvgLatencyUs).take(),
        big_integer_null(InteractionSessions::P95LatencyUs).take(),
        boolean(InteractionSessions::IsSummarised).default(false).take(),
    ]
}

fn numbers() -> IndexCreateStatement {
    Index::create()
        .name(NUMBER)
        .table(InteractionSessions::Table)
        .col(InteractionSessions::Number)
        .unique()
        .take()
}

/// A user's list, newest first; read backwards. What lists are filtered by is in it too, so that what is left out is not
/// looked up.
fn list() -> IndexCreateStatement {
    let mut list = newest();
    list.name(LIST)
        .col(InteractionSessions::Number)
        .col(InteractionSessions::Mode)
        .col(InteractionSessions::Status)
        .col(InteractionSessions::Providers)
        .take()
}

fn newest() -> IndexCreateStatement {
    Index::create()
        .name(NEWEST)
        .table(InteractionSessions::Table)
        .col(InteractionSessions::UserId)
        .col(InteractionSessions::StartedAt)
        .col(InteractionSessions::Id)
        .take()
}

fn status() -> IndexCreateStatement {
    Index::create()
        .name(STATUS)
        .table(InteractionSessions::Table)
        .col(InteractionSessions::Status)
        .take()
}

fn index(name: &str) -> IndexDropStatement {
    Index::drop()
        .name(name)
        .table(InteractionSessions::Table)
        .to_owned()
}
