//! A user's account at a provider: from the credential that they stored to what an adapter sends.

mod check;

use reqwest::header::{HeaderName, HeaderValue};
use viva_domain::credentials::{Credential, CredentialField, CredentialForm, FieldNeed, FormField};

use crate::catalogue::{
    CatalogueProvider, InvalidBaseUrl, LanguageModelAdapter, RealtimeVoiceAdapter, SpeechToTextAdapter,
    TextToSpeechAdapter,
};
use crate::providers::transport::{Account, AddressPolicy, HttpClient, NoTls, Organization};

pub use check::ProviderChecks;

/// What connects to providers, by who chose the address.
#[derive(Debug, Clone)]
pub struct HttpClients {
    operators: HttpClient,
    users: HttpClient,
}

impl HttpClients {
    /// Users' addresses may lead where this lets them.
    ///
    /// # Errors
    /// [`NoTls`] when encryption cannot be set up.
    pub fn new(users: AddressPolicy) -> Result<Self, NoTls> {
        Ok(Self {
            operators: HttpClient::new()?,
            users: HttpClient::guarded(users)?,
        })
    }

    /// The one for addresses of whoever runs the server.
    pub const fn operators(&self) -> &HttpClient {
        &self.operators
    }

    /// The one for the address that goes with a user's credential.
    pub fn of(&self, credential: &Credential) -> &HttpClient {
        match credential.base_url() {
            Some(_) => &self.users,
            None => &self.operators,
        }
    }
}

/// What a provider wants to know of a user's account.
pub fn form(provider: &CatalogueProvider) -> CredentialForm {
    let need = if provider.base_url_is_example {
        FieldNeed::Needed
    } else {
        FieldNeed::Optional
    };
    let base_url = FormField {
        field: CredentialField::BaseUrl,
        need,
        example: provider.public_base_url().map(|url| format!("{url:?}")),
    };
    let organization = FormField {
        field: CredentialField::Organization,
        need: FieldNeed::Optional,
        example: None,
    };
    let has_organizations = takes_organization(provider).then_some(organization);
    CredentialForm {
        provider: provider.id.clone(),
        name: provider.name.clone(),
        key_url: provider.key_url.clone(),
        fields: [base_url].into_iter().chain(has_organizations).collect(),
    }
}

/// The provider as the account's owner uses it, and who they are to it. Nothing of the server's own account goes there.
///
/// # Errors
/// [`InvalidBaseUrl`] when the address is none.
pub fn own_account(
    provider: &CatalogueProvider,
    credential: &Credential,
) -> Result<(CatalogueProvider, Account), InvalidBaseUrl> {
    let mut own = provider.clone();
    if let Some(base_url) = credential.base_url() {
        own.move_to(base_url.parse()?);
    }
    let mut account = own.base_url.account(&own.id, Some(credential.api_key().clone()));
    account.organization = credential.organization().and_then(organization);
    Ok((own, account))
}

/// A credential holds nothing that a header cannot carry.
fn organization(id: &str) -> Option<Organization> {
    Some(Organization {
        header: HeaderName::from_static("openai-organization"),
        id: HeaderValue::from_str(id).ok()?,
    })
}

/// The dialect in which an account may belong to several organizations.
fn takes_organization(provider: &CatalogueProvider) -> bool {
    let realtime = provider.realtime.as_ref().map(|role| role.adapter);
    let (stt, llm) = (provider.stt.as_ref(), provider.llm.as_ref());
    let tts = provider.tts.as_ref().map(|role| role.adapter);
    realtime == Some(RealtimeVoiceAdapter::OpenAi)
        || stt.map(|role| role.adapter) == Some(SpeechToTextAdapter::OpenAi)
        || llm.map(|role| role.adapter) == Some(LanguageModelAdapter::OpenAi)
        || tts == Some(TextToSpeechAdapter::OpenAi)
}
