use viva_protocol::rest::CredentialFieldName;

use crate::api::Refused;

/// Nobody is signed in (RFC 9110, 15.5.2).
const UNAUTHORIZED: u16 = 401;
/// The client had its share (RFC 6585, 4).
const TOO_MANY_REQUESTS: u16 = 429;

/// Why something did not work with a key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trouble {
    /// What happened; the words are chosen per language.
    pub kind: TroubleKind,
    /// Where it is to be mended, when it is in the form.
    pub field: Option<CredentialFieldName>,
    /// More from the server, in its words.
    pub detail: Option<String>,
}

/// What happened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TroubleKind {
    /// The server of this page did not answer, or not with what was asked for.
    #[default]
    NoServer,
    /// Nobody is signed in any more.
    SignedOut,
    /// The server takes no more requests for now.
    TooManyRequests {
        /// For how long, where it said that.
        wait_s: Option<u32>,
    },
    /// A field that must be there is empty.
    Missing,
    /// What is in a field cannot be; the details say why.
    Invalid,
    /// The provider does not know the key.
    BadKey,
    /// The key may not do what is needed.
    Forbidden,
    /// The account has nothing left to spend.
    QuotaExceeded,
    /// The address is none, is not allowed, or is another's.
    WrongAddress(AddressFault),
    /// The provider cannot be reached; the details say how that showed.
    NoNetwork,
    /// The provider takes no more requests for now.
    RateLimited {
        /// For how long, where it said that.
        wait_s: Option<u32>,
    },
    /// The provider is out of order; the details say more.
    ProviderFailed,
    /// What is stored cannot be read back.
    Unreadable,
    /// There is no key, or no such provider, any more.
    Gone,
    /// Anything else; the details say what.
    Other,
}

/// What is wrong with an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AddressFault {
    /// It is not one of `http` and `https`.
    NotHttp,
    /// It holds a name or a password.
    Password,
    /// It holds a `#`.
    Fragment,
    /// It leads to a machine beside the server.
    LinkLocal,
    /// It leads to where a cloud gives the server its credentials.
    Metadata,
    /// It leads to the server's own network.
    Private,
    /// It leads to no single host.
    NoHost,
    /// There is nothing of the provider there.
    NotFound,
    /// Something else answers there.
    NotTheProvider,
    /// It sends on to another address.
    Redirects,
    /// The key, or the server, belongs to another region.
    OtherRegion,
}

impl AddressFault {
    /// All of them, by the codes that the server gives them.
    pub(crate) const BY_CODE: [(&'static str, Self); 11] = [
        ("base-url-not-http", Self::NotHttp),
        ("base-url-with-password", Self::Password),
        ("base-url-with-fragment", Self::Fragment),
        ("base-url-link-local", Self::LinkLocal),
        ("base-url-metadata", Self::Metadata),
        ("base-url-private", Self::Private),
        ("base-url-no-host", Self::NoHost),
        ("base-url-not-found", Self::NotFound),
        ("base-url-not-the-provider", Self::NotTheProvider),
        ("base-url-redirects", Self::Redirects),
        ("base-url-other-region", Self::OtherRegion),
    ];

    fn of(code: &str) -> Option<Self> {
        let known = Self::BY_CODE.into_iter().find(|(known, _)| *known == code);
        known.map(|(_, fault)| fault)
    }
}

impl Trouble {
    /// A field has to be filled in.
    pub fn missing(field: CredentialFieldName) -> Self {
        Self {
            kind: TroubleKind::Missing,
            field: Some(field),
            detail: None,
        }
    }

    /// Nobody is signed in any more.
    pub fn signed_out() -> Self {
        Self::of(TroubleKind::SignedOut)
    }

    /// Whether nobody is signed in any more.
    pub fn is_signed_out(&self) -> bool {
        self.kind == TroubleKind::SignedOut
    }

    /// What the server says more, as a sentence of its own.
    pub fn detail_as_sentence(&self) -> Option<String> {
        let detail = self.detail.as_deref()?;
        let mut letters = detail.chars();
        let first = letters.next()?.to_uppercase();
        Some(format!("{first}{}.", letters.as_str()))
    }

    fn of(kind: TroubleKind) -> Self {
        Self {
            kind,
            ..Self::default()
        }
    }
}

impl TroubleKind {
    fn of(status: u16, code: &str, wait_s: Option<u32>) -> Self {
        if let Some(fault) = AddressFault::of(code) {
            return Self::WrongAddress(fault);
        }
        match code {
            "invalid-credential" => Self::Invalid,
            "credential-refused" => Self::BadKey,
            "credential-forbidden" => Self::Forbidden,
            "credential-quota-exceeded" => Self::QuotaExceeded,
            "provider-unreachable" => Self::NoNetwork,
            "provider-rate-limited" => Self::RateLimited { wait_s },
            "provider-failed" => Self::ProviderFailed,
            "credential-unreadable" => Self::Unreadable,
            "credential-not-found" | "provider-not-found" => Self::Gone,
            _ if status == UNAUTHORIZED => Self::SignedOut,
            _ if status == TOO_MANY_REQUESTS => Self::TooManyRequests { wait_s },
            _ => Self::Other,
        }
    }

    /// Whether the server's words say more than those of the page.
    fn has_details(self) -> bool {
        matches!(
            self,
            Self::Invalid | Self::NoNetwork | Self::ProviderFailed | Self::Other
        )
    }

