//! Which host does what: every region has one for each service, a resource has one for all of them.

use reqwest::Url;

use crate::providers::transport::Account;

/// A service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Service {
    /// Speaks.
    Tts,
}

/// The domains of the clouds.
const CLOUDS: [(&str, &str); 3] = [
    (".api.cognitive.microsoft.com", "speech.microsoft.com"),
    (".api.cognitive.azure.cn", "speech.azure.cn"),
    (".api.cognitive.microsoft.us", "speech.azure.us"),
];
/// Of resources with a name of their own.
const RESOURCE: &str = ".cognitiveservices.azure.com";

impl Service {
    const fn name(self) -> &'static str {
        match self {
            Self::Tts => "tts",
        }
    }

    /// The address of an operation of this service.
    pub(super) fn url(self, account: &Account, path: &str) -> Url {
        let name = self.name();
        let host = account.base_url.host_str().unwrap_or_default();
        let regional = CLOUDS
            .iter()
            .find_map(|(suffix, domain)| Some(format!("{}.{name}.{domain}", host.strip_suffix(suffix)?)));
        if let Some(host) = regional {
            let mut url = account.url(path);
            // The new host has the form of the old one.
            let _ = url.set_host(Some(&host));
            return url;
        }
        if host.ends_with(RESOURCE) {
            return account.url(&format!("{name}/{path}"));
        }
        account.url(path)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(
        "https://westeurope.api.cognitive.microsoft.com/",
        "https://westeurope.tts.speech.microsoft.com/a/v1"
    )]
    #[case(
        "https://chinaeast2.api.cognitive.azure.cn",
        "https://chinaeast2.tts.speech.azure.cn/a/v1"
    )]
    #[case(
        "https://mine.cognitiveservices.azure.com",
        "https://mine.cognitiveservices.azure.com/tts/a/v1"
    )]
    #[case(
        "https://eastus.tts.speech.microsoft.com",
        "https://eastus.tts.speech.microsoft.com/a/v1"
    )]
    #[case("http://127.0.0.1:5000/x", "http://127.0.0.1:5000/x/a/v1")]
    fn every_service_has_its_host(#[case] base: &str, #[case] url: &str) {
        let account = Account {
            provider: "acme".to_owned(),
            base_url: base.parse().unwrap(),
            api_key: None,
            organization: None,
        };
        assert_eq!(Service::Tts.url(&account, "a/v1").as_str(), url);
    }
}
