//! Where providers are and which keys they get.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use viva_domain::providers::{CredentialStatus, ProviderInfo};
use viva_infrastructure::catalogue::{BaseUrl, CatalogueProvider, Role};
use viva_infrastructure::providers::transport::{Account, AddressPolicy};

use super::server::ServerSettings;

/// What may be set about all of them, beside their sections.
pub(super) const ALLOW_PRIVATE_ADDRESSES: &str = "allow_private_addresses";
/// What may be set about a provider.
pub(super) const FIELDS: [&str; 3] = ["base_url", "api_key", "api_key_file"];

/// The section `[providers]`.
#[derive(Debug, Clone, Default)]
pub(super) struct ProvidersSettings {
    /// Whether users may name addresses of private networks; `None` is decided by where the server listens.
    allow_private_addresses: Option<bool>,
    /// By id, with `_` for `-`.
    pub(super) by_id: BTreeMap<String, ProviderSettings>,
}

impl ProvidersSettings {
    /// Where addresses may lead that users name. Who can reach a server on a loopback address can reach its private networks
    /// as well; behind a proxy anybody may be there.
    pub(super) fn user_addresses(&self, server: ServerSettings) -> AddressPolicy {
        if self.allow_private_addresses.unwrap_or(server.is_local()) {
            AddressPolicy::PrivateAllowed
        } else {
            AddressPolicy::PublicOnly
        }
    }
}

impl<'de> Deserialize<'de> for ProvidersSettings {
    /// By hand: flattened sections would be read without the names of their keys, and errors are told by those.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Section;

        impl<'de> Visitor<'de> for Section {
            type Value = ProvidersSettings;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a section per provider")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut settings = ProvidersSettings::default();
                while let Some(name) = map.next_key::<String>()? {
                    if name == ALLOW_PRIVATE_ADDRESSES {
                        settings.allow_private_addresses = Some(map.next_value()?);
                    } else {
                        settings.by_id.insert(name, map.next_value()?);
                    }
                }
                Ok(settings)
            }
        }

        deserializer.deserialize_map(Section)
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProviderSettings {
    base_url: Option<String>,
    api_key: Option<SecretString>,
    api_key_file: Option<PathBuf>,
}

/// A provider of the catalogue, where it is, and whether it can be used.
#[derive(Debug, Clone)]
pub(crate) struct ProviderSetup {
    pub(crate) provider: CatalogueProvider,
    pub(crate) account: Account,
    credential: CredentialStatus,
    needs: Vec<String>,
}

impl ProviderSetup {
    /// A provider with an account of a user's own.
    pub(crate) fn own(provider: CatalogueProvider, account: Account, credential: CredentialStatus) -> Self {
        Self {
            provider,
            account,
            credential,
            needs: Vec::new(),
        }
    }

    /// What people choose from.
    pub(crate) fn info<A>(&self, role: &Role<A>) -> ProviderInfo {
        role.info(&self.provider, self.credential, &self.needs)
    }
}

/// The name of a provider in the settings.
pub(super) fn section(id: &str) -> String {
    id.replace('-', "_")
}

/// Puts together what is known of every provider. Vendors' own variables are looked up in `environment`.
pub(super) fn set_up(
    providers: Vec<CatalogueProvider>,
    mut settings: BTreeMap<String, ProviderSettings>,
    environment: &[(String, String)],
) -> Result<Vec<ProviderSetup>> {
    let names: Vec<String> = providers.iter().map(|provider| section(&provider.id)).collect();
    let setups = providers
        .into_iter()
        .zip(&names)
        .map(|(provider, name)| {
            let settings = settings.remove(name).unwrap_or_default();
            set_up_one(provider, &settings, environment)
        })
        .collect::<Result<_>>()?;
    if let Some(name) = settings.keys().next() {
        bail!(
            "providers.{name} is no provider of the catalogue; there are {}",
            names.join(", ")
        );
    }
    Ok(setups)
}

fn set_up_one(
    mut provider: CatalogueProvider,
    settings: &ProviderSettings,
    environment: &[(String, String)],
) -> Result<ProviderSetup> {
    let section = section(&provider.id);
    let base_url = base_url(settings).with_context(|| format!("providers.{section}.base_url"))?;
    let api_key = api_key(&section, &provider, settings, environment)?;
    if let Some(base_url) = base_url {
        provider.move_to(base_url);
    }
    let needs_base_url = provider.base_url_is_example;
    let needs_key = api_key.is_none() && !provider.works_without_key();
    let credential = match &api_key {
        _ if needs_base_url || needs_key => CredentialStatus::Missing,
        Some(_) => CredentialStatus::Present,
        None => CredentialStatus::NotNeeded,
    };
    let setting = |field: &str| format!("VIVA__PROVIDERS__{}__{field}", section.to_uppercase());
    let key_setting = || {
        provider
            .key_variables
            .first()
            .cloned()
            .unwrap_or_else(|| setting("API_KEY"))
    };
    let needs = [
        needs_base_url.then(|| setting("BASE_URL")),
        needs_key.then(key_setting),
    ];
    Ok(ProviderSetup {
        account: provider.base_url.account(&provider.id, api_key),
        needs: needs.into_iter().flatten().collect(),
        credential,
        provider,
    })
}

fn base_url(settings: &ProviderSettings) -> Result<Option<BaseUrl>> {
    let text = settings
        .base_url
        .as_deref()
        .filter(|text| !text.trim().is_empty());
    Ok(text.map(str::parse).transpose()?)
}

/// The first of: the key in the settings, the file in the settings, the vendor's variables.
fn api_key(
    section: &str,
    provider: &CatalogueProvider,
    settings: &ProviderSettings,
    environment: &[(String, String)],
) -> Result<Option<SecretString>> {
    let text = settings.api_key.as_ref().map(|key| key.expose_secret().trim());
    if let Some(text) = text.filter(|text| !text.is_empty()) {
        return checked(&format!("providers.{section}.api_key"), text).map(Some);
    }
    let file = settings.api_key_file.as_deref();
    if let Some(file) = file.filter(|file| !file.as_os_str().is_empty()) {
        return from_file(&format!("providers.{section}.api_key_file"), file).map(Some);
    }
    let variable = |wanted: &str| {
        let found = environment.iter().find(|(name, _)| name == wanted);
        found
            .map(|(_, value)| value.trim())
            .filter(|value| !value.is_empty())
    };
    for name in &provider.key_variables {
        if let Some(text) = variable(name) {
            return checked(name, text).map(Some);
        }
        let file_name = format!("{name}_FILE");
        if let Some(file) = variable(&file_name) {
            return from_file(&file_name, Path::new(file)).map(Some);
        }
    }
    Ok(None)
}

/// A secret that is alone in a file.
pub(super) fn from_file(setting: &str, file: &Path) -> Result<SecretString> {
    let text = std::fs::read_to_string(file).map_err(|err| {
        let file = file.display();
        anyhow!("{setting} names {file}, which cannot be read ({err}); name a file that this user may read, or unset it")
    })?;
    let text = text.trim();
    ensure!(
        !text.is_empty(),
        "{setting} names {}, which is empty; put the key into it",
        file.display()
    );
    checked(setting, text)
}

/// A key can be sent in a header. What is wrong with one is not shown.
fn checked(setting: &str, text: &str) -> Result<SecretString> {
    ensure!(
        text.chars().all(|c| c.is_ascii_graphic()),
        "{setting} holds more than a key, such as a space or a line break; set the key alone"
    );
    Ok(SecretString::from(text))
}
