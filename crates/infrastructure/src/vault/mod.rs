//! Encryption of provider keys: XChaCha20-Poly1305 under a master key. Whose a key is, and for which provider, is part of
//! what is proven when it is opened, so that a row that was moved does not open.

mod master_key;
mod place;
#[cfg(test)]
mod tests;

use std::fmt;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use rand::TryRngCore;
use rand::rngs::OsRng;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use viva_domain::credentials::{Credential, KeyId, RawCredential, SealedCredential};
use viva_domain::ids::UserId;
use viva_domain::ports::{CredentialVault, VaultError};

pub use master_key::{InvalidMasterKey, MasterKey};
pub use place::{MasterKeyError, MasterKeyPlace};

/// Another one when the form of what is sealed changes.
const FORM: &[u8] = b"viva credential 1";
const NONCE_BYTES: usize = 24;
/// Between the parts of what is sealed; no part of a credential holds one.
const SEPARATOR: char = '\n';

/// Seals credentials with one master key.
pub struct XChaChaVault {
    key_id: KeyId,
    cipher: XChaCha20Poly1305,
}

impl XChaChaVault {
    /// A vault of this key.
    pub fn new(key: &MasterKey) -> Self {
        Self {
            key_id: key.id(),
            cipher: XChaCha20Poly1305::new(&Key::from(*key.bytes())),
        }
    }

    fn open_content(&self, owner: UserId, provider: &str, sealed: &SealedCredential) -> Option<Credential> {
        let nonce = <[u8; NONCE_BYTES]>::try_from(sealed.nonce.as_slice()).ok()?;
        let payload = Payload {
            msg: &sealed.ciphertext,
            aad: &self.proven(owner, provider),
        };
        let plain = self.cipher.decrypt(&XNonce::from(nonce), payload).ok()?;
        let plain = Zeroizing::new(plain);
        let mut parts = std::str::from_utf8(&plain).ok()?.split(SEPARATOR);
        let raw = RawCredential {
            api_key: &SecretString::from(parts.next()?),
            base_url: parts.next(),
            organization: parts.next(),
        };
        Credential::parse(raw).ok()
    }

    /// What has to be the same when it is opened. Every part but the last has a length that is always the same.
    fn proven(&self, owner: UserId, provider: &str) -> Vec<u8> {
        let owner = owner.as_uuid();
        [
            FORM,
            owner.as_bytes(),
            self.key_id.as_str().as_bytes(),
            provider.as_bytes(),
        ]
        .concat()
    }
}

impl CredentialVault for XChaChaVault {
    fn seal(
        &self,
        owner: UserId,
        provider: &str,
        credential: &Credential,
    ) -> Result<SealedCredential, VaultError> {
        let plain = Zeroizing::new(format!(
            "{}{SEPARATOR}{}{SEPARATOR}{}",
            credential.api_key().expose_secret(),
            credential.base_url().unwrap_or_default(),
            credential.organization().unwrap_or_default(),
        ));
        let mut nonce = [0; NONCE_BYTES];
        OsRng.try_fill_bytes(&mut nonce).map_err(|_| VaultError::Failed)?;
        let payload = Payload {
            msg: plain.as_bytes(),
            aad: &self.proven(owner, provider),
        };
        let ciphertext = self.cipher.encrypt(&XNonce::from(nonce), payload);
        Ok(SealedCredential {
            key_id: self.key_id.clone(),
            nonce: nonce.to_vec(),
            ciphertext: ciphertext.map_err(|_| VaultError::Failed)?,
        })
    }

    fn open(
        &self,
        owner: UserId,
        provider: &str,
        sealed: &SealedCredential,
    ) -> Result<Credential, VaultError> {
        if sealed.key_id != self.key_id {
            return Err(VaultError::OtherKey(sealed.key_id.clone()));
        }
        self.open_content(owner, provider, sealed)
            .ok_or(VaultError::Damaged)
    }
}

impl fmt::Debug for XChaChaVault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("XChaChaVault")
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}
