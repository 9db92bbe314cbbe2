use reqwest::header::{HeaderName, HeaderValue};
use reqwest::{Response, Url};
use serde_json::Value;
use tokio::task::spawn_blocking;
use tracing::Span;
use viva_domain::credentials::CredentialRefusal;

use super::WrongAddress;
use super::answer::{refused, unsent};
use crate::providers::transport::errors::Complaint;
use crate::providers::transport::{Account, HttpClient, complaint, read, with_headers};

/// Lists of a few hundred models with all that can be said about them are shorter.
const MAX_ANSWER_BYTES: usize = 4 << 20;

/// A GET that needs a key and costs nothing, and how a vendor answers it.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::providers) struct KeyCall {
    /// Where, with its query.
    pub(in crate::providers) url: Url,
    /// The key, and what else the vendor insists on.
    pub(in crate::providers) headers: Vec<(HeaderName, HeaderValue)>,
    /// A field of the answer, by which it is known as the vendor's; `None` where nothing is promised but an object.
    pub(in crate::providers) field: Option<&'static str>,
    /// Codes or words, in lower case, for keys that may not do this, and are right: what they are for they may do.
    pub(in crate::providers) limited: &'static [&'static str],
    /// The same for keys and servers of another region.
    pub(in crate::providers) elsewhere: &'static [&'static str],
}

impl KeyCall {
    /// Asks once.
    pub(super) async fn make(&self, http: &HttpClient, account: &Account) -> Result<(), CredentialRefusal> {
        let sent = http.send_once(account, |client| {
            with_headers(client.get(self.url.clone()), &self.headers)
        });
        let response = sent.await.map_err(unsent)?;
        let status = response.status();
        if status.is_success() {
            return self.accepted(response).await;
        }
        if status.is_redirection() {
            return Err(WrongAddress::Redirect.into());
        }
        let complaint = complaint(response).await;
        if says(&complaint, self.limited) {
            return Ok(());
        }
        if says(&complaint, self.elsewhere) {
            return Err(WrongAddress::Region.into());
        }
        Err(refused(status, &complaint))
    }

    /// A key is only as good as the vendor's word for it: the page of a router says 200 too.
    async fn accepted(&self, mut response: Response) -> Result<(), CredentialRefusal> {
        let mut body = Vec::new();
        let is_whole = read(&mut response, &mut body, MAX_ANSWER_BYTES).await;
        if !is_whole.map_err(|err| unsent(err.into()))? {
            return Err(WrongAddress::NotTheVendor.into());
        }
        // Lists of all voices take long enough to hold others up.
        let (field, span) = (self.field, Span::current());
        let is_answer = spawn_blocking(move || span.in_scope(|| is_answer(&body, field)));
        if is_answer.await.unwrap_or(false) {
            return Ok(());
        }
        Err(WrongAddress::NotTheVendor.into())
    }
}

fn is_answer(body: &[u8], field: Option<&str>) -> bool {
    match (serde_json::from_slice(body), field) {
        (Ok(Value::Object(fields)), Some(field)) => fields.contains_key(field),
        // Some compatible servers send the list alone.
        (Ok(Value::Object(_)), None) | (Ok(Value::Array(_)), Some(_)) => true,
        _ => false,
    }
}

/// Whether a complaint has one of these codes, or words.
fn says(complaint: &Complaint, phrases: &[&str]) -> bool {
    let message = complaint.message.to_lowercase();
    phrases.iter().any(|phrase| {
        let is_code = complaint.codes.iter().any(|code| code == phrase);
        is_code || message.contains(phrase)
    })
}
