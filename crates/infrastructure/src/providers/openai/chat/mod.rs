//! The language models of `OpenAI`, and of every server that speaks its chat completions: Ollama, vLLM, llama.cpp,
//! `LocalAI`, Groq, `OpenRouter`. `options.rs` lists what a session can configure.

mod decode;
mod options;
mod wire;

use async_trait::async_trait;
use reqwest::header::AUTHORIZATION;
use tracing::instrument;
use viva_domain::ports::{
    LanguageModel, LanguageModelRequest, LanguageModelStream, MessageRole, ProviderError,
};
use viva_domain::sessions::ProviderConfig;

use self::decode::ChatDecoder;
use self::options::Options;
use self::wire::{ChatMessage, ChatRequest, StreamOptions};
use crate::providers::Defaults;
use crate::providers::language_model::{Backend, KeyUse, Line, open_ended};
use crate::providers::transport::{Account, HttpClient};

/// A language model behind chat completions.
#[derive(Debug, Clone)]
pub struct OpenAiLanguageModel(Backend);

impl OpenAiLanguageModel {
    /// The base of its account ends with `/v1`, mostly.
    pub fn new(account: Account, http: HttpClient, defaults: Defaults) -> Self {
        Self(Backend::new(account, http, defaults))
    }

    /// The same for a server that may do without a key, as those on one's own machine do.
    #[must_use]
    pub fn with_optional_key(self) -> Self {
        Self(self.0.with_key(KeyUse::Optional))
    }
}

#[async_trait]
impl LanguageModel for OpenAiLanguageModel {
    fn resolve(&self, config: &ProviderConfig) -> Result<ProviderConfig, ProviderError> {
        let (resolved, _) = self.0.resolve(config, Options::parse)?;
        Ok(resolved)
    }

    #[instrument(name = "provider.openai.respond", skip_all)]
    async fn respond(&self, request: LanguageModelRequest) -> Result<LanguageModelStream, ProviderError> {
        let (config, options) = self.0.resolve(&request.config, Options::parse)?;
        let headers = self.0.key_header(AUTHORIZATION, "Bearer ")?;
        let lines = open_ended(&request.messages);
        let model = config.model.as_deref().unwrap_or_default();
        let body = chat_request(model, &request.instructions, &lines, &options);
        let url = self.0.account.url("chat/completions");
        let decoder = ChatDecoder::new(&self.0.account);
        self.0.ask(url, &headers, &body, decoder).await
    }
}

fn chat_request<'a>(
    model: &'a str,
    instructions: &'a str,
    lines: &'a [Line],
    options: &Options,
) -> ChatRequest<'a> {
    let instructions = (!instructions.trim().is_empty()).then_some(ChatMessage {
        // Newer models call it `developer`; all of them take this name too.
        role: "system",
        content: instructions,
    });
    let lines = lines.iter().map(|line| ChatMessage {
        role: match line.role {
            MessageRole::User => "user",
            MessageRole::Assistant => "assistant",
        },
        content: &line.text,
    });
    ChatRequest {
        model,
        messages: instructions.into_iter().chain(lines).collect(),
        stream: true,
        stream_options: StreamOptions { include_usage: true },
        max_completion_tokens: options.max_completion_tokens,
        max_tokens: options.max_tokens,
        temperature: options.temperature,
        reasoning_effort: options.reasoning_effort,
    }
}

/// What reads an answer, for the fuzz targets.
#[cfg(feature = "fuzzing")]
pub(in crate::providers) fn fuzzed(
    account: &Account,
) -> impl crate::providers::language_model::Decode + use<> {
    ChatDecoder::new(account)
}
