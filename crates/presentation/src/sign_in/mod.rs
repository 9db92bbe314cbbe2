//! Who asks, and whether they may. [`guard`] stands before every route that is not for everybody.

mod claim;
mod cookie;
mod login;
mod page;
mod wanted;

use std::future::{pending, ready};
use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use axum::extract::{Request, State};
use axum::http::header::CACHE_CONTROL;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use futures_util::StreamExt as _;
use tokio::time::sleep;
use tracing::warn;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use viva_application::access::{Access, SignedIn};
use viva_domain::ids::UserId;

use self::claim::{Asker, counted};
use self::wanted::Wanted;
use crate::at_once::Slot;
use crate::client::{self, Client};
use crate::limits::{Group, Limiter};
use crate::problem::Problem;
use crate::state::AppState;

/// How long a WebSocket may outlive the token that opened it.
const RECHECKED_EVERY: Duration = Duration::from_secs(30);
/// What a client is told to wait that has too many requests under way. When one of them is over is up to the client too.
const FINISH_ONE_WITHIN: Duration = Duration::from_secs(1);

/// Who may use the server.
#[derive(Clone)]
pub enum SignIn {
    /// Whoever reaches it: all are the local user.
    NotNeeded,
    /// Whoever has a token.
    ByToken(Access),
}

/// Somebody who may use the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Visitor {
    /// Nobody has to sign in.
    Local,
    /// They did.
    SignedIn(SignedIn),
}

/// What lets a connection stay open.
#[derive(Clone, Default)]
pub(crate) struct Pass(Option<(Access, SignedIn)>);

impl Visitor {
    pub(crate) fn user_id(self) -> UserId {
        match self {
            Self::Local => UserId::LOCAL,
            Self::SignedIn(signed_in) => signed_in.user_id,
        }
    }
}

impl Pass {
    pub(crate) fn of(sign_in: &SignIn, visitor: Visitor) -> Self {
        match (sign_in, visitor) {
            (SignIn::ByToken(access), Visitor::SignedIn(signed_in)) => {
                Self(Some((access.clone(), signed_in)))
            }
            _ => Self(None),
        }
    }

    /// Resolves within half a minute after the token was revoked, or its time was over.
    pub(crate) async fn ended(&self) {
        let Some((access, signed_in)) = &self.0 else {
            return pending().await;
        };
        loop {
            sleep(RECHECKED_EVERY).await;
            match access.is_signed_in(*signed_in).await {
                Ok(true) => {}
                Ok(false) => return,
                // Nobody is thrown out because the database is away.
                Err(err) => warn!(
                    event = "sign_in.unchecked",
                    error = &err as &dyn std::error::Error,
                    "Could not ask whether somebody is still signed in"
                ),
            }
        }
    }
}

/// The routes on which people sign in and out.
pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(login::page, login::sign_in))
        .routes(routes!(login::sign_out))
        .routes(routes!(login::style))
}

/// Lets nobody in but visitors, counts what they ask for, and tells the handlers who they are.
pub(crate) async fn guard(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    match admit(&state, &parts).await {
        Ok((visitor, slot)) => {
            parts.extensions.insert(visitor);
            let response = next.run(Request::from_parts(parts, body)).await;
            until_read(response, slot)
        }
        Err(problem) => problem.into_response(),
    }
}

/// Sends nobody's browser to where people sign in, and from there back.
pub(crate) async fn guard_page(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    match counted(&state, &parts).await {
        Ok(Asker::Visitor(_)) => next.run(Request::from_parts(parts, body)).await,
        Ok(Asker::Nobody | Asker::WrongToken) => {
            let wanted = parts.uri.path_and_query();
            let wanted = wanted.and_then(|wanted| Wanted::parse(wanted.as_str()));
            let sign_in = Redirect::to(&Wanted::sign_in_path(wanted.as_ref()));
            ([(CACHE_CONTROL, "no-store")], sign_in).into_response()
        }
        Err(problem) => problem.into_response(),
    }
}

/// Counts what is read where everybody may ask. Signing in and out counts the tokens that are shown, and lets good ones in
/// whatever others at the same address did.
pub(crate) async fn count(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let client = Client::Address(client::address(&parts, state.exposure));
    let counted = if parts.method.is_safe() {
        state.limiter.check(Group::OpenReads, client)
    } else {
        Ok(())
    };
    match counted {
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
        Err(retry_after) => Problem::too_many_requests(retry_after).into_response(),
    }
}

/// Counts what makes this server ask a provider about a key.
pub(crate) async fn count_key_check(
    State(limiter): State<Limiter>,
    visitor: Visitor,
    request: Request,
    next: Next,
) -> Response {
    match limiter.check(Group::KeyChecks, Client::User(visitor.user_id())) {
        Ok(()) => next.run(request).await,
        Err(retry_after) => Problem::too_many_requests(retry_after).into_response(),
    }
}

async fn admit(state: &AppState, parts: &Parts) -> Result<(Visitor, Slot), Problem> {
    let visitor = match counted(state, parts).await? {
        Asker::Visitor(visitor) => visitor,
        Asker::Nobody => return Err(Problem::unauthorized()),
        Asker::WrongToken => return Err(Problem::invalid_token()),
    };
    let slot = state.limiter.begin(Client::User(visitor.user_id()));
    let slot = slot.ok_or_else(|| {
        Problem::too_many_requests(FINISH_ONE_WITHIN)
            .detail("as many requests are under way as may be; wait until one is answered")
    })?;
    Ok((visitor, slot))
}

/// A request is under way until its answer is read. One that is whole already holds nothing up.
fn until_read(response: Response, slot: Slot) -> Response {
    if response.body().size_hint().exact().is_some() {
        return response;
    }
    response.map(|body| {
        let chunks = body.into_data_stream();
        Body::from_stream(chunks.scan(slot, |_slot, chunk| ready(Some(chunk))))
    })
}
