use std::time::Duration;

use futures_util::StreamExt;
use viva_domain::ports::{
    LanguageModel, LanguageModelEvent, LanguageModelRequest, LanguageModelStream, Message, MessageRole,
    ProviderError,
};
use viva_domain::sessions::ProviderConfig;
use viva_domain::turns::Usage;
use viva_fakes::vendors::language_models::{ChatServer, ChatServerSettings, ChatVendor};

use crate::providers::Defaults;
use crate::providers::anthropic::AnthropicLanguageModel;
use crate::providers::gemini::GeminiLanguageModel;
use crate::providers::openai::OpenAiLanguageModel;
use crate::providers::transport::{Account, HttpClient, HttpLimits};

/// Longer than anything takes. Only a test that fails waits for it.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server and an adapter that is configured for it.
pub(super) struct Bench {
    pub(super) server: ChatServer,
    pub(super) model: Box<dyn LanguageModel>,
}

impl Bench {
    pub(super) async fn start(vendor: ChatVendor) -> Self {
        let settings = ChatServerSettings::of(vendor);
        let key = settings.key.clone();
        Self::with(settings, key.as_deref(), quick_limits()).await
    }

    pub(super) async fn with(settings: ChatServerSettings, key: Option<&str>, limits: HttpLimits) -> Self {
        let server = ChatServer::start(settings).await.unwrap();
        let settings = server.settings();
        let account = Account {
            provider: "acme".to_owned(),
            base_url: server.base_url().parse().unwrap(),
            api_key: key.map(Into::into),
            organization: None,
        };
        let http = HttpClient::new().unwrap().with_limits(limits);
        let defaults = Defaults {
            model: Some(settings.model.clone()),
            voice: None,
        };
        let needs_key = settings.key.is_some();
        let model: Box<dyn LanguageModel> = match settings.vendor {
            ChatVendor::OpenAi => {
                let model = OpenAiLanguageModel::new(account, http, defaults);
                Box::new(if needs_key {
                    model
                } else {
                    model.with_optional_key()
                })
            }
            ChatVendor::Anthropic => {
                let model = AnthropicLanguageModel::new(account, http, defaults);
                Box::new(if needs_key {
                    model
                } else {
                    model.with_optional_key()
                })
            }
            ChatVendor::Gemini => {
                let model = GeminiLanguageModel::new(account, http, defaults);
                Box::new(if needs_key {
                    model
                } else {
                    model.with_optional_key()
                })
            }
        };
        Self { server, model }
    }

    pub(super) async fn ask(&self, config: ProviderConfig) -> Result<LanguageModelStream, ProviderError> {
        let request = LanguageModelRequest {
            config,
            instructions: "Be brief.".to_owned(),
            messages: vec![Message {
                role: MessageRole::User,
                text: "How are you?".to_owned(),
            }],
        };
        patiently(self.model.respond(request)).await
    }

    /// The error of a request that is not accepted.
    pub(super) async fn refused(&self) -> ProviderError {
        match self.ask(config()).await {
            Err(err) => err,
            Ok(_) => panic!("it was accepted"),
        }
    }

    /// One answer up to its end.
    pub(super) async fn answer(&self) -> Heard {
        Heard::all(self.ask(config()).await.unwrap()).await
    }
}

/// What came of an answer.
#[derive(Debug, Default)]
pub(super) struct Heard {
    pub(super) text: String,
    pub(super) deltas: usize,
    /// Whether it was complete.
    pub(super) is_done: bool,
    pub(super) usage: Option<Usage>,
    pub(super) failure: Option<ProviderError>,
}

impl Heard {
    pub(super) async fn all(mut stream: LanguageModelStream) -> Self {
        let mut heard = Self::default();
        while let Some(event) = patiently(stream.next()).await {
            assert!(
                !heard.is_done && heard.failure.is_none(),
                "{event:?} after the end"
            );
            match event {
                Ok(LanguageModelEvent::Delta(delta)) => {
                    heard.deltas += 1;
                    heard.text.push_str(&delta);
                }
                Ok(LanguageModelEvent::Done { usage }) => {
                    heard.is_done = true;
                    heard.usage = usage;
                }
                Err(err) => {
                    assert_eq!(err.provider, "acme");
                    heard.failure = Some(err);
                }
            }
        }
        heard
    }
}

pub(super) fn config() -> ProviderConfig {
    ProviderConfig::of("acme")
}

/// No test waits for a second try.
pub(super) fn quick_limits() -> HttpLimits {
    HttpLimits {
        first_wait: Duration::from_millis(1),
        longest_wait: Duration::from_secs(1),
        ..HttpLimits::default()
    }
}

pub(super) async fn patiently<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work)
        .await
        .expect("nothing happened")
}
