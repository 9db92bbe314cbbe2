//! What handlers take from a request; what cannot be read is answered with a [`Problem`].

use std::convert::Infallible;

use axum::extract::{FromRequestParts, Path as AxumPath, Query as AxumQuery};
use axum::http::request::Parts;
use viva_domain::ids::UserId;

use crate::problem::Problem;

/// The parameters in a path.
#[derive(FromRequestParts)]
#[from_request(via(AxumPath), rejection(Problem))]
pub(crate) struct Path<T>(pub(crate) T);

/// The parameters after the `?`.
#[derive(FromRequestParts)]
#[from_request(via(AxumQuery), rejection(Problem))]
pub(crate) struct Query<T>(pub(crate) T);

/// Who asks. Nobody has to sign in (`auth.mode = "none"`), so it is always the local user; signing in goes in here.
pub(crate) struct Identity(pub(crate) UserId);

impl<S: Sync> FromRequestParts<S> for Identity {
    type Rejection = Infallible;

    async fn from_request_parts(_parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(UserId::LOCAL))
    }
}
