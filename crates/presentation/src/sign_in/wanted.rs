//! Where people want to go who have to sign in first.

use viva_frontend::Page;

use super::login;

/// A page of this server, with what was asked of it. Nothing else is ever gone to: a link may say anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted(String);

impl Wanted {
    /// The path of a page and maybe a query, as a browser asks for it.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (path, query) = text.split_once('?').unwrap_or((text, ""));
        (Page::at(path).is_some() && query.bytes().all(is_of_query)).then(|| Self(text.to_owned()))
    }

    /// The path and query.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// The same for an attribute of a document.
    pub(super) fn as_attribute(&self) -> String {
        self.0.replace('&', "&amp;")
    }

    /// Where to sign in for it. Whoever wants the first page need not say so.
    pub(super) fn sign_in_path(wanted: Option<&Self>) -> String {
        let wanted = wanted.map_or(login::HOME, Self::as_str);
        if wanted == login::HOME {
            return login::PATH.to_owned();
        }
        let escaped = wanted.replace('%', "%25").replace('&', "%26").replace('+', "%2B");
        format!("{}?next={escaped}", login::PATH)
    }
}

/// What may stand in a query (RFC 3986, 3.4), but for the apostrophe, which documents know as a quotation mark.
fn is_of_query(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~%!$&()*+,;=:@/?".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_this_server_is_gone_to() {
        for text in [
            "/",
            "/history?q=a%20b&page=2",
            "/compare",
            "/providers",
            "/sessions/0197a3c2-5b1e-7c40-9d7e-3f0a1b2c3d4e",
            "/?",
            "/providers?q=a%20b&page=2",
            // What a page is asked changes nothing about where it is.
            "/providers?next=//evil.example",
        ] {
            assert_eq!(Wanted::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn nothing_else_is() {
        for text in [
            "",
            "?",
            "//evil.example",
            "///evil.example",
            "//evil.example/providers",
            "//providers",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "https://evil.example/",
            "https:/providers",
            "https:evil.example",
            "javascript:alert(1)",
            "data:text/html,x",
            "evil.example",
            "providers",
            "@evil.example",
            "/@evil.example",
            "/.evil.example",
            "%2Fproviders",
            "%2F%2Fevil.example",
            "/%2Fevil.example",
            "/%5Cevil.example",
            "/%09/evil.example",
            "/providers/..//evil.example",
            "/providers/",
            "/Providers",
            " /providers",
            "/providers ",
            "/providers#there",
            "/providers\r\nset-cookie: a=b",
            "/providers?a\r\nset-cookie: a=b",
            "/providers?a\"onclick=alert(1)",
            "/providers?a'b",
            "/providers?<script>",
            "/providers?\\evil",
            "/providers?語",
            "/sessions",
            "/sessions/",
            "/sessions/{id}",
            "/sessions/me",
            "/sessions//0197a3c2-5b1e-7c40-9d7e-3f0a1b2c3d4e",
            "/sessions/{0197a3c2-5b1e-7c40-9d7e-3f0a1b2c3d4e}",
            "/sessions/0197a3c2-5b1e-7c40-9d7e-3f0a1b2c3d4e/evil",
            "/login",
            "/logout",
            "/api/v1/me",
            "/assets/base.css",
        ] {
            assert_eq!(Wanted::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn it_comes_through_the_query_of_the_form() {
        let path = |text| Wanted::sign_in_path(Wanted::parse(text).as_ref());
        assert_eq!(path("/"), "/login");
        assert_eq!(path("//evil.example"), "/login");
        assert_eq!(path("/providers"), "/login?next=/providers");
        assert_eq!(
            path("/providers?q=a%20b+c&page=2"),
            "/login?next=/providers?q=a%2520b%2Bc%26page=2"
        );
        let attribute = Wanted::parse("/providers?a=1&b=2").unwrap().as_attribute();
        assert_eq!(attribute, "/providers?a=1&amp;b=2");
    }
}
