//! A language model that writes what a test wrote down.

mod model;
mod reply;

pub use model::{AnswerEnd, AskedModel, ScriptedLanguageModel};
pub use reply::Reply;

/// The provider's id in errors and configurations.
const PROVIDER: &str = "scripted";
