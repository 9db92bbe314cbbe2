//! What handlers take from a request; what cannot be read is answered with a [`Problem`].

use std::fmt;
use std::marker::PhantomData;

use axum::Form as AxumForm;
use axum::Json as AxumJson;
use axum::extract::{FromRequest, FromRequestParts, Path as AxumPath, Query as AxumQuery, Request};
use axum::http::request::Parts;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, MapAccess, Visitor as DeserializeVisitor};
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

/// The body of a request, as a JSON object.
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let AxumJson(Object(body)) = AxumJson::from_request(request, state).await?;
        Ok(Self(body))
    }
}

/// What is written as a JSON object. A struct could be read from the list of its fields as well, which no client means.
#[derive(Debug)]
pub(crate) struct Object<T>(pub(crate) T);

impl<'de, T: DeserializeOwned> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields(PhantomData)).map(Self)
    }
}

struct Fields<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> DeserializeVisitor<'de> for Fields<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(fields))
    }
}

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
