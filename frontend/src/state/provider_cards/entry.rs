use viva_protocol::rest::{
    Credential, CredentialField, CredentialFieldName, CredentialList, CredentialStatus, Provider,
    ProviderCredential, ProviderList,
};

use super::Trouble;
use crate::state::choices::Part;

/// Whether the providers are known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Listing {
    /// The server is being asked.
    #[default]
    Loading,
    /// These are they, in the order in which they are shown.
    Loaded(Vec<Entry>),
    /// The server did not say.
    Failed(Trouble),
}

impl Listing {
    /// The server said this, or why not. What is known stays when it cannot be known anew, unless it is nobody's any more.
    pub fn hear(&mut self, said: Result<Vec<Entry>, Trouble>) {
        let is_known = matches!(self, Self::Loaded(_));
        match said {
            Ok(entries) => *self = Self::Loaded(entries),
            Err(trouble) if is_known && !trouble.is_signed_out() => {}
            Err(trouble) => *self = Self::Failed(trouble),
        }
    }

    /// The ids of the providers.
    pub fn ids(&self) -> Vec<String> {
        match self {
            Self::Loaded(entries) => entries.iter().map(|entry| entry.id.clone()).collect(),
            Self::Loading | Self::Failed(_) => Vec::new(),
        }
    }

    /// One of the providers.
    pub fn find(&self, id: &str) -> Option<&Entry> {
        match self {
            Self::Loaded(entries) => entries.iter().find(|entry| entry.id == id),
            Self::Loading | Self::Failed(_) => None,
        }
    }
}

/// A provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its id.
    pub id: String,
    /// The name that people know.
    pub name: String,
    /// What it can do in a conversation.
    pub parts: Vec<Part>,
    /// Whose key it is used with.
    pub standing: Standing,
    /// How a person gives a key of their own; `None` when it takes none.
    pub form: Option<KeyForm>,
}

/// Whose key a provider is used with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It needs none.
    NoKeyNeeded,
    /// The server has one for everybody.
    ServersKey,
    /// It needs one, and there is none.
    NoKey,
    /// The person's own.
    OwnKey(Credential),
    /// The person's own, which the provider does not know any more. It is not used.
    RefusedKey(Credential),
}

/// How a person gives a key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyForm {
    /// What the provider wants to know.
    pub fields: Vec<CredentialField>,
    /// Where keys are made.
    pub key_url: Option<String>,
}

impl Standing {
    /// A word for style sheets and tests.
    pub fn name(&self) -> &'static str {
        match self {
            Self::NoKeyNeeded => "no-key-needed",
            Self::ServersKey => "servers-key",
            Self::NoKey => "no-key",
            Self::OwnKey(_) => "own-key",
            Self::RefusedKey(_) => "refused-key",
        }
    }

    /// The person's own key, as far as it is shown.
    pub fn own(&self) -> Option<&Credential> {
        match self {
            Self::OwnKey(credential) | Self::RefusedKey(credential) => Some(credential),
            Self::NoKeyNeeded | Self::ServersKey | Self::NoKey => None,
        }
    }

    fn of(own: Option<&Credential>, plays: Option<&Provider>) -> Self {
        if let Some(own) = own {
            let own = own.clone();
            return if own.status == CredentialStatus::Invalid {
                Self::RefusedKey(own)
            } else {
                Self::OwnKey(own)
            };
        }
        match plays.map(|provider| provider.credential_status) {
            Some(CredentialStatus::NotNeeded) => Self::NoKeyNeeded,
            Some(CredentialStatus::Present | CredentialStatus::Valid) => Self::ServersKey,
            Some(CredentialStatus::Missing | CredentialStatus::Invalid) | None => Self::NoKey,
        }
    }
}

impl KeyForm {
    /// Whether the provider wants to know this.
    pub fn has(&self, field: CredentialFieldName) -> bool {
        self.fields.iter().any(|wanted| wanted.name == field)
    }

    /// The first field that has to be filled in and is not.
    pub fn missing(&self, text: impl Fn(CredentialFieldName) -> String) -> Option<CredentialFieldName> {
        let mut wanted = self.fields.iter().filter(|field| field.required);
        let missing = wanted.find(|field| text(field.name).trim().is_empty())?;
        Some(missing.name)
    }
}

impl Entry {
    /// The providers that take keys, in the server's order, then those that take none.
    pub fn all(keys: &CredentialList, providers: &ProviderList) -> Vec<Self> {
        let mut entries: Vec<Self> = keys
            .items
            .iter()
            .map(|item| Self::of(&item.provider, &item.name, Some(item), providers))
            .collect();
        for part in Part::ALL {
            for provider in part.providers(providers) {
                if !entries.iter().any(|entry| entry.id == provider.id) {
                    entries.push(Self::of(&provider.id, &provider.name, None, providers));
                }
            }
        }
        entries
    }

