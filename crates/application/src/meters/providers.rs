//! Providers whose calls are counted. What comes of a conversation that was opened goes past here untouched.

use std::sync::Arc;

use async_trait::async_trait;
use metrics::{Counter, Histogram};
use tokio::time::Instant;
use viva_domain::credentials::{AuditOutcome, Credential, CredentialRefusal};
use viva_domain::ports::{
    CredentialCheck, LanguageModel, LanguageModelRequest, LanguageModelStream, ProviderError,
    ProviderErrorKind, RealtimeCapabilities, RealtimeRequest, RealtimeSession, RealtimeVoice, SpeechStream,
    SpeechToText, SpeechToTextCapabilities, SpeechToTextSession, TextToSpeech, TextToSpeechCapabilities,
    TextToSpeechRequest,
};
use viva_domain::providers::ProviderVoice;
use viva_domain::sessions::ProviderConfig;

use super::Meters;
use super::catalogue::{KEY_CHECKS, PROVIDER_ACCEPT, PROVIDER_CALLS, PROVIDER_RECONNECTS, PROVIDER_RETRIES};

/// What a provider is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// To hear and speak by itself.
    Realtime,
    /// To write down what it hears.
    SpeechToText,
    /// To answer in text.
    LanguageModel,
    /// To speak a text.
    TextToSpeech,
}

impl Role {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Realtime => "realtime",
            Self::SpeechToText => "stt",
            Self::LanguageModel => "llm",
            Self::TextToSpeech => "tts",
        }
    }
}

/// The calls of one provider in one role.
#[derive(Clone)]
struct Calls {
    accepted: Counter,
    refused: Counter,
    given_up: Counter,
    accept: Histogram,
}

/// Counts a call as given up, unless it is disarmed.
struct Pending<'a>(Option<&'a Counter>);

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        if let Some(given_up) = self.0 {
            given_up.increment(1);
        }
    }
}

impl Calls {
    fn new(meters: &Meters, role: Role, provider: &str) -> Self {
        let registry = meters.registry();
        let (role, provider) = (role.as_str(), meters.provider(provider));
        let calls = |outcome| registry.counter(&PROVIDER_CALLS, &[role, provider, outcome]);
        Self {
            accepted: calls("accepted"),
            refused: calls("refused"),
            given_up: calls("given_up"),
            accept: registry.histogram(&PROVIDER_ACCEPT, &[role, provider]),
        }
    }

    async fn count<T>(
        &self,
        call: impl Future<Output = Result<T, ProviderError>>,
    ) -> Result<T, ProviderError> {
        let began = Instant::now();
        let mut pending = Pending(Some(&self.given_up));
        let res = call.await;
        pending.0 = None;
        if res.is_ok() {
            self.accepted.increment(1);
            self.accept.record(began.elapsed().as_secs_f64());
        } else {
            self.refused.increment(1);
        }
        res
    }
}

struct Counted<P: ?Sized> {
    inner: Arc<P>,
    calls: Calls,
}

impl Meters {
    /// Counts what a realtime provider is asked for.
    pub fn realtime(&self, provider: &str, inner: Arc<dyn RealtimeVoice>) -> Arc<dyn RealtimeVoice> {
        let calls = Calls::new(self, Role::Realtime, provider);
        Arc::new(Counted { inner, calls })
    }

    /// Counts what a speech-to-text provider is asked for.
    pub fn stt(&self, provider: &str, inner: Arc<dyn SpeechToText>) -> Arc<dyn SpeechToText> {
        let calls = Calls::new(self, Role::SpeechToText, provider);
        Arc::new(Counted { inner, calls })
    }

    /// Counts what a language model is asked for.
    pub fn llm(&self, provider: &str, inner: Arc<dyn LanguageModel>) -> Arc<dyn LanguageModel> {
        let calls = Calls::new(self, Role::LanguageModel, provider);
        Arc::new(Counted { inner, calls })
    }

    /// Counts what a text-to-speech provider is asked for.
    pub fn tts(&self, provider: &str, inner: Arc<dyn TextToSpeech>) -> Arc<dyn TextToSpeech> {
        let calls = Calls::new(self, Role::TextToSpeech, provider);
        Arc::new(Counted { inner, calls })
    }

    /// For the adapter, which counts connections that took the place of others.
    pub fn reconnects(&self, role: Role, provider: &str) -> Counter {
        let values = [role.as_str(), self.provider(provider)];
        self.registry().counter(&PROVIDER_RECONNECTS, &values)
    }

    /// For the adapter, which counts requests that it sent again.
    pub fn retries(&self, role: Role, provider: &str) -> Counter {
        let values = [role.as_str(), self.provider(provider)];
        self.registry().counter(&PROVIDER_RETRIES, &values)
    }

    /// Counts the keys that providers are asked about.
    pub fn key_checks(&self, inner: Arc<dyn CredentialCheck>) -> Arc<dyn CredentialCheck> {
        let meters = self.clone();
        Arc::new(CountedChecks { inner, meters })
    }
}

