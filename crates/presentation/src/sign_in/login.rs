use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use tracing::{instrument, warn};
use utoipa::{IntoParams, ToSchema};
use viva_application::access::{Access, SignInError};
use viva_domain::access::ShownToken;
use viva_frontend::Language;

use super::claim::{browser, count_shown};
use super::page::{Form, Message};
use super::wanted::Wanted;
use super::{SignIn, cookie};
use crate::client::{self, Client};
use crate::extract::{FormBody, Query};
use crate::limits::Group;
use crate::meters::FailedSignIn;
use crate::problem::Problem;
use crate::state::AppState;

/// Where people sign in.
pub(super) const PATH: &str = "/login";
/// Where they sign out.
pub(super) const LOGOUT_PATH: &str = "/logout";
/// Where the page is that they sign in for where they did not say for which.
pub(super) const HOME: &str = "/";

/// What the form holds.
#[derive(Deserialize, ToSchema)]
pub(crate) struct SignInForm {
    /// The API token.
    #[serde(default)]
    token: String,
    /// The path of the page to go to then; the first one where it is absent, or no page of this server.
    #[serde(default)]
    next: String,
}

/// What the page is asked for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct SignInQuery {
    /// The path of the page to go to when somebody signed in; the first one where it is absent, or no page of this server.
    #[serde(default)]
    next: String,
}

/// The page on which people sign in, or out.
#[utoipa::path(
    get,
    path = "/login",
    operation_id = "get_login_page",
    tag = "access",
    security(()),
    params(SignInQuery),
    responses(
        (status = 200, description = "A page with a form", content_type = "text/html"),
        (status = 303, description = "Nobody has to sign in"),
    ),
)]
#[instrument(name = "api.login.page", skip_all)]
pub(crate) async fn page(
    State(state): State<AppState>,
    parts: Parts,
    Query(query): Query<SignInQuery>,
) -> Result<Response, Problem> {
    let wanted = Wanted::parse(&query.next);
    if matches!(state.sign_in, SignIn::NotNeeded) {
        return Ok(to(wanted.as_ref()).into_response());
    }
    let form = Form {
        language: language(&parts.headers),
        wanted: wanted.as_ref(),
    };
    let html = match browser(&state, &parts).await? {
        Some(_) => form.signed_in(),
        None => form.with(Message::None),
    };
    Ok(html.into_response())
}

/// Signs a browser in. Every failure gets the same answer; after some, the next failure has to wait longer and longer.
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
    let wanted = Wanted::parse(&form.next);
    let SignIn::ByToken(access) = &state.sign_in else {
        return Ok(to(wanted.as_ref()).into_response());
    };
    let page = Form {
        language: language(&parts.headers),
        wanted: wanted.as_ref(),
    };
    let address = client::address(&parts, state.exposure);
    if let Some(shown) = ShownToken::parse(form.token.trim())
        && let Err(retry_after) = count_shown(&state, access, &parts, &shown)
    {
        return Ok(page.too_soon(retry_after));
    }
    match access.sign_in(&form.token, address).await {
        Ok(created) => {
            sign_out_before(&state, access, &parts).await;
            let set_cookie = [(SET_COOKIE, cookie::of(&created, state.exposure))];
            Ok((set_cookie, to(wanted.as_ref())).into_response())
        }
        Err(SignInError::Refused) => {
            state.meters.sign_in_failed(FailedSignIn::Form);
            let counted = state.limiter.check(Group::SignIns, Client::Address(address));
            Ok(match counted {
                Ok(()) => page.refused(),
                Err(retry_after) => page.too_soon(retry_after),
            })
        }
        Err(SignInError::TooSoon { retry_after }) => {
            state.meters.sign_in_failed(FailedSignIn::Form);
            Ok(page.too_soon(retry_after))
        }
        Err(SignInError::Store(err)) => Err(Problem::from(&err)),
    }
}

/// Signs out who was signed in with this browser until now. Where that fails, somebody else is signed in all the same: they
/// have a token already that no other answer would tell them.
async fn sign_out_before(state: &AppState, access: &Access, parts: &Parts) {
    // Why somebody cannot be looked up is logged there.
    let Ok(Some(before)) = browser(state, parts).await else {
        return;
    };
    if let Err(err) = access.sign_out(before).await {
        warn!(
            event = "sign_in.not_signed_out",
            error = &err as &dyn std::error::Error,
            "Could not sign out who was signed in with a browser before"
        );
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
pub(crate) async fn sign_out(State(state): State<AppState>, parts: Parts) -> Result<Response, Problem> {
    let SignIn::ByToken(access) = &state.sign_in else {
        return Ok(Redirect::to(HOME).into_response());
    };
    if let Some(signed_in) = browser(&state, &parts).await? {
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

/// To the page that was wanted, or else to the first one.
fn to(wanted: Option<&Wanted>) -> Redirect {
    Redirect::to(wanted.map_or(HOME, Wanted::as_str))
}

fn language(headers: &HeaderMap) -> Language {
    let accepted = headers.get(header::ACCEPT_LANGUAGE);
    let accepted = accepted.and_then(|accepted| accepted.to_str().ok());
    accepted.map_or_else(Language::default, Language::from_accept_language)
}
