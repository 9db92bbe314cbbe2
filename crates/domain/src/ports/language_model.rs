use std::fmt;

use async_trait::async_trait;
use futures_core::stream::BoxStream;

use super::ProviderError;
use crate::sessions::ProviderConfig;
use crate::turns::Usage;

/// A language model that answers in text. Every adapter passes `contract::language_model`.
#[async_trait]
pub trait LanguageModel: Send + Sync {
    /// The configuration with defaults filled in.
    ///
    /// # Errors
    /// [`super::ProviderErrorKind::InvalidConfig`] names the field that is wrong.
    fn resolve(&self, config: &ProviderConfig) -> Result<ProviderConfig, ProviderError>;

    /// Asks for the next words of a conversation; ready when the provider has accepted the request.
    ///
    /// Dropping the future or the stream closes the connection and leaves nothing running. What failed before the first
    /// word may have been tried again; afterwards nothing is.
    ///
    /// # Errors
    /// [`ProviderError`] when the provider refuses or cannot be reached.
    async fn respond(&self, request: LanguageModelRequest) -> Result<LanguageModelStream, ProviderError>;
}

/// An answer as it is written: any number of [`LanguageModelEvent::Delta`], then one [`LanguageModelEvent::Done`], or an
/// error; then it ends. One that ends without either was cut off.
pub type LanguageModelStream = BoxStream<'static, Result<LanguageModelEvent, ProviderError>>;

/// What a language model is asked.
#[derive(Debug, Clone)]
pub struct LanguageModelRequest {
    /// Provider, model, options, as [`LanguageModel::resolve`] returned it.
    pub config: ProviderConfig,
    /// Instructions for the AI; empty when there are none.
    pub instructions: String,
    /// What was said, oldest first. The last one is the user's, unless the AI shall begin or go on by itself.
    pub messages: Vec<Message>,
}

/// What one side said.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// Whose words.
    pub role: MessageRole,
    /// The words; of the AI's only those that were heard.
    pub text: String,
}

/// Whose words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MessageRole {
    /// The person.
    User,
    /// The AI.
    Assistant,
}

/// A piece of an answer.
#[derive(Clone, PartialEq, Eq)]
pub enum LanguageModelEvent {
    /// More text; never empty.
    Delta(String),
    /// The answer is complete, or as long as it may be.
    Done {
        /// What the provider counted.
        usage: Option<Usage>,
    },
}

impl fmt::Debug for Message {
    /// Without what was said: requests may be logged.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}({} bytes)", self.role, self.text.len())
    }
}

impl fmt::Debug for LanguageModelEvent {
    /// Without what was said: events may be logged.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Delta(text) => write!(f, "Delta({} bytes)", text.len()),
            Self::Done { usage } => f.debug_struct("Done").field("usage", usage).finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_not_logged() {
        let message = Message {
            role: MessageRole::User,
            text: "secret".to_owned(),
        };
        assert_eq!(format!("{message:?}"), "User(6 bytes)");
        let delta = LanguageModelEvent::Delta("secret".to_owned());
        assert_eq!(format!("{delta:?}"), "Delta(6 bytes)");
    }
}
