use std::fmt;
use std::str::FromStr;

use reqwest::Url;
use secrecy::SecretString;
use thiserror::Error;
use viva_domain::credentials::{AddressFault, CredentialRefusal};

use crate::providers::transport::{Account, AddressPolicy, ForbiddenAddress};

/// Where a provider is: `http` or `https`, a host, maybe a path; never a password, nor a place that [`AddressPolicy`] lets
/// nobody connect to.
#[derive(Clone, PartialEq, Eq)]
pub struct BaseUrl(Url);

/// Why a text is no address of a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum InvalidBaseUrl {
    /// It cannot be read, or is of another kind.
    #[error("must be an address that begins with http:// or https://")]
    NotHttp,
    /// It holds a name or password.
    #[error("must not hold a name or password; the key is a setting of its own")]
    Credentials,
    /// It ends with `#…`.
    #[error("must not hold a #")]
    Fragment,
    /// Nobody may connect to it.
    #[error(transparent)]
    Forbidden(#[from] ForbiddenAddress),
}

impl BaseUrl {
    /// Whether both belong to the same site: another host of a vendor, such as one for a region, is still the vendor's.
    pub fn is_of_site(&self, other: &Self) -> bool {
        self.0.port_or_known_default() == other.0.port_or_known_default() && self.site() == other.site()
    }

    /// The last two labels of a domain; of any other host the whole.
    fn site(&self) -> &str {
        let host = self.0.host_str().unwrap_or_default();
        if self.0.domain().is_none() {
            return host;
        }
        let mut dots = host.rmatch_indices('.').map(|(at, _)| at + 1);
        dots.nth(1).map_or(host, |at| &host[at..])
    }

    /// Who we are to the provider of this id there.
    pub fn account(&self, provider: &str, api_key: Option<SecretString>) -> Account {
        Account {
            provider: provider.to_owned(),
            base_url: self.0.clone(),
            api_key,
            organization: None,
        }
    }
}

impl FromStr for BaseUrl {
    type Err = InvalidBaseUrl;

    fn from_str(text: &str) -> Result<Self, InvalidBaseUrl> {
        let url = Url::parse(text.trim()).map_err(|_| InvalidBaseUrl::NotHttp)?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(InvalidBaseUrl::NotHttp);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidBaseUrl::Credentials);
        }
        if url.fragment().is_some() {
            return Err(InvalidBaseUrl::Fragment);
        }
        AddressPolicy::Trusted.check_host(&url)?;
        Ok(Self(url))
    }
}

impl From<InvalidBaseUrl> for CredentialRefusal {
    fn from(why: InvalidBaseUrl) -> Self {
        Self::WrongAddress {
            fault: match why {
                InvalidBaseUrl::NotHttp => AddressFault::NotHttp,
                InvalidBaseUrl::Credentials => AddressFault::Password,
                InvalidBaseUrl::Fragment => AddressFault::Fragment,
                InvalidBaseUrl::Forbidden(ForbiddenAddress::LinkLocal) => AddressFault::LinkLocal,
                InvalidBaseUrl::Forbidden(ForbiddenAddress::Metadata) => AddressFault::Metadata,
                InvalidBaseUrl::Forbidden(ForbiddenAddress::Private) => AddressFault::Private,
                InvalidBaseUrl::Forbidden(ForbiddenAddress::Special) => AddressFault::NoHost,
            },
            said: format!("the base URL {why}"),
        }
    }
}

impl fmt::Debug for BaseUrl {
    /// Without the query: some servers take keys there.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.0.origin().ascii_serialization(), self.0.path())
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("https://api.example/v1")]
    #[case(" http://127.0.0.1:11434/v1/ ")]
    #[case("http://[::1]:8080")]
    #[case("http://0.0.0.0:11434/v1")]
    #[case("http://169.254.169.254.example")]
    fn addresses_of_servers_are_taken(#[case] text: &str) {
        text.parse::<BaseUrl>().unwrap();
    }

    #[rstest]
    #[case("", InvalidBaseUrl::NotHttp)]
    #[case("api.example/v1", InvalidBaseUrl::NotHttp)]
    #[case("localhost:8080", InvalidBaseUrl::NotHttp)]
    #[case("wss://api.example", InvalidBaseUrl::NotHttp)]
    #[case("https://", InvalidBaseUrl::NotHttp)]
    #[case("https://me:secret@api.example", InvalidBaseUrl::Credentials)]
    #[case("https://1.1.1.1@169.254.169.254", InvalidBaseUrl::Credentials)]
    #[case("https://api.example/#v1", InvalidBaseUrl::Fragment)]
    #[case("ftp://169.254.169.254", InvalidBaseUrl::NotHttp)]
    #[case("file:///etc/passwd", InvalidBaseUrl::NotHttp)]
    #[case("gopher://127.0.0.1:6379/_", InvalidBaseUrl::NotHttp)]
    #[case("unix:/run/docker.sock", InvalidBaseUrl::NotHttp)]
    #[case(
        "http://2852039166/latest",
        InvalidBaseUrl::Forbidden(ForbiddenAddress::Metadata)
    )]
    #[case(
        "http://[::ffff:169.254.169.254]",
        InvalidBaseUrl::Forbidden(ForbiddenAddress::Metadata)
    )]
    #[case(
        "http://169.254.10.10:8080/v1",
        InvalidBaseUrl::Forbidden(ForbiddenAddress::LinkLocal)
    )]
    fn anything_else_is_refused(#[case] text: &str, #[case] why: InvalidBaseUrl) {
        assert_eq!(text.parse::<BaseUrl>(), Err(why));
    }

    #[rstest]
    #[case("https://eu.api.acme.example/v2", true)]
    #[case("https://acme.example", true)]
    #[case("https://notacme.example", false)]
    #[case("http://acme.example", false)]
    #[case("https://acme.example:8443", false)]
    #[case("https://127.0.0.1", false)]
    #[case("https://example", false)]
    fn hosts_of_a_vendor_are_one_site(#[case] text: &str, #[case] is_of_site: bool) {
        let vendor: BaseUrl = "https://api.acme.example/v1".parse().unwrap();
        assert_eq!(text.parse::<BaseUrl>().unwrap().is_of_site(&vendor), is_of_site);
    }

    #[test]
    fn numbers_are_no_domains() {
        let url = |text: &str| text.parse::<BaseUrl>().unwrap();
        assert!(!url("http://10.0.0.1").is_of_site(&url("http://11.0.0.1")));
        assert!(url("http://10.0.0.1/v1").is_of_site(&url("http://10.0.0.1")));
    }

    #[test]
    fn a_query_is_used_but_not_shown() {
        let url: BaseUrl = "https://api.example/v1?key=secret".parse().unwrap();
        assert_eq!(format!("{url:?}"), "https://api.example/v1");
        assert_eq!(url.account("acme", None).base_url.query(), Some("key=secret"));
    }
}
