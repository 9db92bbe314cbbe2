//! A bucket of S3, or of a store that speaks as it does.

use std::time::Duration;

use object_store::aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey};
use object_store::path::Path as ObjectPath;
use object_store::prefix::PrefixStore;
use object_store::{ClientOptions, Error as ObjectError, ObjectStore, ObjectStoreExt, RetryConfig};
use secrecy::{ExposeSecret, SecretString};

/// How long the store may take to accept a connection.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
const MOST_RETRIES: usize = 3;
/// Written and removed when a bucket is opened.
const PROBE: &str = "writable";

/// Which bucket to use.
#[derive(Debug, Clone)]
pub struct S3Config {
    /// Its name.
    pub bucket: String,
    /// The folder in it, such as `viva/recordings`; empty for all of it.
    pub prefix: String,
    /// Where and as whom: names and values of the usual variables, such as `AWS_REGION`, `AWS_ENDPOINT_URL`,
    /// `AWS_ACCESS_KEY_ID`. Those that mean nothing to S3 are left alone.
    pub variables: Vec<(String, SecretString)>,
}

/// How long something may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// One request.
    request: Duration,
    /// So long after the first attempt another one may begin.
    retry: Duration,
}

impl Limits {
    /// Somebody waits for the answer, which is small. A request that takes too long is tried once more.
    pub(super) const WAITED_FOR: Self = Self {
        request: Duration::from_secs(8),
        retry: Duration::from_secs(10),
    };
    /// Up to 5 MiB at once, over a line that takes half a megabit per second.
    pub(super) const UPLOADS: Self = Self {
        request: Duration::from_mins(2),
        retry: Duration::from_mins(5),
    };
}

/// The bucket's store. Nothing is sent yet.
pub(super) fn store(config: &S3Config, limits: Limits) -> Result<PrefixStore<AmazonS3>, ObjectError> {
    let options = ClientOptions::new()
        .with_connect_timeout(CONNECT_LIMIT)
        .with_timeout(limits.request)
        .with_allow_http(is_unencrypted(config));
    let mut builder = AmazonS3Builder::new()
        .with_client_options(options)
        .with_retry(RetryConfig {
            max_retries: MOST_RETRIES,
            retry_timeout: limits.retry,
            ..RetryConfig::default()
        });
    for (name, value) in &config.variables {
        if let Ok(key) = name.to_ascii_lowercase().parse::<AmazonS3ConfigKey>() {
            builder = builder.with_config(key, value.expose_secret());
        }
    }
    let store = builder.with_bucket_name(&config.bucket).build()?;
    Ok(PrefixStore::new(store, ObjectPath::from(config.prefix.as_str())))
}

/// Whoever names an endpoint without TLS wants that.
fn is_unencrypted(config: &S3Config) -> bool {
    let is_endpoint = |name: &str| {
        ["aws_endpoint", "aws_endpoint_url", "aws_endpoint_url_s3"]
            .iter()
            .any(|endpoint| name.eq_ignore_ascii_case(endpoint))
    };
    config
        .variables
        .iter()
        .any(|(name, value)| is_endpoint(name) && value.expose_secret().starts_with("http://"))
}

/// Writes to it, so that a bucket that cannot be used is noticed at start-up.
pub(super) async fn probe(store: &dyn ObjectStore) -> Result<(), ObjectError> {
    let probe = ObjectPath::from(PROBE);
    store.put(&probe, "viva".into()).await?;
    store.delete(&probe).await
}

#[cfg(test)]
mod tests;