    /// Where it is to be mended.
    fn field(self, detail: &str) -> Option<CredentialFieldName> {
        match self {
            Self::Invalid => named(detail),
            Self::Missing | Self::BadKey | Self::Forbidden | Self::QuotaExceeded | Self::Unreadable => {
                Some(CredentialFieldName::ApiKey)
            }
            Self::WrongAddress(_) | Self::NoNetwork => Some(CredentialFieldName::BaseUrl),
            Self::NoServer
            | Self::SignedOut
            | Self::TooManyRequests { .. }
            | Self::RateLimited { .. }
            | Self::ProviderFailed
            | Self::Gone
            | Self::Other => None,
        }
    }
}

/// The field that the server's words are about.
fn named(detail: &str) -> Option<CredentialFieldName> {
    [
        ("api_key", CredentialFieldName::ApiKey),
        ("base_url", CredentialFieldName::BaseUrl),
        ("organization", CredentialFieldName::Organization),
    ]
    .into_iter()
    .find_map(|(name, field)| detail.contains(name).then_some(field))
}

impl From<Refused> for Trouble {
    fn from(refused: Refused) -> Self {
        let Some(status) = refused.status else {
            return Self::default();
        };
        let (code, detail) = match refused.problem {
            Some(problem) => (problem.code, problem.detail.unwrap_or(problem.title)),
            None => (String::new(), String::new()),
        };
        let kind = TroubleKind::of(status, &code, refused.wait_s);
        Self {
            kind,
            field: kind.field(&detail),
            detail: Some(detail).filter(|detail| kind.has_details() && !detail.is_empty()),
        }
    }
}

#[cfg(test)]
mod tests {
    use viva_protocol::problem::Problem;

    use super::*;

    fn refused(status: u16, code: &str, detail: &str) -> Refused {
        Refused {
            status: Some(status),
            problem: Some(Problem {
                kind: "about:blank".to_owned(),
                title: "Title".to_owned(),
                status,
                code: code.to_owned(),
                detail: (!detail.is_empty()).then(|| detail.to_owned()),
            }),
            wait_s: Some(7),
        }
    }

    fn told(status: u16, code: &str, detail: &str) -> Trouble {
        refused(status, code, detail).into()
    }

    #[test]
    fn what_the_server_says_is_told_apart_and_shown_where_it_is_to_be_mended() {
        let (key, address) = (
            Some(CredentialFieldName::ApiKey),
            Some(CredentialFieldName::BaseUrl),
        );
        let wait_s = Some(7);
        for (status, code, kind, field) in [
            (422, "credential-refused", TroubleKind::BadKey, key),
            (422, "credential-forbidden", TroubleKind::Forbidden, key),
            (422, "credential-quota-exceeded", TroubleKind::QuotaExceeded, key),
            (
                422,
                "base-url-private",
                TroubleKind::WrongAddress(AddressFault::Private),
                address,
            ),
            (
                422,
                "base-url-other-region",
                TroubleKind::WrongAddress(AddressFault::OtherRegion),
                address,
            ),
            (502, "provider-unreachable", TroubleKind::NoNetwork, address),
            (502, "provider-failed", TroubleKind::ProviderFailed, None),
            (
                503,
                "provider-rate-limited",
                TroubleKind::RateLimited { wait_s },
                None,
            ),
            (409, "credential-unreadable", TroubleKind::Unreadable, key),
            (404, "credential-not-found", TroubleKind::Gone, None),
            (404, "provider-not-found", TroubleKind::Gone, None),
            (401, "unauthorized", TroubleKind::SignedOut, None),
            (
                429,
                "too-many-requests",
                TroubleKind::TooManyRequests { wait_s },
                None,
            ),
            (500, "internal-server-error", TroubleKind::Other, None),
        ] {
            let trouble = told(status, code, "more");
            assert_eq!((trouble.kind, trouble.field), (kind, field), "{code}");
            assert_eq!(trouble.detail.is_some(), kind.has_details(), "{code}");
        }
    }

    #[test]
    fn a_field_that_cannot_be_is_found_by_its_name() {
        for (detail, field) in [
            (
                "api_key is longer than 4096 characters",
                CredentialFieldName::ApiKey,
            ),
            ("base_url is missing", CredentialFieldName::BaseUrl),
            (
                "this provider takes no organization",
                CredentialFieldName::Organization,
            ),
        ] {
            let trouble = told(400, "invalid-credential", detail);
            assert_eq!(trouble.field, Some(field), "{detail}");
            assert_eq!(trouble.detail.as_deref(), Some(detail));
        }
    }

    #[test]
    fn details_are_sentences() {
        let trouble = told(502, "provider-unreachable", "nothing takes connections there");
        let sentence = trouble.detail_as_sentence();
        assert_eq!(sentence.as_deref(), Some("Nothing takes connections there."));
        assert_eq!(Trouble::default().detail_as_sentence(), None);
    }

    #[test]
    fn a_server_that_does_not_answer_or_makes_no_sense_is_trouble_too() {
        assert_eq!(Trouble::from(Refused::default()).kind, TroubleKind::NoServer);
        let senseless = Refused {
            status: Some(401),
            ..Refused::default()
        };
        assert!(Trouble::from(senseless).is_signed_out());
        assert_eq!(told(500, "", "").detail.as_deref(), Some("Title"));
    }
}
