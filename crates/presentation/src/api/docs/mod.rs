//! The API, described: the OpenAPI document for programs and a page for people.

mod html;

use axum::http::header;
use axum::response::{Html, IntoResponse, Response};

use crate::openapi::openapi;

const STYLE_PATH: &str = "/api/docs/style.css";

/// The OpenAPI document.
#[utoipa::path(
    get,
    path = "/api/v1/openapi.json",
    operation_id = "get_openapi_document",
    tag = "server",
    security(()),
    responses((status = 200, description = "This document", content_type = "application/json")),
)]
pub(crate) async fn document() -> Response {
    axum::Json(openapi()).into_response()
}

/// The API for people: every route with its parameters and answers.
#[utoipa::path(
    get,
    path = "/api/docs",
    operation_id = "get_api_page",
    tag = "server",
    security(()),
    responses((status = 200, description = "A page", content_type = "text/html")),
)]
pub(crate) async fn page() -> Response {
    let policy =
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    (
        [(header::CONTENT_SECURITY_POLICY, policy)],
        Html(html::page(&openapi(), STYLE_PATH)),
    )
        .into_response()
}

/// The style of that page.
#[utoipa::path(
    get,
    path = "/api/docs/style.css",
    operation_id = "get_api_style",
    tag = "server",
    security(()),
    responses((status = 200, description = "A style sheet", content_type = "text/css")),
)]
pub(crate) async fn style() -> Response {
    (
        [(header::CONTENT_TYPE, "text/css; charset=utf-8")],
        include_str!("style.css"),
    )
        .into_response()
}
