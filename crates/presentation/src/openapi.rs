//! The OpenAPI document, made from the routes themselves.

use utoipa::OpenApi;
use utoipa::openapi::header::Header;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{
    ContentBuilder, KnownFormat, Object, ObjectBuilder, OpenApi as Document, Ref, RefOr, Response,
    ResponseBuilder, SchemaFormat, Type,
};
use viva_protocol::problem::PROBLEM_JSON;

use crate::{api, sign_in, ws};

/// What is answered as files that are no text.
const FILES: [&str; 2] = ["audio/wav", "application/zip"];

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Viva",
        description = "Talk with voice AIs and see how long every part of an answer took. Failures are `application/problem+json` (RFC 9457) with a stable `code`.",
    ),
    tags(
        (name = "interaction", description = "Conversations: what to choose from, the live WebSocket, what was kept"),
        (name = "templates", description = "System prompts with roles and a scenario, to choose by name, and what becomes of them"),
        (name = "credentials", description = "Provider keys of your own, and what was done with them"),
        (name = "selftest", description = "Whether what is reported is true: measured against providers whose delays are known"),
        (name = "access", description = "Signing in and out, for browsers; programs send an API token with every request"),
        (name = "server", description = "Whether the server is well, and what it offers"),
    ),
)]
struct Base;

/// The OpenAPI document of every route.
pub fn openapi() -> Document {
    let mut document = Base::openapi();
    for routes in [api::routes(), sign_in::routes(), ws::routes()] {
        document.merge(routes.into_openapi());
    }
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("token", by_token());
    components.add_security_scheme("cookie", by_cookie());
    let nothing: [&str; 0] = [];
    document.security = Some(vec![
        SecurityRequirement::new("token", nothing),
        SecurityRequirement::new("cookie", nothing),
    ]);
    for item in document.paths.paths.values_mut() {
        for operation in changing(item) {
            complete(operation, 403, foreign_origin());
        }
        for operation in operations(item) {
            complete_with_what_stands_before_routes(operation);
            describe_files(operation);
        }
    }
    document
}

/// A route says what it answers itself; what answers in its place is the same for all.
fn complete_with_what_stands_before_routes(operation: &mut Operation) {
    complete(
        operation,
        421,
        problem("The server answers under other names").build(),
    );
    complete(operation, 429, too_many_requests());
    let fault = "A fault of ours, of which the log has the cause";
    complete(operation, 500, problem(fault).build());
    let passing = "The database cannot be reached, or it takes longer than 30 s; try again";
    complete(operation, 503, problem(passing).build());
    let has_parameters = operation.parameters.as_ref().is_some_and(|all| !all.is_empty());
    if has_parameters || operation.request_body.is_some() {
        complete(
            operation,
            400,
            problem("A parameter or the body makes no sense").build(),
        );
    }
    if operation.request_body.is_some() {
        complete(operation, 413, problem("The body is too long").build());
        complete(
            operation,
            415,
            problem("The body is not of the type that is wanted").build(),
        );
    }
    // One that asks for nothing else asks for what the whole document asks for.
    if operation.security.is_none() {
        complete(operation, 401, unauthorized());
    }
}

/// Unless the route says it better itself.
fn complete(operation: &mut Operation, status: u16, response: Response) {
    let responses = &mut operation.responses.responses;
    responses.entry(status.to_string()).or_insert(RefOr::T(response));
}

/// Sound and archives are bytes.
fn describe_files(operation: &mut Operation) {
    for response in operation.responses.responses.values_mut() {
        let RefOr::T(response) = response else { continue };
        for media_type in FILES {
            if let Some(content) = response.content.get_mut(media_type) {
                let format = SchemaFormat::KnownFormat(KnownFormat::Binary);
                let bytes = ObjectBuilder::new()
                    .schema_type(Type::String)
                    .format(Some(format));
                *content = RefOr::T(ContentBuilder::new().schema(Some(bytes)).build());
            }
        }
    }
}

fn by_token() -> SecurityScheme {
    SecurityScheme::Http(
        HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some(
                "An API token, made with `viva token create`. Needed where `auth.mode` is `token`.",
            ))
            .build(),
    )
}

fn by_cookie() -> SecurityScheme {
    SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(
        "viva_session",
        "What a browser gets at `/login`; behind a proxy it is called `__Host-viva_session`.",
    )))
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [
        &mut item.get,
        &mut item.post,
        &mut item.put,
        &mut item.patch,
        &mut item.delete,
    ]
    .into_iter()
    .flatten()
}

/// Those that change something.
fn changing(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.post, &mut item.put, &mut item.patch, &mut item.delete]
        .into_iter()
        .flatten()
}

fn foreign_origin() -> Response {
    problem("A page of another server asks").build()
}

fn unauthorized() -> Response {
    problem("Nobody is signed in, or the token is worth nothing").build()
}

fn too_many_requests() -> Response {
    problem("The client had its share")
        .header("retry-after", Header::new(Object::with_type(Type::Integer)))
        .build()
}

fn problem(description: &str) -> ResponseBuilder {
    let schema = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem")));
    ResponseBuilder::new()
        .description(description)
        .content(PROBLEM_JSON, schema.build())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_says_whether_it_is_for_everybody() {
        let document = serde_json::to_value(openapi()).unwrap();
        let mut open = Vec::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let is_open = operation["security"] == serde_json::json!([{}]);
                let needs_a_token = operation["responses"]["401"]["content"][PROBLEM_JSON].is_object();
                assert_ne!(is_open, needs_a_token, "{method} {path}");
                if is_open {
                    open.push(format!("{method} {path}"));
                }
            }
        }
        let expected = [
            "get /api/docs",
            "get /api/docs/style.css",
            "get /api/v1/openapi.json",
            "get /healthz",
            "get /login",
            "get /login/style.css",
            "get /readyz",
            "post /login",
            "post /logout",
        ];
        open.sort();
        assert_eq!(open, expected);
    }
}
