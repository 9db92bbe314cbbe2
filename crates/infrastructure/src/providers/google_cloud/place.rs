//! Which host does what.

use reqwest::Url;

use crate::providers::transport::Account;

/// The services, which differ in this part of their hosts; the longer one ends with the shorter one.
const SERVICES: [&str; 2] = ["texttospeech.googleapis.com", "speech.googleapis.com"];
const TEXT_TO_SPEECH: &str = SERVICES[0];

/// The address of an operation of text-to-speech.
pub(super) fn text_to_speech(account: &Account, path: &str) -> Url {
    let mut url = account.url(path);
    let host = account.base_url.host_str().unwrap_or_default();
    let place = SERVICES.iter().find_map(|service| host.strip_suffix(service));
    if let Some(place) = place {
        let host = format!("{place}{TEXT_TO_SPEECH}");
        // The new host has the form of the old one.
        let _ = url.set_host(Some(&host));
    }
    url
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(
        "https://texttospeech.googleapis.com",
        "https://texttospeech.googleapis.com/v1/a:b"
    )]
    #[case(
        "https://speech.googleapis.com/",
        "https://texttospeech.googleapis.com/v1/a:b"
    )]
    #[case(
        "https://eu-speech.googleapis.com",
        "https://eu-texttospeech.googleapis.com/v1/a:b"
    )]
    #[case(
        "https://us-texttospeech.googleapis.com",
        "https://us-texttospeech.googleapis.com/v1/a:b"
    )]
    #[case("http://127.0.0.1:5000/x", "http://127.0.0.1:5000/x/v1/a:b")]
    fn every_service_has_its_host(#[case] base: &str, #[case] url: &str) {
        let account = Account {
            provider: "acme".to_owned(),
            base_url: base.parse().unwrap(),
            api_key: None,
            organization: None,
        };
        assert_eq!(text_to_speech(&account, "v1/a:b").as_str(), url);
    }
}
