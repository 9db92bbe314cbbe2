//! Anthropic: language models.

mod messages;

pub use messages::AnthropicLanguageModel;
