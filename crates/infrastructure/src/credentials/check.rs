use async_trait::async_trait;
use tracing::instrument;
use viva_domain::credentials::{Credential, CredentialRefusal};
use viva_domain::ports::CredentialCheck;

use super::own_account;
use crate::catalogue::CatalogueProvider;
use crate::providers::transport::Account;

/// Asks the providers of the catalogue about keys.
#[derive(Debug, Clone)]
pub struct ProviderChecks {
    providers: Vec<CatalogueProvider>,
}

impl ProviderChecks {
    /// Checks of these providers.
    pub fn new(providers: Vec<CatalogueProvider>) -> Self {
        Self { providers }
    }
}

#[async_trait]
impl CredentialCheck for ProviderChecks {
    #[instrument(name = "provider.check", skip_all, fields(provider.name = %provider))]
    async fn check(&self, provider: &str, credential: &Credential) -> Result<(), CredentialRefusal> {
        let known = self.providers.iter().find(|known| known.id == provider);
        let known = known.ok_or_else(|| CredentialRefusal::Failed("there is no such provider".to_owned()))?;
        let (own, account) = own_account(known, credential)
            .map_err(|problem| CredentialRefusal::WrongAddress(format!("base_url {problem}")))?;
        ask(&own, &account)
    }
}

/// Asks the vendor by its cheapest call that needs a key.
#[expect(clippy::unnecessary_wraps, reason = "a vendor that is asked may refuse")]
fn ask(_provider: &CatalogueProvider, _account: &Account) -> Result<(), CredentialRefusal> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use secrecy::{ExposeSecret, SecretString};
    use viva_domain::credentials::{CredentialField, FieldNeed, RawCredential};

    use super::*;
    use crate::catalogue::Catalogue;
    use crate::credentials::form;

    fn provider(id: &str) -> CatalogueProvider {
        let catalogue = Catalogue::load(None).unwrap();
        let mut providers = catalogue.into_providers().into_iter();
        providers.find(|provider| provider.id == id).unwrap()
    }

    fn credential(base_url: Option<&str>, organization: Option<&str>) -> Credential {
        Credential::parse(RawCredential {
            api_key: &SecretString::from("sk-secret"),
            base_url,
            organization,
        })
        .unwrap()
    }

    #[test]
    fn an_account_is_where_its_owner_says() {
        let (own, account) = own_account(&provider("openai"), &credential(None, Some("org-1"))).unwrap();
        assert_eq!(account.base_url.as_str(), "https://api.openai.com/v1");
        assert_eq!(account.api_key.unwrap().expose_secret(), "sk-secret");
        let organization = account.organization.unwrap();
        assert_eq!(
            (organization.header.as_str(), &organization.id),
            ("openai-organization", &"org-1".parse().unwrap())
        );
        assert!(own.tts.unwrap().models[0].retires.is_some());

        let elsewhere = credential(Some("http://127.0.0.1:11434/v1"), None);
        let (own, account) = own_account(&provider("openai"), &elsewhere).unwrap();
        assert_eq!(
            (account.provider.as_str(), account.organization),
            ("openai", None)
        );
        assert_eq!(account.base_url.as_str(), "http://127.0.0.1:11434/v1");
        assert!(
            own.tts.unwrap().models[0].retires.is_none(),
            "it is another server"
        );
    }

    #[test]
    fn forms_ask_for_what_a_provider_needs() {
        let needs = |id: &str| -> Vec<(CredentialField, FieldNeed)> {
            let form = form(&provider(id));
            form.fields
                .iter()
                .map(|field| (field.field, field.need))
                .collect()
        };
        let address = |need| (CredentialField::BaseUrl, need);
        assert_eq!(needs("azure-openai"), [address(FieldNeed::Needed)]);
        assert_eq!(needs("deepgram"), [address(FieldNeed::Optional)]);
        let organization = (CredentialField::Organization, FieldNeed::Optional);
        assert_eq!(needs("openai"), [address(FieldNeed::Optional), organization]);
    }

    #[tokio::test]
    async fn an_address_that_is_none_is_told() {
        let checks = ProviderChecks::new(vec![provider("openai")]);
        let refused = async |base_url: &str| {
            let refused = checks.check("openai", &credential(Some(base_url), None)).await;
            refused.unwrap_err()
        };
        for base_url in ["ftp://mine.example", "https://me:hidden@mine.example"] {
            let refusal = refused(base_url).await;
            assert!(
                matches!(refusal, CredentialRefusal::WrongAddress(_)),
                "{refusal:?}"
            );
            assert!(!refusal.to_string().contains("hidden"), "{refusal}");
        }
        checks.check("openai", &credential(None, None)).await.unwrap();
        let unknown = checks.check("other", &credential(None, None)).await;
        assert!(
            matches!(unknown, Err(CredentialRefusal::Failed(_))),
            "{unknown:?}"
        );
    }
}
