use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use viva_domain::ids::UserId;
use viva_domain::ports::{ProviderDirectory, StoreError, StoreErrorKind};
use viva_domain::providers::ProviderCatalogue;

use crate::{FaultSwitch, lock};

/// The same providers for everybody, but for those users who have their own.
#[derive(Debug)]
pub struct FixedProviderDirectory {
    everybody: Arc<ProviderCatalogue>,
    own: Mutex<BTreeMap<UserId, Arc<ProviderCatalogue>>>,
    forgotten: Mutex<Vec<UserId>>,
    faults: FaultSwitch<StoreErrorKind>,
}

impl FixedProviderDirectory {
    /// These providers for everybody.
    pub fn new(everybody: ProviderCatalogue) -> Self {
        Self {
            everybody: Arc::new(everybody),
            own: Mutex::default(),
            forgotten: Mutex::default(),
            faults: FaultSwitch::default(),
        }
    }

    /// From now on this user has these.
    pub fn give(&self, owner: UserId, catalogue: ProviderCatalogue) {
        lock(&self.own).insert(owner, Arc::new(catalogue));
    }

    /// Of whom it was told to let go, in that order. They have what they had.
    pub fn forgotten(&self) -> Vec<UserId> {
        lock(&self.forgotten).clone()
    }

    /// Makes it fail, as when the database is away.
    pub fn faults(&self) -> &FaultSwitch<StoreErrorKind> {
        &self.faults
    }
}

#[async_trait]
impl ProviderDirectory for FixedProviderDirectory {
    async fn catalogue(&self, owner: UserId) -> Result<Arc<ProviderCatalogue>, StoreError> {
        self.faults.check().map_err(|kind| StoreError {
            kind,
            operation: "list credentials",
            source: None,
        })?;
        let own = lock(&self.own).get(&owner).cloned();
        Ok(own.unwrap_or_else(|| Arc::clone(&self.everybody)))
    }

    fn forget(&self, owner: UserId) {
        lock(&self.forgotten).push(owner);
    }
}

#[cfg(test)]
mod tests {
    use viva_contract::provider_directory_contract;
    use viva_contract::samples::{OWNER, at, credential_id};
    use viva_domain::credentials::CredentialState;
    use viva_domain::providers::{CredentialStatus, OwnKey, ProviderInfo};

    use super::*;
    use crate::ScriptedLanguageModel;

    async fn fixed(case: impl AsyncFnOnce(&dyn ProviderDirectory)) {
        let directory = FixedProviderDirectory::new(catalogue(CredentialStatus::Missing));
        let mut own = catalogue(CredentialStatus::Valid);
        let key = OwnKey {
            id: credential_id(1),
            state: CredentialState::Valid,
            checked_at: at(1),
        };
        own.own_keys.insert("acme".to_owned(), key);
        directory.give(OWNER, own);
        case(&directory).await;
    }

    provider_directory_contract!(fixed);

    fn catalogue(credential: CredentialStatus) -> ProviderCatalogue {
        let info = ProviderInfo {
            id: "acme".to_owned(),
            name: "Acme".to_owned(),
            models: Vec::new(),
            voices: Vec::new(),
            languages: Vec::new(),
            custom_names: true,
            credential,
            needs: Vec::new(),
        };
        let mut catalogue = ProviderCatalogue::default();
        catalogue.llm.insert(info, Arc::new(ScriptedLanguageModel::new()));
        catalogue
    }

    #[tokio::test]
    async fn it_fails_when_told() {
        let directory = FixedProviderDirectory::new(ProviderCatalogue::default());
        directory.faults().fail_next(1, StoreErrorKind::Unavailable);
        let failed = directory.catalogue(OWNER).await.map_err(|err| err.kind);
        assert_eq!(failed.unwrap_err(), StoreErrorKind::Unavailable);
        directory.catalogue(OWNER).await.unwrap();
    }
}
