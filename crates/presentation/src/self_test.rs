use async_trait::async_trait;
use thiserror::Error;
use viva_protocol::rest;

/// Tests whether what this program reports is true, by calls to a server of its own.
#[async_trait]
pub trait SelfTests: Send + Sync {
    /// Whether one runs, and the newest certificate.
    ///
    /// # Errors
    /// When the newest certificate cannot be read.
    async fn state(&self) -> Result<rest::SelfTest, CertificateUnreadable>;

    /// Begins one; [`Self::state`] tells how far it has come.
    ///
    /// # Errors
    /// When one runs already.
    fn start(&self) -> Result<rest::SelfTestProgress, SelfTestRuns>;
}

/// One at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a self-test runs already; wait until it is over")]
pub struct SelfTestRuns;

/// The newest certificate is there and cannot be read.
#[derive(Debug, Error)]
#[error("the newest certificate cannot be read; run the self-test again")]
pub struct CertificateUnreadable(#[source] pub Box<dyn std::error::Error + Send + Sync>);
