//! What handlers take from a request; what cannot be read is answered with a [`Problem`].

use axum::Form as AxumForm;
use axum::Json as AxumJson;
use axum::extract::{FromRequest, FromRequestParts, Path as AxumPath, Query as AxumQuery};
use axum::http::request::Parts;
use viva_domain::ids::UserId;

use crate::problem::Problem;
use crate::sign_in::Visitor;

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

/// The body of a request, as a form of a page.
#[derive(FromRequest)]
#[from_request(via(AxumForm), rejection(Problem))]
pub(crate) struct FormBody<T>(pub(crate) T);

/// Who asks, as [`crate::sign_in::guard`] found out. On a route that it does not guard, that is nobody.
pub(crate) struct Identity(pub(crate) UserId);

impl<S: Sync> FromRequestParts<S> for Identity {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let visitor = Visitor::from_request_parts(parts, state).await?;
        Ok(Self(visitor.user_id()))
    }
}

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let visitor = parts.extensions.get().copied();
        visitor.ok_or_else(Problem::unauthorized)
    }
}
