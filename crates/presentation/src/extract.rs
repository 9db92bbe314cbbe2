//! What handlers take from a request; what cannot be read is answered with a [`Problem`].

use std::convert::Infallible;

use axum::Json as AxumJson;
use axum::extract::{FromRequest, FromRequestParts, Path as AxumPath, Query as AxumQuery};
use axum::http::request::Parts;
use viva_domain::ids::UserId;

use crate::hosts::is_own_origin;
use crate::problem::Problem;

/// The parameters in a path.
#[derive(FromRequestParts)]
#[from_request(via(AxumPath), rejection(Problem))]
pub(crate) struct Path<T>(pub(crate) T);

/// The parameters after the `?`.
#[derive(FromRequestParts)]
#[from_request(via(AxumQuery), rejection(Problem))]
pub(crate) struct Query<T>(pub(crate) T);

/// The body of a request, as JSON.
#[derive(FromRequest)]
#[from_request(via(AxumJson), rejection(Problem))]
pub(crate) struct JsonBody<T>(pub(crate) T);

/// That no page of another server asks, which what changes something takes first.
pub(crate) struct OwnOrigin;

impl<S: Sync> FromRequestParts<S> for OwnOrigin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        if is_own_origin(&parts.headers) {
            return Ok(Self);
        }
        Err(Problem::forbidden("origin-not-allowed").detail("pages of other servers change nothing here"))
    }
}

/// Who asks. Nobody has to sign in (`auth.mode = "none"`), so it is always the local user; signing in goes in here.
pub(crate) struct Identity(pub(crate) UserId);

impl<S: Sync> FromRequestParts<S> for Identity {
    type Rejection = Infallible;

    async fn from_request_parts(_parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(UserId::LOCAL))
    }
}
