use viva_protocol::rest::{CredentialContent, CredentialList};
use web_sys::RequestInit;

use super::Refused;
use super::rest::{ask, get, with_body};

const PATH: &str = "/api/v1/credentials";

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
    // What is answered when it works is in `keys` as well.
    let put = with_body("PUT", content)?;
    ask(&format!("{PATH}/{provider}"), &put).await.map(drop)
}

/// Has the provider check the key that is kept.
///
/// # Errors
/// [`Refused`].
pub async fn check_key(provider: &str) -> Result<(), Refused> {
    let post = RequestInit::new();
    post.set_method("POST");
    ask(&format!("{PATH}/{provider}/validate"), &post).await.map(drop)
}

/// Forgets the key.
///
/// # Errors
/// [`Refused`].
pub async fn delete_key(provider: &str) -> Result<(), Refused> {
    let delete = RequestInit::new();
    delete.set_method("DELETE");
    ask(&format!("{PATH}/{provider}"), &delete).await.map(drop)
}
