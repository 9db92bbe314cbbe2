use viva_protocol::rest::{CredentialContent, CredentialList};
use web_sys::{RequestInit, Response};

use super::Refused;
use super::rest::{RequestFailed, get, read, send};
use crate::browser::object;

const PATH: &str = "/api/v1/credentials";

impl From<RequestFailed> for Refused {
    fn from(failed: RequestFailed) -> Self {
        Self {
            status: failed.status,
            ..Self::default()
        }
    }
}

/// The providers that take keys, and one's own keys as far as they are shown.
///
/// # Errors
/// [`Refused`].
pub async fn keys() -> Result<CredentialList, Refused> {
    Ok(get(PATH).await?)
}

/// Gives a key in the place of the one before, when the provider accepts it.
///
/// # Errors
/// [`Refused`]; nothing has changed then.
pub async fn put_key(provider: &str, content: &CredentialContent) -> Result<(), Refused> {
    let body = serde_json::to_string(content).map_err(|_| Refused::default())?;
    let put = RequestInit::new();
    put.set_method("PUT");
    put.set_headers(&object(&[("content-type", &"application/json".into())]));
    put.set_body_opt_str(Some(&body));
    ask(&format!("{PATH}/{provider}"), &put).await
}

/// Has the provider check the key that is kept.
///
/// # Errors
/// [`Refused`].
pub async fn check_key(provider: &str) -> Result<(), Refused> {
    let post = RequestInit::new();
    post.set_method("POST");
    ask(&format!("{PATH}/{provider}/validate"), &post).await
}

/// Forgets the key.
///
/// # Errors
/// [`Refused`].
pub async fn delete_key(provider: &str) -> Result<(), Refused> {
    let delete = RequestInit::new();
    delete.set_method("DELETE");
    ask(&format!("{PATH}/{provider}"), &delete).await
}

/// What is answered when it works is in [`keys`] as well.
async fn ask(path: &str, init: &RequestInit) -> Result<(), Refused> {
    let response = send(path, init).await?;
    if response.ok() {
        return Ok(());
    }
    Err(Refused {
        status: Some(response.status()),
        wait_s: wait_s(&response),
        problem: read(&response).await.ok(),
    })
}

fn wait_s(response: &Response) -> Option<u32> {
    let value = response.headers().get("retry-after").ok()?;
    value?.parse().ok()
}
