//! Where the two halves of the service are: in a region each has a host, behind the name of a resource each has a path, and a
//! container is one of them.

use reqwest::Url;

use crate::providers::transport::Account;

/// A half of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Half {
    /// Speech to text.
    Hearing,
    /// Text to speech.
    Speaking,
}

/// Hosts of a region, after its name, and what those of the halves end with.
const REGIONAL: [(&str, &str); 10] = [
    (".api.cognitive.microsoft.com", "microsoft.com"),
    (".stt.speech.microsoft.com", "microsoft.com"),
    (".tts.speech.microsoft.com", "microsoft.com"),
    (".api.cognitive.azure.cn", "azure.cn"),
    (".stt.speech.azure.cn", "azure.cn"),
    (".tts.speech.azure.cn", "azure.cn"),
    (".api.cognitive.microsoft.us", "azure.us"),
    (".api.cognitive.azure.us", "azure.us"),
    (".stt.speech.azure.us", "azure.us"),
    (".tts.speech.azure.us", "azure.us"),
];
/// What names of resources are followed by.
const NAMED: [&str; 3] = [
    ".cognitiveservices.azure.com",
    ".cognitiveservices.azure.cn",
    ".cognitiveservices.azure.us",
];
/// The vendor's own domains; at others of `azure.com` are everybody's machines.
const DOMAINS: [&str; 5] = [
    "microsoft.com",
    "microsoft.us",
    "cognitiveservices.azure.com",
    "azure.cn",
    "azure.us",
];

impl Half {
    const fn name(self) -> &'static str {
        match self {
            Self::Hearing => "stt",
            Self::Speaking => "tts",
        }
    }

    /// The address of an operation, as `http` or `https`.
    pub(super) fn url(self, account: &Account, path: &str) -> Url {
        let host = account.base_url.host_str().unwrap_or_default();
        let regional = REGIONAL
            .iter()
            .find_map(|(end, domain)| Some((host.strip_suffix(end)?, domain)));
        if let Some((region, domain)) = regional {
            let mut url = account.url(path);
            // Fails for addresses without a host only, and this one has one.
            let _ = url.set_host(Some(&format!("{region}.{}.speech.{domain}", self.name())));
            return url;
        }
        if NAMED.iter().any(|end| host.ends_with(end)) {
            return account.url(&format!("{}/{path}", self.name()));
        }
        account.url(path)
    }
}

/// Whether it is the vendor's, where nothing goes without a key.
pub(super) fn is_vendors(account: &Account) -> bool {
    DOMAINS.iter().any(|domain| account.is_at(domain))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::providers::testing::account;

    #[rstest]
    #[case(
        "https://westeurope.api.cognitive.microsoft.com",
        "https://westeurope.stt.speech.microsoft.com/a/b"
    )]
    #[case(
        "https://westeurope.api.cognitive.microsoft.com/",
        "https://westeurope.stt.speech.microsoft.com/a/b"
    )]
    #[case(
        "https://westeurope.tts.speech.microsoft.com",
        "https://westeurope.stt.speech.microsoft.com/a/b"
    )]
    #[case(
        "https://chinaeast2.api.cognitive.azure.cn",
        "https://chinaeast2.stt.speech.azure.cn/a/b"
    )]
    #[case(
        "https://usgovvirginia.api.cognitive.microsoft.us",
        "https://usgovvirginia.stt.speech.azure.us/a/b"
    )]
    #[case(
        "https://chinaeast2.tts.speech.azure.cn",
        "https://chinaeast2.stt.speech.azure.cn/a/b"
    )]
    #[case(
        "https://usgovvirginia.tts.speech.azure.us",
        "https://usgovvirginia.stt.speech.azure.us/a/b"
    )]
    #[case(
        "https://mine.cognitiveservices.azure.com",
        "https://mine.cognitiveservices.azure.com/stt/a/b"
    )]
    #[case("http://127.0.0.1:5000", "http://127.0.0.1:5000/a/b")]
    fn an_endpoint_leads_to_the_half_that_hears(#[case] base: &str, #[case] url: &str) {
        let account = account(base, None);
        assert_eq!(Half::Hearing.url(&account, "a/b").as_str(), url);
        let is_container = base.starts_with("http:");
        assert_eq!(is_vendors(&account), !is_container);
    }

    #[test]
    fn a_container_in_the_vendors_cloud_is_ones_own() {
        let account = account("https://mine.westeurope.cloudapp.azure.com", None);
        let url = "https://mine.westeurope.cloudapp.azure.com/a/b";
        assert_eq!(Half::Hearing.url(&account, "a/b").as_str(), url);
        assert!(!is_vendors(&account));
    }

    #[test]
    fn the_half_that_speaks_is_beside_it() {
        let url = |base: &str| Half::Speaking.url(&account(base, None), "a").to_string();
        assert_eq!(
            url("https://eastus.api.cognitive.microsoft.com"),
            "https://eastus.tts.speech.microsoft.com/a"
        );
        assert_eq!(
            url("https://mine.cognitiveservices.azure.com"),
            "https://mine.cognitiveservices.azure.com/tts/a"
        );
    }
}
