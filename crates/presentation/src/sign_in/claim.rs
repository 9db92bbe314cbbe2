use std::time::Duration;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use viva_application::access::{Access, Carrier, SignedIn};
use viva_domain::access::ShownToken;
use viva_domain::ids::UserId;
use viva_protocol::WEBSOCKET_PATH;

use super::{SignIn, Visitor, cookie};
use crate::client::{self, Client};
use crate::limits::Group;
use crate::meters::FailedSignIn;
use crate::problem::{Problem, whole_seconds};
use crate::state::{AppState, Exposure};

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asker {
    /// Nobody: without a token, or with a cookie that is not good any more.
    Nobody,
    /// Somebody with a token in a header that is worth nothing.
    WrongToken,
    /// Somebody who may.
    Visitor(Visitor),
}

/// Who a request says that it comes from.
enum Claim {
    Nobody,
    /// What is in the header is no token.
    NoToken,
    Token(ShownToken, Carrier),
}

impl Claim {
    fn shown(&self) -> Option<&ShownToken> {
        match self {
            Self::Token(shown, _) => Some(shown),
            Self::Nobody | Self::NoToken => None,
        }
    }
}

/// Who asks, if they may ask for more. The database is asked for nobody who was not counted before: as the user whose token
/// it was the last time, or else as one more unknown at this address.
pub(super) async fn counted(state: &AppState, parts: &Parts) -> Result<Asker, Problem> {
    let group = group_of(parts);
    let count = |group, client| state.limiter.check(group, client);
    let SignIn::ByToken(access) = &state.sign_in else {
        let visitor = Visitor::Local;
        let counted = count(group, Client::User(visitor.user_id()));
        counted.map_err(Problem::too_many_requests)?;
        return Ok(Asker::Visitor(visitor));
    };
    let address = client::address(parts, state.exposure);
    let claim = claim(&parts.headers, state.exposure);
    let shown = claim.shown();
    let known = shown.map_or(Ok(None), |shown| count_shown(state, access, parts, shown));
    let known = known.map_err(Problem::too_many_requests)?;
    let asker = asker(access, &claim).await?;
    let counted = match asker {
        Asker::Visitor(_) if known.is_some() => Ok(()),
        Asker::Visitor(visitor) => count(group, Client::User(visitor.user_id())),
        Asker::Nobody | Asker::WrongToken => count(group, Client::Address(address)),
    };
    counted.map_err(Problem::too_many_requests)?;
    if asker == Asker::WrongToken {
        state.meters.sign_in_failed(FailedSignIn::Header);
        access.refuse(address).map_err(too_many_wrong)?;
        let counted = count(Group::WrongHeaders, Client::Address(address));
        counted.map_err(Problem::too_many_requests)?;
    }
    Ok(asker)
}

/// Who signed in with this browser. What is in a header says nothing about that.
pub(super) async fn browser(state: &AppState, parts: &Parts) -> Result<Option<SignedIn>, Problem> {
    let shown = cookie::read(&parts.headers, state.exposure);
    let (SignIn::ByToken(access), Some(shown)) = (&state.sign_in, shown) else {
        return Ok(None);
    };
    count_shown(state, access, parts, &shown).map_err(Problem::too_many_requests)?;
    let signed_in = access.authenticate(&shown, Carrier::Cookie).await;
    signed_in.map_err(|err| Problem::from(&err))
}

/// Counts a request before the database is asked for the token that it shows. Whose it was the last time, or else how long
/// to wait.
pub(super) fn count_shown(
    state: &AppState,
    access: &Access,
    parts: &Parts,
    shown: &ShownToken,
) -> Result<Option<UserId>, Duration> {
    let known = access.known(shown);
    let address = client::address(parts, state.exposure);
    let (group, client) = match known {
        Some(user_id) => (group_of(parts), Client::User(user_id)),
        None => (Group::UnknownTokens, Client::Address(address)),
    };
    state.limiter.check(group, client)?;
    Ok(known)
}

async fn asker(access: &Access, claim: &Claim) -> Result<Asker, Problem> {
    let (shown, carrier) = match claim {
        Claim::Nobody => return Ok(Asker::Nobody),
        Claim::NoToken => return Ok(Asker::WrongToken),
        Claim::Token(shown, carrier) => (shown, *carrier),
    };
    let signed_in = access.authenticate(shown, carrier).await;
    let signed_in = signed_in.map_err(|err| Problem::from(&err))?;
    Ok(match (signed_in, carrier) {
        (Some(signed_in), _) => Asker::Visitor(Visitor::SignedIn(signed_in)),
        (None, Carrier::Header) => Asker::WrongToken,
        (None, Carrier::Cookie) => Asker::Nobody,
    })
}

fn too_many_wrong(retry_after: Duration) -> Problem {
    let seconds = whole_seconds(retry_after);
    let detail = format!("this token is worth nothing, as others before; try again in {seconds} s");
    Problem::too_many_requests(retry_after).detail(detail)
}

fn group_of(parts: &Parts) -> Group {
    if parts.uri.path() == WEBSOCKET_PATH {
        Group::Connections
    } else {
        Group::of(&parts.method)
    }
}

/// A token in a header comes before a cookie.
fn claim(headers: &HeaderMap, exposure: Exposure) -> Claim {
    if let Some(token) = bearer(headers) {
        let shown = ShownToken::parse(token);
        return shown.map_or(Claim::NoToken, |shown| Claim::Token(shown, Carrier::Header));
    }
    let shown = cookie::read(headers, exposure);
    shown.map_or(Claim::Nobody, |shown| Claim::Token(shown, Carrier::Cookie))
}

/// The token of an `Authorization: Bearer` header (RFC 6750). Other schemes are not for this server.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bearers_are_heard() {
        let mut headers = HeaderMap::new();
        assert_eq!(bearer(&headers), None);
        for (value, token) in [
            ("Bearer abc", Some("abc")),
            ("bearer  abc ", Some("abc")),
            ("Bearer ", Some("")),
            ("Bearer", None),
            ("Basic YTpi", None),
            ("Bearerabc", None),
        ] {
            headers.insert(AUTHORIZATION, value.parse().unwrap());
            assert_eq!(bearer(&headers), token, "{value}");
        }
    }
}
