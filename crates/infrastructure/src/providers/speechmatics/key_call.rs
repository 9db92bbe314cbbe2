use reqwest::Url;
use reqwest::header::AUTHORIZATION;
use viva_domain::ports::ProviderError;

use super::DOMAIN;
use crate::providers::check::KeyCall;
use crate::providers::transport::Account;

/// `GET /v2/jobs/`, the list of recordings that the account had written down: the hosts of conversations have nothing but
/// those, and the same keys are for the hosts of recordings.
pub(in crate::providers) fn key_call(account: &Account) -> Result<KeyCall, ProviderError> {
    let key = account.header("Bearer ")?;
    let mut url = account.url("v2/jobs/");
    if account.is_at(DOMAIN) {
        move_to_recordings(&mut url);
    }
    url.query_pairs_mut().append_pair("limit", "1");
    Ok(KeyCall {
        url,
        headers: key.map(|key| (AUTHORIZATION, key)).into_iter().collect(),
        field: Some("jobs"),
        limited: &[],
        elsewhere: &[],
    })
}

/// The host for recordings that is nearest to one for conversations.
fn move_to_recordings(url: &mut Url) {
    let is_american = url.host_str().is_some_and(|host| host.starts_with("us"));
    let host = if is_american {
        "us1.asr.api.speechmatics.com"
    } else {
        "eu1.asr.api.speechmatics.com"
    };
    // Fails for addresses without a host only, and this one has one.
    let _ = url.set_host(Some(host));
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::providers::testing::account;

    #[rstest]
    #[case(
        "https://eu2.rt.speechmatics.com",
        "https://eu1.asr.api.speechmatics.com/v2/jobs/?limit=1"
    )]
    #[case(
        "https://us2.rt.speechmatics.com",
        "https://us1.asr.api.speechmatics.com/v2/jobs/?limit=1"
    )]
    #[case("http://127.0.0.1:9000", "http://127.0.0.1:9000/v2/jobs/?limit=1")]
    fn a_key_is_shown_to_its_vendor_only(#[case] base: &str, #[case] url: &str) {
        assert_eq!(key_call(&account(base, Some("key"))).unwrap().url.as_str(), url);
    }
}