    fn of(id: &str, name: &str, key: Option<&ProviderCredential>, providers: &ProviderList) -> Self {
        let plays: Vec<(Part, &Provider)> = Part::ALL
            .into_iter()
            .filter_map(|part| Some((part, part.provider(providers, id)?)))
            .collect();
        let own = key.and_then(|key| key.credential.as_ref());
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            standing: Standing::of(own, plays.first().map(|(_, provider)| *provider)),
            parts: plays.into_iter().map(|(part, _)| part).collect(),
            form: key.map(|key| KeyForm {
                fields: key.fields.clone(),
                key_url: key.key_url.clone(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use viva_protocol::rest::ProviderCapabilities;

    use super::*;

    fn provider(id: &str, credential_status: CredentialStatus) -> Provider {
        Provider {
            id: id.to_owned(),
            name: id.to_uppercase(),
            models: Vec::new(),
            voices: Vec::new(),
            languages: Vec::new(),
            custom_names: false,
            capabilities: ProviderCapabilities {
                detects_turns: false,
                greets: false,
            },
            available: true,
            credential_status,
            own_key: false,
            checked_at: None,
        }
    }

    fn field(name: CredentialFieldName, required: bool) -> CredentialField {
        CredentialField {
            name,
            required,
            example: None,
        }
    }

    fn credential(status: CredentialStatus) -> Credential {
        Credential {
            masked_key: "sk-…abcd".to_owned(),
            base_url: None,
            organization: None,
            status,
            checked_at: "2026-11-29T10:00:00Z".parse().unwrap(),
        }
    }

    fn key(id: &str, credential: Option<Credential>) -> ProviderCredential {
        ProviderCredential {
            provider: id.to_owned(),
            name: id.to_uppercase(),
            key_url: Some("https://acme.example/keys".to_owned()),
            fields: vec![field(CredentialFieldName::ApiKey, true)],
            credential,
        }
    }

    fn entries() -> Vec<Entry> {
        let keys = CredentialList {
            items: vec![
                key("own", Some(credential(CredentialStatus::Valid))),
                key("bad", Some(credential(CredentialStatus::Invalid))),
                key("server", None),
                key("bare", None),
                key("free", None),
            ],
        };
        let providers = ProviderList {
            stt: vec![
                provider("server", CredentialStatus::Present),
                provider("own", CredentialStatus::Valid),
                provider("offline", CredentialStatus::NotNeeded),
            ],
            llm: vec![
                provider("free", CredentialStatus::NotNeeded),
                provider("bad", CredentialStatus::Invalid),
            ],
            tts: vec![
                provider("own", CredentialStatus::Valid),
                provider("bare", CredentialStatus::Missing),
                provider("offline", CredentialStatus::NotNeeded),
            ],
            ..ProviderList::default()
        };
        Entry::all(&keys, &providers)
    }

    #[test]
    fn those_that_take_keys_come_first_and_each_says_whose_key_it_is_used_with() {
        let entries = entries();
        let shown: Vec<(&str, &str)> = entries
            .iter()
            .map(|entry| (entry.id.as_str(), entry.standing.name()))
            .collect();
        assert_eq!(
            shown,
            [
                ("own", "own-key"),
                ("bad", "refused-key"),
                ("server", "servers-key"),
                ("bare", "no-key"),
                ("free", "no-key-needed"),
                ("offline", "no-key-needed"),
            ]
        );
        let takes_no_key: Vec<&str> = entries
            .iter()
            .filter(|entry| entry.form.is_none())
            .map(|entry| entry.id.as_str())
            .collect();
        assert_eq!(takes_no_key, ["offline"]);
        assert!(entries[0].standing.own().is_some() && entries[2].standing.own().is_none());
    }

    #[test]
    fn a_provider_says_what_it_can_do() {
        let listing = Listing::Loaded(entries());
        let parts = |id: &str| listing.find(id).map(|entry| entry.parts.clone());
        assert_eq!(parts("own"), Some(vec![Part::Stt, Part::Tts]));
        assert_eq!(parts("free"), Some(vec![Part::Llm]));
        assert_eq!(parts("nobody"), None);
        assert_eq!(listing.ids().len(), 6);
    }

    #[test]
    fn what_is_known_stays_while_it_cannot_be_known_anew() {
        let mut listing = Listing::default();
        listing.hear(Err(Trouble::default()));
        assert!(matches!(listing, Listing::Failed(_)) && listing.ids().is_empty());
        listing.hear(Ok(entries()));
        listing.hear(Err(Trouble::default()));
        assert_eq!(listing.ids().len(), 6);
        listing.hear(Err(Trouble::signed_out()));
        assert!(matches!(listing, Listing::Failed(_)));
    }

    #[test]
    fn a_field_that_must_be_there_is_missed_and_one_that_need_not_is_not() {
        let form = KeyForm {
            fields: vec![
                field(CredentialFieldName::ApiKey, true),
                field(CredentialFieldName::Organization, false),
                field(CredentialFieldName::BaseUrl, true),
            ],
            key_url: None,
        };
        let filled = |key: &'static str, url: &'static str| {
            form.missing(move |field| match field {
                CredentialFieldName::ApiKey => key.to_owned(),
                CredentialFieldName::BaseUrl => url.to_owned(),
                CredentialFieldName::Organization => String::new(),
            })
        };
        assert_eq!(filled(" ", ""), Some(CredentialFieldName::ApiKey));
        assert_eq!(filled("k", ""), Some(CredentialFieldName::BaseUrl));
        assert_eq!(filled("k", "https://mine.example"), None);
        assert!(form.has(CredentialFieldName::BaseUrl));
    }
}
