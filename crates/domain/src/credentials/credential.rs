use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

use super::form::CredentialField;

/// Longest key, in characters.
const MAX_KEY_CHARS: usize = 4_096;
/// Longest address, in characters.
const MAX_ADDRESS_CHARS: usize = 2_048;
/// Longest organization, in characters.
const MAX_ORGANIZATION_CHARS: usize = 200;
/// Of shorter keys no part is shown: the rest could be guessed.
const MIN_SHOWN_CHARS: usize = 16;
/// How much of a key's end is shown.
const SHOWN_END: usize = 4;
/// The longest kind of key that is shown at its beginning, such as `sk-`.
const MAX_KIND_CHARS: usize = 4;

/// What a user says about their account at a provider.
#[derive(Debug, Clone, Copy)]
pub struct RawCredential<'a> {
    /// The key.
    pub api_key: &'a SecretString,
    /// Where the provider is.
    pub base_url: Option<&'a str>,
    /// Who pays, where an account belongs to several.
    pub organization: Option<&'a str>,
}

/// A user's account at a provider. Every text is trimmed, and can be sent in a header.
#[derive(Debug, Clone)]
pub struct Credential {
    api_key: SecretString,
    base_url: Option<String>,
    organization: Option<String>,
}

/// What cannot be a credential. Nothing of it is repeated: it may be a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum InvalidCredential {
    /// A text that must be there is empty.
    #[error("{field} is missing")]
    Missing {
        /// Which text.
        field: &'static str,
    },
    /// Longer than allowed.
    #[error("{field} is longer than {limit} characters")]
    TooLong {
        /// Which text.
        field: &'static str,
        /// The limit in characters.
        limit: usize,
    },
    /// A space, a line break, or a letter that no header can carry.
    #[error("{field} holds a space, a line break or a letter that is not ASCII; give the {field} alone")]
    Characters {
        /// Which text.
        field: &'static str,
    },
    /// The provider has no use for it.
    #[error("this provider takes no {field}")]
    NotTaken {
        /// Which text.
        field: &'static str,
    },
}

impl Credential {
    /// Checks and trims the texts; which of them a provider takes is for its [`super::CredentialForm`] to say.
    ///
    /// # Errors
    /// [`InvalidCredential`] says which text breaks which rule.
    pub fn parse(raw: RawCredential<'_>) -> Result<Self, InvalidCredential> {
        let key = token("api_key", raw.api_key.expose_secret(), MAX_KEY_CHARS)?;
        let (base_url, organization) = (CredentialField::BaseUrl, CredentialField::Organization);
        Ok(Self {
            api_key: key
                .map(SecretString::from)
                .ok_or(InvalidCredential::Missing { field: "api_key" })?,
            base_url: optional(base_url, raw.base_url, MAX_ADDRESS_CHARS)?,
            organization: optional(organization, raw.organization, MAX_ORGANIZATION_CHARS)?,
        })
    }

    /// The key.
    pub fn api_key(&self) -> &SecretString {
        &self.api_key
    }

    /// Where the provider is; `None` for its usual address.
    pub fn base_url(&self) -> Option<&str> {
        self.base_url.as_deref()
    }

    /// Who pays; `None` for the account's own choice.
    pub fn organization(&self) -> Option<&str> {
        self.organization.as_deref()
    }

    /// The key as it may be shown, such as `sk-…abcd`.
    pub fn masked(&self) -> String {
        let key = self.api_key.expose_secret();
        // ASCII, as it was checked: bytes are characters.
        if key.len() < MIN_SHOWN_CHARS {
            return "…".to_owned();
        }
        let kind = key.find('-').map_or(0, |at| at + 1);
        let kind = if kind <= MAX_KIND_CHARS { kind } else { 0 };
        format!("{}…{}", &key[..kind], &key[key.len() - SHOWN_END..])
    }
}

