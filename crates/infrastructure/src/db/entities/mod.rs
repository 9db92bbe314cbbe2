//! One file per table: the row as the database has it, and what it means.
//!
//! Rows are serialisable because the journal keeps the same rows in files while the database is away.

pub(crate) mod api_token;
pub(crate) mod audit_entry;
pub(crate) mod conversation_turn;
pub(crate) mod interaction_session;
mod json;
pub(crate) mod latency_metric;
pub(crate) mod provider_credential;
pub(crate) mod session_number;
pub(crate) mod session_words;
pub(crate) mod storage;
pub(crate) mod system_prompt_template;
mod turn_rows;
pub(crate) mod user;
mod values;

pub(crate) use json::InteractionJson;
pub(crate) use turn_rows::TurnRows;
pub(crate) use values::{DamagedRow, count, micros, text, whole_micros};
