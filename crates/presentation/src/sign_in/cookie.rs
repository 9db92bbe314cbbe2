use axum::http::HeaderMap;
use axum::http::header::COOKIE;
use viva_application::access::CreatedToken;
use viva_domain::access::ShownToken;

use crate::state::Exposure;

/// Not sent with requests that pages of other sites make, and not to be read by scripts.
const ATTRIBUTES: &str = "Path=/; HttpOnly; SameSite=Strict";

/// A browser takes a cookie whose name begins with `__Host-` over HTTPS only, and from this host only.
const fn name(exposure: Exposure) -> &'static str {
    match exposure {
        Exposure::Direct => "viva_session",
        Exposure::BehindProxy => "__Host-viva_session",
    }
}

const fn secure(exposure: Exposure) -> &'static str {
    match exposure {
        Exposure::Direct => "",
        Exposure::BehindProxy => "; Secure",
    }
}

/// The browser's token.
pub(super) fn read(headers: &HeaderMap, exposure: Exposure) -> Option<ShownToken> {
    let cookies = headers.get_all(COOKIE).iter();
    let mut pairs = cookies
        .filter_map(|cookies| cookies.to_str().ok())
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    let (_, token) = pairs.find(|(key, _)| *key == name(exposure))?;
    ShownToken::parse(token)
}

/// The value of `set-cookie` that signs a browser in.
pub(super) fn of(created: &CreatedToken, exposure: Exposure) -> String {
    let token = &created.token;
    let seconds = token
        .expires_at
        .map_or(0, |expires_at| (expires_at - token.created_at).num_seconds());
    let (name, secure) = (name(exposure), secure(exposure));
    let shown = created.shown.reveal();
    format!("{name}={shown}; {ATTRIBUTES}; Max-Age={seconds}{secure}")
}

/// The value of `set-cookie` that signs it out.
pub(super) fn none(exposure: Exposure) -> String {
    let (name, secure) = (name(exposure), secure(exposure));
    format!("{name}=; {ATTRIBUTES}; Max-Age=0{secure}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "viva_0199a6a47c1c7f4e9d530d3c2b1a0f5e_0000000000000000000000000000000000000000000000000000000000000001";

    fn read_from(cookies: &[&str], exposure: Exposure) -> Option<String> {
        let mut headers = HeaderMap::new();
        for cookie in cookies {
            headers.append(COOKIE, cookie.parse().unwrap());
        }
        read(&headers, exposure).map(|shown| shown.reveal())
    }

    #[test]
    fn it_is_found_among_others() {
        let ours = format!("viva_session={TOKEN}");
        for cookies in [
            &[ours.as_str()][..],
            &["theme=dark", &ours],
            &[&format!("theme=dark;{ours}; a=b")],
            &[&format!("viva_session2=x; {ours}")],
        ] {
            let found = read_from(cookies, Exposure::Direct);
            assert_eq!(found.as_deref(), Some(TOKEN), "{cookies:?}");
        }
        for cookies in [
            &[][..],
            &["viva_session="],
            &["viva_session"],
            &[&format!("viva_session=\"{TOKEN}\"")],
            &[&format!("Viva_Session={TOKEN}")],
        ] {
            assert_eq!(read_from(cookies, Exposure::Direct), None, "{cookies:?}");
        }
    }

    #[test]
    fn one_that_came_without_https_is_not_heard_behind_a_proxy() {
        let (plain, hosts_own) = (
            format!("viva_session={TOKEN}"),
            format!("__Host-viva_session={TOKEN}"),
        );
        assert_eq!(read_from(&[&plain], Exposure::BehindProxy), None);
        assert!(read_from(&[&hosts_own], Exposure::BehindProxy).is_some());
    }

    #[test]
    fn signing_out_says_the_same_of_it_as_signing_in() {
        assert_eq!(
            none(Exposure::BehindProxy),
            "__Host-viva_session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0; Secure"
        );
        assert!(!none(Exposure::Direct).contains("Secure"));
    }
}