#[async_trait]
impl RealtimeVoice for Counted<dyn RealtimeVoice> {
    fn capabilities(&self, config: &ProviderConfig) -> RealtimeCapabilities {
        self.inner.capabilities(config)
    }

    fn resolve(&self, config: &ProviderConfig) -> Result<ProviderConfig, ProviderError> {
        self.inner.resolve(config)
    }

    async fn connect(&self, request: RealtimeRequest) -> Result<RealtimeSession, ProviderError> {
        self.calls.count(self.inner.connect(request)).await
    }
}

#[async_trait]
impl SpeechToText for Counted<dyn SpeechToText> {
    fn capabilities(&self, config: &ProviderConfig) -> SpeechToTextCapabilities {
        self.inner.capabilities(config)
    }

    fn resolve(&self, config: &ProviderConfig) -> Result<ProviderConfig, ProviderError> {
        self.inner.resolve(config)
    }

    async fn connect(&self, config: ProviderConfig) -> Result<SpeechToTextSession, ProviderError> {
        self.calls.count(self.inner.connect(config)).await
    }
}

#[async_trait]
impl LanguageModel for Counted<dyn LanguageModel> {
    fn resolve(&self, config: &ProviderConfig) -> Result<ProviderConfig, ProviderError> {
        self.inner.resolve(config)
    }

    async fn respond(&self, request: LanguageModelRequest) -> Result<LanguageModelStream, ProviderError> {
        self.calls.count(self.inner.respond(request)).await
    }
}

#[async_trait]
impl TextToSpeech for Counted<dyn TextToSpeech> {
    fn capabilities(&self, config: &ProviderConfig) -> TextToSpeechCapabilities {
        self.inner.capabilities(config)
    }

    fn resolve(&self, config: &ProviderConfig) -> Result<ProviderConfig, ProviderError> {
        self.inner.resolve(config)
    }

    async fn speak(&self, request: TextToSpeechRequest) -> Result<SpeechStream, ProviderError> {
        self.calls.count(self.inner.speak(request)).await
    }

    /// Nobody waits for speech meanwhile: it is not counted.
    async fn voices(&self) -> Result<Option<Vec<ProviderVoice>>, ProviderError> {
        self.inner.voices().await
    }
}

struct CountedChecks {
    inner: Arc<dyn CredentialCheck>,
    meters: Meters,
}

#[async_trait]
impl CredentialCheck for CountedChecks {
    async fn check(&self, provider: &str, credential: &Credential) -> Result<(), CredentialRefusal> {
        let checked = self.inner.check(provider, credential).await;
        let outcome = checked
            .as_ref()
            .err()
            .map_or(AuditOutcome::Done, AuditOutcome::from);
        let values = [self.meters.provider(provider), outcome_name(outcome)];
        self.meters.registry().counter(&KEY_CHECKS, &values).increment(1);
        checked
    }
}

const fn outcome_name(outcome: AuditOutcome) -> &'static str {
    match outcome {
        AuditOutcome::Done => "accepted",
        AuditOutcome::BadKey => "bad_key",
        AuditOutcome::Forbidden => "forbidden",
        AuditOutcome::QuotaExceeded => "quota_exceeded",
        AuditOutcome::NoNetwork => "no_network",
        AuditOutcome::RateLimited => "rate_limited",
        AuditOutcome::WrongAddress => "wrong_address",
        AuditOutcome::Failed => "failed",
    }
}

/// Names of all kinds of failures.
pub(super) const ERROR_KINDS: [&str; 11] = [
    "unknown",
    "credential_missing",
    "not_set_up",
    "credential_invalid",
    "own_credential_invalid",
    "credential_forbidden",
    "invalid_config",
    "unavailable",
    "rate_limited",
    "quota_exceeded",
    "failed",
];

pub(crate) const fn error_kind(kind: &ProviderErrorKind) -> &'static str {
    let [
        unknown,
        credential_missing,
        not_set_up,
        credential_invalid,
        own_credential_invalid,
        credential_forbidden,
        invalid_config,
        unavailable,
        rate_limited,
        quota_exceeded,
        failed,
    ] = ERROR_KINDS;
    match kind {
        ProviderErrorKind::Unknown => unknown,
        ProviderErrorKind::CredentialMissing => credential_missing,
        ProviderErrorKind::NotSetUp(_) => not_set_up,
        ProviderErrorKind::CredentialInvalid => credential_invalid,
        ProviderErrorKind::OwnCredentialInvalid => own_credential_invalid,
        ProviderErrorKind::CredentialForbidden => credential_forbidden,
        ProviderErrorKind::InvalidConfig(_) => invalid_config,
        ProviderErrorKind::Unavailable => unavailable,
        ProviderErrorKind::RateLimited => rate_limited,
        ProviderErrorKind::QuotaExceeded => quota_exceeded,
        ProviderErrorKind::Failed(_) => failed,
    }
}
