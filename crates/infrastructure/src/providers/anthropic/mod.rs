//! Anthropic: language models.

mod key_call;
mod messages;

pub(super) use key_call::key_call;
pub use messages::AnthropicLanguageModel;
#[cfg(feature = "fuzzing")]
pub(super) use messages::fuzzed;
