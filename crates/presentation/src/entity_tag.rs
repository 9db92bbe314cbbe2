//! Conditions of RFC 9110, section 13: what the client has already.

use axum::http::{HeaderMap, header};

/// Whether the client has this version (`If-None-Match`): then nothing is sent again.
pub(crate) fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let lines = headers.get_all(header::IF_NONE_MATCH).iter();
    let mut listed = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','));
    // Whether the other side calls it weak makes no difference here.
    listed.any(|listed| {
        let listed = listed.trim();
        listed == "*" || listed.strip_prefix("W/").unwrap_or(listed) == tag
    })
}

/// Whether a part may be sent (`If-Range`): the client has nothing yet, or parts of this very version. By a date nothing is
/// known, since none is told; nor is it where versions have no tag.
pub(crate) fn is_current(headers: &HeaderMap, tag: Option<&str>) -> bool {
    let wanted = headers.get(header::IF_RANGE);
    wanted.is_none_or(|wanted| tag.is_some_and(|tag| wanted.as_bytes().trim_ascii() == tag.as_bytes()))
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    const TAG: &str = "\"a-user-44\"";

    fn headers(name: &HeaderName, values: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn what_the_client_has_is_known() {
        let known = |values: &[&'static str]| is_known(&headers(&header::IF_NONE_MATCH, values), TAG);
        for values in [
            &["\"a-user-44\""][..],
            &["W/\"a-user-44\""],
            &["*"],
            &["\"b\", \"a-user-44\" ,\"c\""],
            &["\"b\"", "\"a-user-44\""],
        ] {
            assert!(known(values), "{values:?}");
        }
        for values in [&[][..], &[""], &["\"b\""], &["a-user-44"], &["\"a-user-4\""]] {
            assert!(!known(values), "{values:?}");
        }
    }

    #[test]
    fn parts_are_of_the_very_same_version() {
        let current = |values: &[&'static str]| is_current(&headers(&header::IF_RANGE, values), Some(TAG));
        assert!(current(&[]) && current(&["\"a-user-44\""]));
        for value in [
            "W/\"a-user-44\"",
            "*",
            "\"b\"",
            "\"b\", \"a-user-44\"",
            "Mon, 30 Nov 2026 00:00:00 GMT",
        ] {
            assert!(!current(&[value]), "{value}");
        }
        assert!(is_current(&headers(&header::IF_RANGE, &[]), None));
        assert!(!is_current(&headers(&header::IF_RANGE, &[TAG]), None));
    }
}
