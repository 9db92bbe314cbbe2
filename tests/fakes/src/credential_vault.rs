use std::sync::Mutex;

use viva_domain::credentials::{Credential, KeyId, SealedCredential};
use viva_domain::ids::UserId;
use viva_domain::ports::{CredentialVault, VaultError};

use crate::{FaultSwitch, lock};

const KEY_ID: &str = "memory";

/// Hands out tickets for credentials, and keeps the credentials itself.
#[derive(Debug, Default)]
pub struct MemoryCredentialVault {
    sealed: Mutex<Vec<(UserId, String, SealedCredential, Credential)>>,
    faults: FaultSwitch<VaultError>,
}

impl MemoryCredentialVault {
    /// Makes it seal nothing.
    pub fn faults(&self) -> &FaultSwitch<VaultError> {
        &self.faults
    }
}

impl CredentialVault for MemoryCredentialVault {
    fn seal(
        &self,
        owner: UserId,
        provider: &str,
        credential: &Credential,
    ) -> Result<SealedCredential, VaultError> {
        self.faults.check()?;
        let mut sealed = lock(&self.sealed);
        let ticket = SealedCredential {
            key_id: KeyId::new(KEY_ID),
            nonce: sealed.len().to_be_bytes().to_vec(),
            ciphertext: b"ticket".to_vec(),
        };
        sealed.push((owner, provider.to_owned(), ticket.clone(), credential.clone()));
        Ok(ticket)
    }

    fn open(
        &self,
        owner: UserId,
        provider: &str,
        sealed: &SealedCredential,
    ) -> Result<Credential, VaultError> {
        if sealed.key_id.as_str() != KEY_ID {
            return Err(VaultError::OtherKey(sealed.key_id.clone()));
        }
        let all = lock(&self.sealed);
        let found = all
            .iter()
            .find(|(of, at, ticket, _)| (*of, at.as_str(), ticket) == (owner, provider, sealed));
        found
            .map(|(.., credential)| credential.clone())
            .ok_or(VaultError::Damaged)
    }
}

#[cfg(test)]
mod tests {
    use viva_contract::credential_vault_contract;

    use super::*;

    async fn memory(case: impl AsyncFnOnce(&dyn CredentialVault)) {
        case(&MemoryCredentialVault::default()).await;
    }

    credential_vault_contract!(memory);
}
