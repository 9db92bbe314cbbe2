//! A session: one conversation from *Start* to *End*, and what it was configured with.

mod config;
mod days;
mod filter;
mod overview;
mod prompt;
mod search;
mod session;
mod time_line;

pub use config::{
    CascadeConfig, FallbackPolicy, Interaction, InteractionMode, ProviderConfig, ProviderOptions,
};
pub use days::{UnknownTimeZone, UserTimeZone};
pub use filter::{InvalidFilter, RawSessionFilter, SessionFilter};
pub use overview::{SessionOverview, SessionSummary, TurnOutcome};
pub use prompt::{InvalidPrompt, Prompt, PromptLanguage, PromptTexts, WrittenPrompt};
pub use search::{InvalidSearch, TextPiece, TextSearch};
pub use session::{EndStatus, Session, SessionState, SessionStatus};
pub use time_line::{Stretch, TimeLine};
