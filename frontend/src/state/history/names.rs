use viva_protocol::rest::ProviderList;

use crate::state::choices::Part;

/// What providers are called, by their ids, in the server's order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names(Vec<(String, String)>);

impl Names {
    /// Those of a list, each once.
    pub fn of(list: &ProviderList) -> Self {
        let mut names: Vec<(String, String)> = Vec::new();
        for provider in Part::ALL.into_iter().flat_map(|part| part.providers(list)) {
            if !names.iter().any(|(id, _)| *id == provider.id) {
                names.push((provider.id.clone(), provider.name.clone()));
            }
        }
        Self(names)
    }

    /// What a provider is called: its id when it is not there any more.
    pub fn name<'a>(&'a self, id: &'a str) -> &'a str {
        let found = self.0.iter().find(|(known, _)| known == id);
        found.map_or(id, |(_, name)| name)
    }

    /// Every id with its name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(id, name)| (id.as_str(), name.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use viva_protocol::rest::{CredentialStatus, Provider, ProviderCapabilities};

    use super::*;

    fn provider(id: &str) -> Provider {
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
            available: false,
            credential_status: CredentialStatus::Missing,
            own_key: false,
            checked_at: None,
        }
    }

    #[test]
    fn who_plays_several_parts_is_named_once_and_who_is_gone_by_the_id() {
        let list = ProviderList {
            realtime: vec![provider("acme")],
            tts: vec![provider("voice"), provider("acme")],
            ..ProviderList::default()
        };
        let names = Names::of(&list);
        let all: Vec<(&str, &str)> = names.iter().collect();
        assert_eq!(all, [("acme", "ACME"), ("voice", "VOICE")]);
        assert_eq!((names.name("voice"), names.name("gone")), ("VOICE", "gone"));
    }
}
