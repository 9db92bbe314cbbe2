use async_trait::async_trait;
use viva_domain::credentials::{Credential, CredentialRefusal};
use viva_domain::ports::CredentialCheck;

use super::{HttpClients, own_account};
use crate::catalogue::CatalogueProvider;
use crate::providers::check::check;

/// Asks the providers of the catalogue about keys.
#[derive(Debug, Clone)]
pub struct ProviderChecks {
    providers: Vec<CatalogueProvider>,
    clients: Option<HttpClients>,
}

impl ProviderChecks {
    /// Checks of these providers; without clients none can be asked.
    pub const fn new(providers: Vec<CatalogueProvider>, clients: Option<HttpClients>) -> Self {
        Self { providers, clients }
    }
}

#[async_trait]
impl CredentialCheck for ProviderChecks {
    async fn check(&self, provider: &str, credential: &Credential) -> Result<(), CredentialRefusal> {
        let known = self.providers.iter().find(|known| known.id == provider);
        let known = known.ok_or_else(|| CredentialRefusal::Failed("there is no such provider".to_owned()))?;
        let (own, account) = own_account(known, credential)?;
        let clients = self.clients.as_ref().ok_or_else(|| {
            let why = "this server has no certificates to trust, so it can ask no provider; whoever runs it can mend that";
            CredentialRefusal::NoNetwork(why.to_owned())
        })?;
        check(clients.of(credential), &own, &account).await
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use secrecy::{ExposeSecret, SecretString};
    use viva_domain::credentials::{CredentialField, FieldNeed, RawCredential};
    use viva_fakes::vendors::keys::{KeyAnswer, KeyServer, KeyVendor};

    use super::*;
    use crate::catalogue::{Catalogue, InvalidBaseUrl};
    use crate::credentials::form;
    use crate::providers::transport::{AddressPolicy, ForbiddenAddress};

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

    #[test]
    fn forms_show_no_address_of_whoever_runs_the_server() {
        let example = |provider: &CatalogueProvider| form(provider).fields.remove(0).example;
        let vendors = Some("https://api.openai.com/v1".to_owned());
        let mut openai = provider("openai");
        assert_eq!(example(&openai), vendors);
        openai.move_to("http://gateway.internal:8080/team/openai".parse().unwrap());
        assert_eq!(example(&openai), None);
        openai.move_to("https://api.openai.com/v1".parse().unwrap());
        assert_eq!(example(&openai), vendors);

        let mut azure = provider("azure-openai");
        assert!(example(&azure).is_some_and(|url| url.contains("openai.azure.com")));
        azure.move_to("https://their-resource.openai.azure.com".parse().unwrap());
        assert_eq!(example(&azure), None);
    }

    const KEY: &str = "sk-secret";

    fn checks(provider: CatalogueProvider, users: AddressPolicy) -> ProviderChecks {
        ProviderChecks::new(vec![provider], Some(HttpClients::new(users).unwrap()))
    }

    #[tokio::test]
    async fn a_provider_is_asked_where_the_accounts_owner_says() {
        let server = KeyServer::start(KeyVendor::OpenAi, KEY).await.unwrap();
        let checks = checks(provider("openai"), AddressPolicy::PrivateAllowed);
        let own = credential(Some(&server.base_url()), Some("org-1"));
        checks.check("openai", &own).await.unwrap();
        let request = server.requests().remove(0);
        assert_eq!(request.headers["openai-organization"], "org-1");
        server.answer(KeyAnswer::refusing(401, "invalid_api_key", "no"));
        let refused = checks.check("openai", &own).await;
        assert_eq!(refused, Err(CredentialRefusal::BadKey));
        let unknown = checks.check("other", &own).await;
        assert!(
            matches!(unknown, Err(CredentialRefusal::Failed(_))),
            "{unknown:?}"
        );
        assert_eq!(server.requests().len(), 2);
    }

    #[tokio::test]
    async fn whoever_runs_the_server_may_name_what_users_may_not() {
        let server = KeyServer::start(KeyVendor::OpenAi, KEY).await.unwrap();
        let mut operators = provider("openai");
        operators.move_to(server.base_url().parse().unwrap());
        let checks = checks(operators, AddressPolicy::PublicOnly);
        let own = credential(Some(&server.base_url()), None);
        let refused = checks.check("openai", &own).await.unwrap_err().to_string();
        assert!(refused.contains("providers.allow_private_addresses"), "{refused}");
        assert_eq!(server.requests().len(), 0);
        checks.check("openai", &credential(None, None)).await.unwrap();
        assert_eq!(server.requests().len(), 1);
    }

    #[tokio::test]
    async fn without_certificates_nobody_is_asked() {
        let checks = ProviderChecks::new(vec![provider("openai")], None);
        let refused = checks.check("openai", &credential(None, None)).await;
        assert!(
            matches!(refused, Err(CredentialRefusal::NoNetwork(_))),
            "{refused:?}"
        );
    }

    #[rstest]
    #[case::no_http(&[
        "ftp://mine.example", "file:///etc/passwd", "gopher://127.0.0.1:6379/_hidden", "unix:/run/docker.sock",
        "data:text/plain,hidden", "javascript:hidden", "wss://mine.example", "mine.example/v1", "//mine.example/v1",
        "localhost:8080", "https://", "http://169.254.169.256", "http://[fe80::1%25eth0]",
    ], InvalidBaseUrl::NotHttp)]
    #[case::credentials(&[
        "https://me:hidden@mine.example", "https://hidden@mine.example", "https://1.1.1.1@169.254.169.254/",
    ], InvalidBaseUrl::Credentials)]
    #[case::fragment(&["https://mine.example/v1#hidden"], InvalidBaseUrl::Fragment)]
    #[case::metadata(&[
        "http://169.254.169.254/latest/meta-data", "http://169.254.169.254.:80", "http://2852039166",
        "http://0xa9fea9fe", "http://0251.0376.0251.0376", "http://169.16689662", "http://%31%36%39.254.169.254",
        "http://[::ffff:169.254.169.254]", "http://[::169.254.169.254]", "http://[64:ff9b::a9fe:a9fe]",
        "http://[2002:a9fe:a9fe::1]", "http://[fd00:ec2::254]", "http://100.100.100.200", "http://168.63.129.16",
        "http://169.254.170.2", "http://192.0.0.192",
    ], InvalidBaseUrl::Forbidden(ForbiddenAddress::Metadata))]
    #[case::link_local(&[
        "http://169.254.10.10:8080/v1", "http://[fe80::1]:8080", "http://[::ffff:169.254.1.1]",
    ], InvalidBaseUrl::Forbidden(ForbiddenAddress::LinkLocal))]
    #[case::special(&[
        "http://0.0.0.0:1", "http://0:1", "http://[::]:1", "http://224.0.0.1", "http://255.255.255.255",
        "http://240.0.0.1", "http://192.0.2.1", "http://[ff02::1]", "http://[2001:db8::1]",
    ], InvalidBaseUrl::Forbidden(ForbiddenAddress::Special))]
    #[case::private(&[
        "http://127.0.0.1:1", "http://127.1:1", "http://2130706433:1", "http://0x7f.1:1", "http://[::1]:1",
        "http://[::ffff:127.0.0.1]:1", "http://localhost:1", "http://LOCALHOST:1/v1",
    ], InvalidBaseUrl::Forbidden(ForbiddenAddress::Private))]
    #[tokio::test]
    async fn addresses_that_users_may_not_name_are_refused_and_not_repeated(
        #[case] addresses: &[&str],
        #[case] why: InvalidBaseUrl,
    ) {
        let refusal = CredentialRefusal::from(why);
        assert_eq!(refusal.to_string(), format!("the base URL {why}"));
        let is_private = why == InvalidBaseUrl::Forbidden(ForbiddenAddress::Private);
        for address in addresses {
            let own = credential(Some(address), None);
            let refused = async |users| checks(provider("openai"), users).check("openai", &own).await;
            let public_only = refused(AddressPolicy::PublicOnly).await;
            assert_eq!(public_only, Err(refusal.clone()), "{address}");
            // Nothing listens on port 1 of this machine: who may ask there gets no answer.
            let private_allowed = refused(AddressPolicy::PrivateAllowed).await.unwrap_err();
            assert_eq!(
                private_allowed != refusal,
                is_private,
                "{address}: {private_allowed}"
            );
        }
    }
}
