//! The language models of Gemini. `options.rs` lists what a session can configure.

mod decode;
mod options;
mod wire;

use async_trait::async_trait;
use reqwest::Url;
use tracing::instrument;
use viva_domain::ports::{
    LanguageModel, LanguageModelRequest, LanguageModelStream, MessageRole, ProviderError,
};
use viva_domain::sessions::ProviderConfig;

use self::decode::ChatDecoder;
use self::options::Options;
use self::wire::{Content, GenerateRequest, GenerationConfig, TextPart, ThinkingConfig};
use super::KEY;
use super::address::versioned;
use crate::providers::Defaults;
use crate::providers::language_model::{Backend, KeyUse, Line, alternating};
use crate::providers::transport::{Account, HttpClient};

/// A language model behind `streamGenerateContent`.
#[derive(Debug, Clone)]
pub struct GeminiLanguageModel(Backend);

impl GeminiLanguageModel {
    /// The base of its account may end with a version.
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
impl LanguageModel for GeminiLanguageModel {
    fn resolve(&self, config: &ProviderConfig) -> Result<ProviderConfig, ProviderError> {
        let (resolved, _) = self.0.resolve(config, Options::parse)?;
        Ok(resolved)
    }

    #[instrument(name = "provider.gemini.respond", skip_all)]
    async fn respond(&self, request: LanguageModelRequest) -> Result<LanguageModelStream, ProviderError> {
        let (config, options) = self.0.resolve(&request.config, Options::parse)?;
        let headers = self.0.key_header(KEY, "")?;
        let lines = alternating(&request.messages);
        let body = generate_request(&request.instructions, &lines, &options);
        let model = config.model.as_deref().unwrap_or_default();
        let url = address(&self.0.account, model);
        let decoder = ChatDecoder::new(&self.0.account);
        self.0.ask(url, &headers, &body, decoder).await
    }
}

fn address(account: &Account, model: &str) -> Url {
    // Google lists its models with this prefix.
    let model = model.strip_prefix("models/").unwrap_or(model);
    let (mut url, version) = versioned(&account.base_url);
    if let Ok(mut segments) = url.path_segments_mut() {
        let operation = format!("{model}:streamGenerateContent");
        segments.extend([version.as_str(), "models", &operation]);
    }
    url.query_pairs_mut().append_pair("alt", "sse");
    url
}

fn generate_request<'a>(instructions: &'a str, lines: &'a [Line], options: &Options) -> GenerateRequest<'a> {
    let content = |role, text| Content {
        role,
        parts: [TextPart { text }],
    };
    let role = |line: &Line| match line.role {
        MessageRole::User => "user",
        MessageRole::Assistant => "model",
    };
    GenerateRequest {
        contents: lines
            .iter()
            .map(|line| content(Some(role(line)), line.text.as_str()))
            .collect(),
        system_instruction: (!instructions.trim().is_empty()).then(|| content(None, instructions)),
        generation_config: GenerationConfig {
            temperature: options.temperature,
            max_output_tokens: options.max_tokens,
            thinking_config: options
                .thinking_level
                .map(|thinking_level| ThinkingConfig { thinking_level }),
        },
    }
}

/// What reads an answer, for the fuzz targets.
#[cfg(feature = "fuzzing")]
pub(in crate::providers) fn fuzzed(
    account: &Account,
) -> impl crate::providers::language_model::Decode + use<> {
    ChatDecoder::new(account)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(
        "https://g.example",
        "a",
        "https://g.example/v1beta/models/a:streamGenerateContent?alt=sse"
    )]
    #[case(
        "https://g.example/v1/",
        "models/a",
        "https://g.example/v1/models/a:streamGenerateContent?alt=sse"
    )]
    #[case(
        "https://g.example/google",
        "a",
        "https://g.example/google/v1beta/models/a:streamGenerateContent?alt=sse"
    )]
    fn the_base_may_name_the_version(#[case] base: &str, #[case] model: &str, #[case] url: &str) {
        let account = Account {
            provider: "acme".to_owned(),
            base_url: base.parse().unwrap(),
            api_key: None,
            organization: None,
        };
        assert_eq!(address(&account, model).as_str(), url);
    }
}
