use std::fmt;

use reqwest::header::{HeaderName, HeaderValue};
use reqwest::{RequestBuilder, Url};
use secrecy::{ExposeSecret, SecretString};
use viva_domain::ports::{ProviderError, ProviderErrorKind};

use super::errors;

/// Where a vendor is, and who we are to it.
#[derive(Clone)]
pub struct Account {
    /// The provider's id: what its errors and log lines bear. Several providers may share an adapter.
    pub provider: String,
    /// Ends before the path of an operation: `https://api.openai.com/v1`. Sockets use it too, as `https` or `http`.
    pub base_url: Url,
    /// `None` where none is needed, or none is known.
    pub api_key: Option<SecretString>,
    /// Who pays, where an account belongs to several; `None` leaves it to the account.
    pub organization: Option<Organization>,
}

/// Who pays, and how a vendor is told so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// The header that says it.
    pub header: HeaderName,
    /// What it says.
    pub id: HeaderValue,
}

impl Account {
    /// The address of an operation, such as `audio/speech`; a query of the base stays.
    pub fn url(&self, path: &str) -> Url {
        let mut url = self.base_url.clone();
        // Fails for addresses without a host only; a request to one is refused when it is sent.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path.split('/'));
        }
        url
    }

    /// The key as a header's value after a prefix such as `Bearer `, and marked as secret; `None` without a key.
    ///
    /// # Errors
    /// [`ProviderErrorKind::CredentialInvalid`] when the key holds what no header can carry.
    pub fn header(&self, prefix: &str) -> Result<Option<HeaderValue>, ProviderError> {
        let Some(key) = &self.api_key else {
            return Ok(None);
        };
        let mut value = HeaderValue::try_from(format!("{prefix}{}", key.expose_secret()))
            .map_err(|_| errors::error(&self.provider, ProviderErrorKind::CredentialInvalid))?;
        value.set_sensitive(true);
        Ok(Some(value))
    }

    /// As [`Self::header`], for vendors that need a key.
    ///
    /// # Errors
    /// [`ProviderErrorKind::CredentialMissing`] without one.
    pub fn required_header(&self, prefix: &str) -> Result<HeaderValue, ProviderError> {
        self.header(prefix)?
            .ok_or_else(|| errors::error(&self.provider, ProviderErrorKind::CredentialMissing))
    }

    /// As [`Self::required_header`] at a domain of the vendor and below it, and as [`Self::header`] at any other place: a
    /// server of one's own may need no key.
    ///
    /// # Errors
    /// As both.
    pub fn header_beyond(&self, domain: &str, prefix: &str) -> Result<Option<HeaderValue>, ProviderError> {
        if self.is_at(domain) {
            return self.required_header(prefix).map(Some);
        }
        self.header(prefix)
    }

    /// The request with what goes with every one of this account, but for the key.
    pub(super) fn sign(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.organization {
            Some(Organization { header, id }) => request.header(header, id),
            None => request,
        }
    }

    /// Whether its address is at a domain, or below it.
    pub fn is_at(&self, domain: &str) -> bool {
        let host = self.base_url.host_str().unwrap_or_default();
        let below = host.strip_suffix(domain);
        below.is_some_and(|below| below.is_empty() || below.ends_with('.'))
    }

    /// The text in one line without the key in it.
    pub fn redact(&self, text: &str) -> String {
        // Nobody sees control characters, so a key that has some in it can still be read.
        let seen: String = text
            .chars()
            .filter(|c| c.is_whitespace() || !c.is_control())
            .collect();
        let line = seen.split_whitespace().collect::<Vec<_>>().join(" ");
        match self.api_key.as_ref().map(ExposeSecret::expose_secret) {
            Some(key) if !key.is_empty() => line.replace(key, "[key]"),
            _ => line,
        }
    }
}

impl fmt::Debug for Account {
    /// Without the key, and without what else may be secret in an address.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("provider", &self.provider)
            .field("origin", &self.base_url.origin().ascii_serialization())
            .field("has_key", &self.api_key.is_some())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn account(base_url: &str, key: Option<&str>) -> Account {
        Account {
            provider: "acme".to_owned(),
            base_url: base_url.parse().unwrap(),
            api_key: key.map(SecretString::from),
            organization: None,
        }
    }

    #[rstest]
    #[case(
        "https://a.example/v1",
        "chat/completions",
        "https://a.example/v1/chat/completions"
    )]
    #[case(
        "https://a.example/v1/",
        "chat/completions",
        "https://a.example/v1/chat/completions"
    )]
    #[case("http://127.0.0.1:1", "models", "http://127.0.0.1:1/models")]
    #[case("https://a.example/v1?x=1", "models", "https://a.example/v1/models?x=1")]
    #[case("https://a.example", "models/a:run", "https://a.example/models/a:run")]
    #[case("https://a.example", "models/a?b c", "https://a.example/models/a%3Fb%20c")]
    fn a_path_follows_the_base(#[case] base: &str, #[case] path: &str, #[case] url: &str) {
        assert_eq!(account(base, None).url(path).as_str(), url);
    }

    #[test]
    fn the_key_is_in_its_header_only() {
        let account = account("https://me:hidden@a.example/?token=hidden", Some("hidden"));
        let header = account.required_header("Bearer ").unwrap();
        assert_eq!(header, "Bearer hidden");
        let logged = format!("{account:?} {header:?}");
        assert!(!logged.contains("hidden") && !logged.contains("me:"), "{logged}");
        assert_eq!(account.redact("bad key hidden!"), "bad key [key]!");
    }

    #[test]
    fn a_key_with_control_characters_in_it_is_no_less_one() {
        let account = account("https://a.example", Some("hidden"));
        let told = account.redact("no key like\r\n\thid\0\u{1b}d\u{7f}en here");
        assert_eq!(told, "no key like [key] here");
    }

    #[rstest]
    #[case("https://acme.example/v1", true)]
    #[case("https://eu.acme.example/v1", true)]
    #[case("https://notacme.example/v1", false)]
    #[case("http://127.0.0.1:1", false)]
    fn the_vendor_itself_wants_a_key(#[case] base: &str, #[case] is_vendor: bool) {
        let header = |key| account(base, key).header_beyond("acme.example", "Bearer ");
        let missing = header(None).map_err(|err| err.kind);
        assert_eq!(missing.is_err(), is_vendor);
        assert_eq!(missing.unwrap_or_default(), None);
        assert_eq!(header(Some("k")).unwrap().unwrap(), "Bearer k");
    }

    #[test]
    fn a_key_that_is_missing_or_unusable_is_said() {
        let kind = |key| {
            let result = account("https://a.example", key).required_header("");
            result.unwrap_err().kind
        };
        assert_eq!(kind(None), ProviderErrorKind::CredentialMissing);
        assert_eq!(kind(Some("two\nlines")), ProviderErrorKind::CredentialInvalid);
        assert_eq!(account("https://a.example", None).header("").unwrap(), None);
        assert_eq!(account("https://a.example", Some("")).redact("text"), "text");
    }
}
