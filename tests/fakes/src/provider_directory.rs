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
