//! The database schema as a list of steps, the same for SQLite and PostgreSQL.
//!
//! Must not enter: entities, rules, data that belongs to a user. A step that was released is never edited.
//!
//! To add to the schema: a file `m<date>_<what>.rs` that only adds, a line in [`Migrator`], the entity and the contract
//! case that fails without it. What is no longer used is removed one release later.

pub use sea_orm_migration::MigratorTrait;
use sea_orm_migration::prelude::*;

mod built_in;
mod m20261122_sessions;
mod m20261123_stages;
mod m20261129_false_interruptions;
mod m20261129_leading_silence;
mod m20261129_templates;
mod m20261130_access;
mod m20261130_credentials;
mod m20261130_recordings;
mod m20261130_retention;
mod m20261130_session_instructions;
mod m20261130_session_lists;
mod m20261130_storages;

/// Brings a database to the newest schema; running it again changes nothing.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261122_sessions::Migration),
            Box::new(m20261123_stages::Migration),
            Box::new(m20261129_leading_silence::Migration),
            Box::new(m20261129_false_interruptions::Migration),
            Box::new(m20261129_templates::Migration),
            Box::new(m20261130_credentials::Migration),
            Box::new(m20261130_access::Migration),
            Box::new(m20261130_recordings::Migration),
            Box::new(m20261130_session_lists::Migration),
            Box::new(m20261130_retention::Migration),
            Box::new(m20261130_session_instructions::Migration),
            Box::new(m20261130_storages::Migration),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Released before anybody thought of a start that is cut short.
    const WITHOUT: [&str; 4] = [
        "m20261122_sessions",
        "m20261123_stages",
        "m20261129_leading_silence",
        "m20261129_false_interruptions",
    ];

    #[test]
    fn a_step_that_is_cut_short_leaves_nothing_behind() {
        for step in Migrator::migrations() {
            let is_whole = step.use_transaction() == Some(true);
            assert_eq!(is_whole, !WITHOUT.contains(&step.name()), "{}", step.name());
        }
    }
}
