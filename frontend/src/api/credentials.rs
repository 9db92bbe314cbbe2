use viva_protocol::rest::{Credential, CredentialContent, CredentialList};
use web_sys::RequestInit;

use super::Refused;
use super::rest::{ask, get, read, with_body};

const PATH: &str = "/api/v1/credentials";

/// The providers that take keys, and one's own keys as far as they are shown.
///
/// # Errors
/// [`Refused`].
pub async fn keys() -> Result<CredentialList, Refused> {
    Ok(get(PATH).await?)
}

/// Gives a key in the place of the one before, when the provider accepts it; answers what is shown of it, where that can be
/// read.
///
/// # Errors
/// [`Refused`]; nothing has changed then.
pub async fn put_key(provider: &str, content: &CredentialContent) -> Result<Option<Credential>, Refused> {
    let put = with_body("PUT", content)?;
    let response = ask(&format!("{PATH}/{provider}"), &put).await?;
    Ok(read(&response).await.ok())
}

/// Has the provider check the key that is kept; answers what is shown of it, where that can be read.
///
/// # Errors
/// [`Refused`].
pub async fn check_key(provider: &str) -> Result<Option<Credential>, Refused> {
    let post = RequestInit::new();
    post.set_method("POST");
    let response = ask(&format!("{PATH}/{provider}/validate"), &post).await?;
    Ok(read(&response).await.ok())
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
