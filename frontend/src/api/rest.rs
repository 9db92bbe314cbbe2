use serde::de::DeserializeOwned;
use uuid::Uuid;
use viva_protocol::rest::{Page, ProviderList, SelfTest, SelfTestProgress, Turn};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{RequestInit, Response};

use super::urls;

/// The HTTP status that nobody is signed in.
const UNAUTHORIZED: u16 = 401;

/// The server did not answer, or not with what was asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct RequestFailed {
    /// The HTTP status of its refusal, if it refused.
    pub status: Option<u16>,
}

impl RequestFailed {
    /// Whether the server does not know who asks.
    pub fn is_signed_out(self) -> bool {
        self.status == Some(UNAUTHORIZED)
    }
}

impl From<JsValue> for RequestFailed {
    fn from(_: JsValue) -> Self {
        Self::default()
    }
}

/// Who can play which role.
///
/// # Errors
/// [`RequestFailed`].
pub async fn providers() -> Result<ProviderList, RequestFailed> {
    get("/api/v1/interaction/providers").await
}

/// The stored turns of a session, those around this one.
///
/// # Errors
/// [`RequestFailed`].
pub async fn turns(session_id: Uuid, turn_number: u16) -> Result<Vec<Turn>, RequestFailed> {
    let page: Page<Turn> = get(&urls::turns_page(session_id, turn_number)).await?;
    Ok(page.items)
}

/// Whether a self-test runs, and the newest certificate.
///
/// # Errors
/// [`RequestFailed`].
pub async fn self_test() -> Result<SelfTest, RequestFailed> {
    get("/api/v1/selftest").await
}

/// Begins a self-test.
///
/// # Errors
/// [`RequestFailed`], also when one runs already.
pub async fn start_self_test() -> Result<SelfTestProgress, RequestFailed> {
    let post = RequestInit::new();
    post.set_method("POST");
    request("/api/v1/selftest", &post).await
}

async fn get<T: DeserializeOwned>(path: &str) -> Result<T, RequestFailed> {
    request(path, &RequestInit::new()).await
}

async fn request<T: DeserializeOwned>(path: &str, init: &RequestInit) -> Result<T, RequestFailed> {
    let window = web_sys::window().ok_or(RequestFailed::default())?;
    let response: Response = JsFuture::from(window.fetch_with_str_and_init(path, init))
        .await?
        .unchecked_into();
    if !response.ok() {
        return Err(RequestFailed {
            status: Some(response.status()),
        });
    }
    let body = JsFuture::from(response.text()?)
        .await?
        .as_string()
        .ok_or(RequestFailed::default())?;
    serde_json::from_str(&body).map_err(|_| RequestFailed::default())
}
