//! The language models of Anthropic, and of servers that speak its messages. `options.rs` lists what a session can
//! configure.

mod decode;
mod options;
mod wire;

use async_trait::async_trait;
use reqwest::header::{HeaderName, HeaderValue};
use tracing::instrument;
use viva_domain::ports::{
    LanguageModel, LanguageModelRequest, LanguageModelStream, MessageRole, ProviderError,
};
use viva_domain::sessions::ProviderConfig;

use self::decode::MessagesDecoder;
use self::options::Options;
use self::wire::{MessageParam, MessagesRequest, OutputConfig, Thinking};
use crate::providers::Defaults;
use crate::providers::language_model::{Backend, KeyUse, Line, alternating};
use crate::providers::transport::{Account, HttpClient};

pub(super) const KEY: HeaderName = HeaderName::from_static("x-api-key");
pub(super) const VERSION: HeaderName = HeaderName::from_static("anthropic-version");
/// Later versions refuse `temperature`.
pub(super) const VERSION_WITH_TEMPERATURE: HeaderValue = HeaderValue::from_static("2023-06-01");

/// A language model behind Anthropic's messages.
#[derive(Debug, Clone)]
pub struct AnthropicLanguageModel(Backend);

impl AnthropicLanguageModel {
    /// The base of its account ends with `/v1`.
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
impl LanguageModel for AnthropicLanguageModel {
    fn resolve(&self, config: &ProviderConfig) -> Result<ProviderConfig, ProviderError> {
        let (resolved, _) = self.0.resolve(config, Options::parse)?;
        Ok(resolved)
    }

    #[instrument(name = "provider.anthropic.respond", skip_all)]
    async fn respond(&self, request: LanguageModelRequest) -> Result<LanguageModelStream, ProviderError> {
        let (config, options) = self.0.resolve(&request.config, Options::parse)?;
        let mut headers = self.0.key_header(KEY, "")?;
        headers.push((VERSION, VERSION_WITH_TEMPERATURE));
        let lines = alternating(&request.messages);
        let model = config.model.as_deref().unwrap_or_default();
        let body = messages_request(model, &request.instructions, &lines, &options);
        let url = self.0.account.url("messages");
        let decoder = MessagesDecoder::new(&self.0.account);
        self.0.ask(url, &headers, &body, decoder).await
    }
}

fn messages_request<'a>(
    model: &'a str,
    instructions: &'a str,
    lines: &'a [Line],
    options: &Options,
) -> MessagesRequest<'a> {
    let message = |line: &'a Line| MessageParam {
        role: match line.role {
            MessageRole::User => "user",
            MessageRole::Assistant => "assistant",
        },
        content: &line.text,
    };
    MessagesRequest {
        model,
        max_tokens: options.max_tokens,
        system: (!instructions.trim().is_empty()).then_some(instructions),
        messages: lines.iter().map(message).collect(),
        stream: true,
        temperature: options.temperature,
        thinking: options.thinking.map(|kind| Thinking { kind }),
        output_config: options.effort.map(|effort| OutputConfig { effort }),
    }
}

/// What reads an answer, for the fuzz targets.
#[cfg(feature = "fuzzing")]
pub(in crate::providers) fn fuzzed(
    account: &Account,
) -> impl crate::providers::language_model::Decode + use<> {
    MessagesDecoder::new(account)
}
