use reqwest::header::{AUTHORIZATION, HeaderValue};
use viva_domain::ports::ProviderError;

use super::{VERSION, VERSION_HEADER};
use crate::providers::check::KeyCall;
use crate::providers::transport::Account;

/// `GET /voices` with one voice: it is free, and its answer short.
pub(in crate::providers) fn key_call(account: &Account) -> Result<KeyCall, ProviderError> {
    let key = account.header("Bearer ")?;
    let mut url = account.url("voices");
    url.query_pairs_mut().append_pair("limit", "1");
    let version = (VERSION_HEADER, HeaderValue::from_static(VERSION));
    Ok(KeyCall {
        url,
        headers: key
            .map(|key| (AUTHORIZATION, key))
            .into_iter()
            .chain([version])
            .collect(),
        field: Some("data"),
        limited: &[],
        elsewhere: &[],
    })
}
