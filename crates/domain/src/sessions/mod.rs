//! A session: one conversation from *Start* to *End*, and what it was configured with.

mod config;
mod prompt;
mod session;
mod time_line;

pub use config::{
    CascadeConfig, FallbackPolicy, Interaction, InteractionMode, ProviderConfig, ProviderOptions,
};
pub use prompt::{InvalidPrompt, Prompt, PromptTexts};
pub use session::{EndStatus, Session, SessionState, SessionStatus};
pub use time_line::{Stretch, TimeLine};
