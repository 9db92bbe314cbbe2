use uuid::Uuid;
use viva_protocol::rest::{SessionDetail, SessionPage};
use web_sys::RequestInit;

use super::rest::{ask, read};
use super::{Refused, urls};

/// A session with its turns.
///
/// # Errors
/// [`Refused`], also when there is none, or it is somebody else's.
pub async fn session_with_turns(id: Uuid) -> Result<SessionDetail, Refused> {
    let response = ask(&urls::session(id), &RequestInit::new()).await?;
    Ok(read(&response).await?)
}

/// A page of the sessions whose transcripts hold a text, newest first; of all where it is empty.
///
/// # Errors
/// [`Refused`].
pub async fn sessions_with_text(text: &str, page: u32, bound: Option<u64>) -> Result<SessionPage, Refused> {
    let text = String::from(js_sys::encode_uri_component(text));
    let response = ask(&urls::sessions_with_text(&text, page, bound), &RequestInit::new()).await?;
    Ok(read(&response).await?)
}
