use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use tracing::instrument;
use utoipa::ToSchema;
use viva_application::access::SignInError;
use viva_frontend::Language;

use super::page::{self, Message};
use super::{SignIn, cookie};
use crate::client::{self, Client};
use crate::extract::FormBody;
use crate::limits::Group;
use crate::problem::Problem;
use crate::state::AppState;

/// Where people sign in.
pub(super) const PATH: &str = "/login";
/// Where they sign out.
pub(super) const LOGOUT_PATH: &str = "/logout";
/// Where the page is that they signed in for.
const HOME: &str = "/";

/// What the form holds.
#[derive(Deserialize, ToSchema)]
pub(crate) struct SignInForm {
    /// The API token.
    #[serde(default)]
    token: String,
}

/// The page on which people sign in, or out.
#[utoipa::path(
    get,
    path = "/login",
    operation_id = "get_login_page",
    tag = "access",
    security(()),
    responses(
        (status = 200, description = "A page with a form", content_type = "text/html"),
        (status = 303, description = "Nobody has to sign in"),
    ),
)]
#[instrument(name = "api.login.page", skip_all)]
pub(crate) async fn page(State(state): State<AppState>, headers: HeaderMap) -> Result<Response, Problem> {
    if matches!(state.sign_in, SignIn::NotNeeded) {
        return Ok(Redirect::to(HOME).into_response());
    }
    let signed_in = state.sign_in.browser(&headers, state.exposure).await;
    let signed_in = signed_in.map_err(|err| Problem::from(&err))?;
    let language = language(&headers);
    let html = match signed_in {
        Some(_) => page::signed_in(language),
        None => page::form(language, Message::None),
    };
    Ok(html.into_response())
}

/// Signs a browser in. Every failure gets the same answer; after some, the next one has to wait longer and longer.
#[utoipa::path(
    post,
    path = "/login",
    operation_id = "sign_in",
    tag = "access",
    security(()),
    request_body(content = SignInForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "Signed in, with a cookie", headers(("set-cookie" = String, description = "For this browser only"))),
        (status = 401, description = "The token signs nobody in", content_type = "text/html"),
        (status = 429, description = "Too many attempts", content_type = "text/html", headers(("retry-after" = u64, description = "When the next one may be made, in seconds"))),
    ),
)]
#[instrument(name = "api.login.sign_in", skip_all)]
pub(crate) async fn sign_in(
    State(state): State<AppState>,
    parts: Parts,
    FormBody(form): FormBody<SignInForm>,
) -> Result<Response, Problem> {
    let SignIn::ByToken(access) = &state.sign_in else {
        return Ok(Redirect::to(HOME).into_response());
    };
    let language = language(&parts.headers);
    let address = client::address(&parts, state.exposure);
    let before = state.sign_in.browser(&parts.headers, state.exposure).await;
    let before = before.map_err(|err| Problem::from(&err))?;
    match access.sign_in(&form.token, address).await {
        Ok(created) => {
            if let Some(before) = before {
                access.sign_out(before).await.map_err(|err| Problem::from(&err))?;
            }
            let set_cookie = [(SET_COOKIE, cookie::of(&created, state.exposure))];
            Ok((set_cookie, Redirect::to(HOME)).into_response())
        }
        Err(SignInError::Refused) => {
            let counted = state.limiter.check(Group::SignIns, Client::Address(address));
            Ok(match counted {
                Ok(()) => page::refused(language),
                Err(retry_after) => page::too_soon(language, retry_after),
            })
        }
        Err(SignInError::TooSoon { retry_after }) => Ok(page::too_soon(language, retry_after)),
        Err(SignInError::Store(err)) => Err(Problem::from(&err)),
    }
}

/// Signs a browser out.
#[utoipa::path(
    post,
    path = "/logout",
    operation_id = "sign_out",
    tag = "access",
    security(()),
    responses(
        (status = 303, description = "Nobody is signed in any more", headers(("set-cookie" = String, description = "Without a token"))),
    ),
)]
#[instrument(name = "api.login.sign_out", skip_all)]
pub(crate) async fn sign_out(State(state): State<AppState>, headers: HeaderMap) -> Result<Response, Problem> {
    let SignIn::ByToken(access) = &state.sign_in else {
        return Ok(Redirect::to(HOME).into_response());
    };
    let signed_in = state.sign_in.browser(&headers, state.exposure).await;
    if let Some(signed_in) = signed_in.map_err(|err| Problem::from(&err))? {
        access
            .sign_out(signed_in)
            .await
            .map_err(|err| Problem::from(&err))?;
    }
    let set_cookie = [(SET_COOKIE, cookie::none(state.exposure))];
    Ok((set_cookie, Redirect::to(PATH)).into_response())
}

/// The style of the page.
#[utoipa::path(
    get,
    path = "/login/style.css",
    operation_id = "get_login_style",
    tag = "access",
    security(()),
    responses((status = 200, description = "A style sheet", content_type = "text/css")),
)]
pub(crate) async fn style() -> Response {
    let headers = [(CONTENT_TYPE, "text/css; charset=utf-8")];
    (headers, include_str!("style.css")).into_response()
}

fn language(headers: &HeaderMap) -> Language {
    let accepted = headers.get(header::ACCEPT_LANGUAGE);
    let accepted = accepted.and_then(|accepted| accepted.to_str().ok());
    accepted.map_or_else(Language::default, Language::from_accept_language)
}
