use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;
use viva_protocol::rest::{Page, ProviderList, SelfTest, SelfTestProgress, Turn, VoiceList};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{RequestInit, Response};

use super::{Refused, urls};
use crate::browser::object;

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

impl From<RequestFailed> for Refused {
    fn from(failed: RequestFailed) -> Self {
        Self {
            status: failed.status,
            ..Self::default()
        }
    }
}

/// Who can play which role.
///
/// # Errors
/// [`RequestFailed`].
pub async fn providers() -> Result<ProviderList, RequestFailed> {
    get("/api/v1/interaction/providers").await
}

/// The voices of a text-to-speech provider, as it lists them itself where it does.
///
/// # Errors
/// [`RequestFailed`].
pub async fn voices(provider: &str) -> Result<VoiceList, RequestFailed> {
    get(&urls::voices(provider)).await
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

pub(super) async fn get<T: DeserializeOwned>(path: &str) -> Result<T, RequestFailed> {
    request(path, &RequestInit::new()).await
}

async fn request<T: DeserializeOwned>(path: &str, init: &RequestInit) -> Result<T, RequestFailed> {
    let response = send(path, init).await?;
    if response.ok() {
        return read(&response).await;
    }
    Err(RequestFailed {
        status: Some(response.status()),
    })
}

/// A request that says this.
pub(super) fn with_body(method: &str, body: &impl Serialize) -> Result<RequestInit, Refused> {
    let body = serde_json::to_string(body).map_err(|_| Refused::default())?;
    let init = RequestInit::new();
    init.set_method(method);
    init.set_headers(&object(&[("content-type", &"application/json".into())]));
    init.set_body_opt_str(Some(&body));
    Ok(init)
}

/// Asks for something that the server may refuse for a reason.
pub(super) async fn ask(path: &str, init: &RequestInit) -> Result<Response, Refused> {
    let response = send(path, init).await?;
    if response.ok() {
        return Ok(response);
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

/// Asks for something, and waits until the answer begins.
async fn send(path: &str, init: &RequestInit) -> Result<Response, RequestFailed> {
    let window = web_sys::window().ok_or(RequestFailed::default())?;
    let response = JsFuture::from(window.fetch_with_str_and_init(path, init)).await?;
    Ok(response.unchecked_into())
}

/// The body of an answer.
pub(super) async fn read<T: DeserializeOwned>(response: &Response) -> Result<T, RequestFailed> {
    let body = JsFuture::from(response.text()?)
        .await?
        .as_string()
        .ok_or(RequestFailed::default())?;
    serde_json::from_str(&body).map_err(|_| RequestFailed::default())
}
