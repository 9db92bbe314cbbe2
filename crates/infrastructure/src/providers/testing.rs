//! What the tests of adapters begin with: an account at a scripted server, and what a session chooses.

use viva_domain::sessions::{ProviderConfig, ProviderOptions};

use super::transport::Account;

/// What an operator may call a provider: no adapter's own name.
pub(in crate::providers) const PROVIDER: &str = "my-own";

pub(in crate::providers) fn account(base_url: &str, key: Option<&str>) -> Account {
    Account {
        provider: PROVIDER.to_owned(),
        base_url: base_url.parse().unwrap(),
        api_key: key.map(Into::into),
        organization: None,
    }
}

/// Options by name, as JSON.
pub(in crate::providers) fn options(options: &[(&str, &str)]) -> ProviderOptions {
    let owned = |(name, json): &(&str, &str)| ((*name).to_owned(), (*json).to_owned());
    options.iter().map(owned).collect()
}

/// A session that leaves everything open but these options.
pub(in crate::providers) fn config(options: &[(&str, &str)]) -> ProviderConfig {
    ProviderConfig {
        options: self::options(options),
        ..ProviderConfig::of(PROVIDER)
    }
}
