use std::fmt;
use std::time::Duration;

use anyhow::{Context as _, Result};
use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, HeaderValue};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use prost::Message as _;
use secrecy::SecretString;
use thiserror::Error;
use tokio::time::timeout;
use viva_domain::ports::ProviderError;
use viva_infrastructure::providers::transport::{Account, HttpClient, HttpLimits, body};

use crate::config::TracesSettings;

/// Below the endpoint.
const PATH: &str = "v1/traces";
const PROTOBUF: &str = "application/x-protobuf";
/// For each try.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);
/// For all of them, and reading the answer.
const SEND_LIMIT: Duration = Duration::from_secs(20);

/// Who collects traces.
pub(super) struct Collector {
    account: Account,
    headers: Vec<(HeaderName, HeaderValue)>,
    http: HttpClient,
}

/// Why traces were not taken.
#[derive(Debug, Error)]
pub(super) enum NotTaken {
    #[error("{}", .0.kind)]
    Refused(#[from] ProviderError),
    #[error("it did not answer in time")]
    TooSlow,
    #[error("it refused {0} spans")]
    InPart(i64),
}

impl Collector {
    /// `None` where there is none.
    pub(super) fn of(settings: &TracesSettings) -> Result<Option<Self>> {
        let Some(endpoint) = settings.endpoint()? else {
            return Ok(None);
        };
        let http = HttpClient::new().context("traces.endpoint is set, and nothing can be sent")?;
        let limits = HttpLimits {
            answer: ANSWER_LIMIT,
            ..HttpLimits::default()
        };
        let headers = settings.headers()?;
        // A refusal may repeat what was sent along: the longest word of it is the key, which no message shows then.
        let words = headers.iter().filter_map(|(_, value)| value.to_str().ok());
        let longest = words
            .flat_map(|value| value.split(' '))
            .max_by_key(|word| word.len());
        Ok(Some(Self {
            account: endpoint.account("traces", longest.map(SecretString::from)),
            headers,
            http: http.with_limits(limits),
        }))
    }

    /// Sends spans; tries again for as long as that may help.
    pub(super) async fn send(&self, request: ExportTraceServiceRequest) -> Result<(), NotTaken> {
        let bytes = Bytes::from(request.encode_to_vec());
        let sent = timeout(SEND_LIMIT, self.post(&bytes)).await;
        sent.unwrap_or(Err(NotTaken::TooSlow))
    }

    async fn post(&self, bytes: &Bytes) -> Result<(), NotTaken> {
        let url = self.account.url(PATH);
        let response = self.http.send(&self.account, |client| {
            let request = client.post(url.clone()).header(CONTENT_TYPE, PROTOBUF);
            let headers = self.headers.iter();
            let request = headers.fold(request, |request, (name, value)| request.header(name, value));
            request.body(bytes.clone())
        });
        let answer = body(self.account.provider.clone(), response.await?).await?;
        // What is no answer says nothing about what was taken.
        let answer = ExportTraceServiceResponse::decode(&*answer).unwrap_or_default();
        match answer.partial_success {
            Some(partial) if partial.rejected_spans > 0 => Err(NotTaken::InPart(partial.rejected_spans)),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Collector {
    /// Without what may be secret in its address.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.account.base_url.origin().ascii_serialization())
    }
}
