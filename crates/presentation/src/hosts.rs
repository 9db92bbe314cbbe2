//! Who may talk to this server through a browser: pages that it served itself, under a name that is its own.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::problem::Problem;
use crate::sign_in::SignIn;

/// Refuses requests that were meant for another server. Where nobody signs in, this one answers under `localhost` and
/// loopback addresses: a page of another site cannot reach it by having its own name point here (DNS rebinding). Where
/// somebody has to, such a page has neither token nor cookie, and the server answers under any name.
pub(crate) async fn check_host(State(sign_in): State<SignIn>, request: Request, next: Next) -> Response {
    let is_local_only = matches!(sign_in, SignIn::NotNeeded);
    match authority(request.headers(), request.uri()) {
        Some(host) if !is_local_only || is_loopback(host) => next.run(request).await,
        _ => Problem::misdirected("host-not-allowed")
            .detail("this server answers on localhost and loopback addresses only")
            .into_response(),
    }
}

/// Refuses what pages of other servers ask for, but for what only reads: they would ask in the name of whoever looks at them.
/// Programs send no `Origin`; browsers do with whatever changes something and with every WebSocket, and theirs must be this
/// server.
pub(crate) async fn check_origin(request: Request, next: Next) -> Response {
    let only_reads = request.method().is_safe() && !request.headers().contains_key(header::UPGRADE);
    if only_reads || is_own_origin(request.headers(), request.uri()) {
        return next.run(request).await;
    }
    Problem::forbidden("origin-not-allowed")
        .detail("pages of other servers change nothing here and open no conversation")
        .into_response()
}

fn is_own_origin(headers: &HeaderMap, uri: &Uri) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return true;
    };
    let origin = origin.to_str().ok().and_then(|origin| {
        ["http://", "https://"]
            .iter()
            .find_map(|scheme| origin.strip_prefix(scheme))
    });
    origin
        .zip(authority(headers, uri))
        .is_some_and(|(origin, host)| origin.eq_ignore_ascii_case(host))
}

/// The server that the client wants to talk to. HTTP/2 has it in the URI.
fn authority<'a>(headers: &'a HeaderMap, uri: &'a Uri) -> Option<&'a str> {
    match headers.get(header::HOST) {
        Some(host) => host.to_str().ok(),
        None => uri.authority().map(axum::http::uri::Authority::as_str),
    }
}

/// Whether a `Host` names this machine to itself: `localhost` or a loopback address, with or without a port.
pub fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _port)) => address,
        None => host.split_once(':').map_or(host, |(name, _port)| name),
    };
    name.eq_ignore_ascii_case("localhost")
        || name
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_names_are_our_own() {
        for host in [
            "localhost",
            "LOCALHOST:8080",
            "127.0.0.1:1",
            "127.1.2.3",
            "[::1]:8080",
            "[::1]",
        ] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "10.0.0.1:8080",
            "[::2]",
            "",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }

    fn headers(origin: Option<&str>, host: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        headers
    }

    #[test]
    fn pages_of_other_sites_are_not_of_our_own_origin() {
        let own = |origin, host| is_own_origin(&headers(origin, host), &Uri::from_static("/"));
        assert!(own(None, "localhost:8080"));
        assert!(own(Some("http://LocalHost:8080"), "localhost:8080"));
        assert!(own(Some("https://viva.example"), "viva.example"));
        for origin in [
            "http://evil.example",
            "http://localhost:9090",
            "null",
            "file://localhost:8080",
            "",
        ] {
            assert!(!own(Some(origin), "localhost:8080"), "{origin}");
        }
    }

    #[test]
    fn whoever_names_the_server_in_the_uri_is_heard_as_well() {
        let mut headers = headers(Some("https://viva.example"), "viva.example");
        headers.remove(header::HOST);
        assert!(is_own_origin(
            &headers,
            &Uri::from_static("https://viva.example/logout")
        ));
        assert!(!is_own_origin(
            &headers,
            &Uri::from_static("https://evil.example/logout")
        ));
        assert!(!is_own_origin(&headers, &Uri::from_static("/logout")));
    }
}
