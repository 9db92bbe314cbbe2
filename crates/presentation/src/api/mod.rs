//! The REST API: one file per route.

mod audit;
mod credentials;
mod docs;
mod health;
mod me;
mod paging;
mod prompts;
mod providers;
mod self_test;
mod sessions;
mod templates;

use axum::Router;
use axum::middleware::from_fn_with_state;
use tower_http::limit::RequestBodyLimitLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::limits::Limiter;
use crate::router::MAX_BODY_BYTES;
use crate::sign_in::count_key_check;
use crate::state::AppState;

/// A template or a prompt with all its texts at their limits, four bytes a character, is no larger.
const MAX_TEXTS_BYTES: usize = 256 * 1024;

/// The routes that the OpenAPI document describes.
pub(crate) fn routes() -> OpenApiRouter<AppState> {
    open_routes()
        .merge(visitors_routes())
        .merge(key_check_routes())
        .merge(text_routes())
}

/// Those that are for everybody. They say so in the document.
fn open_routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .routes(routes!(docs::document))
        .routes(routes!(docs::page))
        .routes(routes!(docs::style))
}

/// Those that are for whoever may use the server.
fn visitors_routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(audit::list::list))
        .routes(routes!(credentials::list::list))
        .routes(routes!(credentials::delete::delete))
        .routes(routes!(me::get::get))
        .routes(routes!(providers::list::list))
        .routes(routes!(providers::voices::voices))
        .routes(routes!(self_test::get::get, self_test::start::start))
        .routes(routes!(sessions::list::list))
        .routes(routes!(sessions::get::get, sessions::delete::delete))
        .routes(routes!(sessions::delete_selection::delete_selection))
        .routes(routes!(sessions::turns::turns))
        .routes(routes!(sessions::audio::audio))
        .routes(routes!(sessions::peaks::peaks))
        .routes(routes!(sessions::export::export))
        .routes(routes!(sessions::latency_stats::latency_stats))
}

/// Those of them that make this server ask a provider about a key.
fn key_check_routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(credentials::put::put))
        .routes(routes!(credentials::validate::validate))
}

/// Those of them that take more text than others.
fn text_routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(prompts::compose::compose))
        .routes(routes!(templates::list::list, templates::create::create))
        .routes(routes!(
            templates::get::get,
            templates::replace::replace,
            templates::delete::delete
        ))
        .routes(routes!(templates::duplicate::duplicate))
}

/// The routes for everybody.
pub(crate) fn open() -> Router<AppState> {
    let (router, _) = open_routes().split_for_parts();
    router.layer(RequestBodyLimitLayer::new(MAX_BODY_BYTES))
}

/// The routes for whoever may use the server.
pub(crate) fn for_visitors(limiter: &Limiter) -> Router<AppState> {
    let (visitors, _) = visitors_routes().split_for_parts();
    let (key_checks, _) = key_check_routes().split_for_parts();
    let (texts, _) = text_routes().split_for_parts();
    visitors
        .merge(key_checks.layer(from_fn_with_state(limiter.clone(), count_key_check)))
        .layer(RequestBodyLimitLayer::new(MAX_BODY_BYTES))
        .merge(texts.layer(RequestBodyLimitLayer::new(MAX_TEXTS_BYTES)))
}