fn optional(
    field: CredentialField,
    raw: Option<&str>,
    limit: usize,
) -> Result<Option<String>, InvalidCredential> {
    let text = raw.map(|raw| token(field.name(), raw, limit)).transpose()?;
    Ok(text.flatten())
}

/// What can be sent in a header; `None` when nothing is left.
fn token(field: &'static str, raw: &str, limit: usize) -> Result<Option<String>, InvalidCredential> {
    let text = raw.trim();
    if text.len() > limit {
        return Err(InvalidCredential::TooLong { field, limit });
    }
    if !text.chars().all(|c| c.is_ascii_graphic()) {
        return Err(InvalidCredential::Characters { field });
    }
    Ok(Some(text.to_owned()).filter(|text| !text.is_empty()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn parse(
        key: &str,
        base_url: Option<&str>,
        organization: Option<&str>,
    ) -> Result<Credential, InvalidCredential> {
        Credential::parse(RawCredential {
            api_key: &SecretString::from(key),
            base_url,
            organization,
        })
    }

    #[test]
    fn texts_are_trimmed_and_blank_ones_absent() {
        let credential = parse(" k \n", Some(" https://a.example "), Some("  ")).unwrap();
        assert_eq!(credential.api_key().expose_secret(), "k");
        assert_eq!(credential.base_url(), Some("https://a.example"));
        assert_eq!(credential.organization(), None);
    }

    #[rstest]
    #[case("sk-proj-0123456789abcd", "sk-…abcd")]
    #[case("AIza0123456789wxyz", "…wxyz")]
    #[case("0123456-89abcdefgh", "…efgh")]
    #[case("sk-0123456789abc", "sk-…9abc")]
    #[case("sk-0123456789ab", "…")]
    #[case("k", "…")]
    fn little_of_a_key_is_shown(#[case] key: &str, #[case] shown: &str) {
        assert_eq!(parse(key, None, None).unwrap().masked(), shown);
    }

    #[test]
    fn what_cannot_be_sent_is_refused_without_being_repeated() {
        let refused = |key, url, organization| parse(key, url, organization).unwrap_err();
        assert_eq!(
            refused(" ", None, None),
            InvalidCredential::Missing { field: "api_key" }
        );
        for bad in ["hidden key", "hidden\u{0}", "hidden\nkey", "hiddén"] {
            for (field, err) in [
                ("api_key", refused(bad, None, None)),
                ("base_url", refused("k", Some(bad), None)),
                ("organization", refused("k", None, Some(bad))),
            ] {
                assert_eq!(err, InvalidCredential::Characters { field });
                assert!(!err.to_string().contains("hidd"), "{err}");
            }
        }
    }

    #[test]
    fn the_limits_are_kept() {
        let (key, url, organization) = ("k".repeat(4_096), "u".repeat(2_048), "o".repeat(200));
        assert!(parse(&key, Some(&url), Some(&organization)).is_ok());
        let too_long = |field, limit| InvalidCredential::TooLong { field, limit };
        let refused =
            |key: &str, url: &str, organization: &str| parse(key, Some(url), Some(organization)).unwrap_err();
        assert_eq!(
            refused(&format!("{key}k"), &url, &organization),
            too_long("api_key", 4_096)
        );
        assert_eq!(
            refused(&key, &format!("{url}u"), &organization),
            too_long("base_url", 2_048)
        );
        assert_eq!(
            refused(&key, &url, &format!("{organization}o")),
            too_long("organization", 200)
        );
    }

    #[test]
    fn a_key_is_in_no_debug_output() {
        let credential = parse("sk-hidden-hidden-hidden", None, None).unwrap();
        assert!(!format!("{credential:?}").contains("hidden"));
    }

    proptest! {
        #[test]
        fn at_most_half_of_any_key_is_shown(key in "[!-~]{1,40}") {
            let shown = parse(&key, None, None).unwrap().masked();
            prop_assert!((shown.chars().count() - 1) * 2 <= key.len(), "{}", shown);
            prop_assert!(!shown.contains(&key));
        }
    }
}
