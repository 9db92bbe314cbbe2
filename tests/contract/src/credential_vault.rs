//! What every [`CredentialVault`] must do.

use secrecy::{ExposeSecret, SecretString};
use viva_domain::credentials::{Credential, KeyId, RawCredential, SealedCredential};
use viva_domain::ports::{CredentialVault, VaultError};

use crate::samples::{OWNER, STRANGER};

const KEY: &str = "sk-0123456789-very-secret";

/// Runs the suite; the factory is `async fn(impl AsyncFnOnce(&dyn CredentialVault))`.
#[macro_export]
macro_rules! credential_vault_contract {
    ($factory:ident) => {
        $crate::contract_cases!(credential_vault, $factory:
            what_was_sealed_can_be_opened,
            what_is_sealed_holds_no_secret,
            the_same_never_looks_the_same,
            another_owner_opens_nothing,
            another_provider_opens_nothing,
            what_was_changed_does_not_open,
            another_master_key_is_told,
        );
    };
}

pub async fn what_was_sealed_can_be_opened(vault: &dyn CredentialVault) {
    let whole = credential(KEY, Some("https://mine.example/v1?key=hidden"), Some("org-1"));
    let bare = credential("k", None, None);
    for credential in [whole, bare] {
        let sealed = vault.seal(OWNER, "acme", &credential).unwrap();
        let opened = vault.open(OWNER, "acme", &sealed).unwrap();
        assert_eq!(
            opened.api_key().expose_secret(),
            credential.api_key().expose_secret()
        );
        assert_eq!(opened.base_url(), credential.base_url());
        assert_eq!(opened.organization(), credential.organization());
    }
}

pub async fn what_is_sealed_holds_no_secret(vault: &dyn CredentialVault) {
    let sealed = vault
        .seal(
            OWNER,
            "acme",
            &credential(KEY, Some("https://hidden.example"), None),
        )
        .unwrap();
    let shown = format!(
        "{sealed:?} {} {}",
        lossy(&sealed.ciphertext),
        lossy(&sealed.nonce)
    );
    assert!(!shown.contains("secret") && !shown.contains("hidden"), "{shown}");
}

pub async fn the_same_never_looks_the_same(vault: &dyn CredentialVault) {
    let seal = || vault.seal(OWNER, "acme", &credential(KEY, None, None)).unwrap();
    let (first, second) = (seal(), seal());
    assert_eq!(first.key_id, second.key_id);
    assert_ne!(first.nonce, second.nonce);
    assert_ne!(first, second);
}

pub async fn another_owner_opens_nothing(vault: &dyn CredentialVault) {
    let sealed = sealed(vault);
    assert_eq!(
        refused(vault.open(STRANGER, "acme", &sealed)),
        VaultError::Damaged
    );
}

pub async fn another_provider_opens_nothing(vault: &dyn CredentialVault) {
    let sealed = sealed(vault);
    for provider in ["", "acm", "acme2", "Acme", "other"] {
        assert_eq!(
            refused(vault.open(OWNER, provider, &sealed)),
            VaultError::Damaged,
            "{provider}"
        );
    }
}

pub async fn what_was_changed_does_not_open(vault: &dyn CredentialVault) {
    let whole = sealed(vault);
    for at in 0..whole.ciphertext.len() {
        let mut changed = whole.clone();
        changed.ciphertext[at] ^= 1;
        assert_eq!(
            refused(vault.open(OWNER, "acme", &changed)),
            VaultError::Damaged,
            "{at}"
        );
    }
    for at in 0..whole.nonce.len() {
        let mut changed = whole.clone();
        changed.nonce[at] ^= 1;
        assert_eq!(
            refused(vault.open(OWNER, "acme", &changed)),
            VaultError::Damaged,
            "{at}"
        );
    }
    let shorter = SealedCredential {
        ciphertext: whole.ciphertext[1..].to_vec(),
        ..whole.clone()
    };
    let without_nonce = SealedCredential {
        nonce: Vec::new(),
        ..whole.clone()
    };
    let empty = SealedCredential {
        ciphertext: Vec::new(),
        ..whole
    };
    for changed in [shorter, without_nonce, empty] {
        assert_eq!(refused(vault.open(OWNER, "acme", &changed)), VaultError::Damaged);
    }
}

pub async fn another_master_key_is_told(vault: &dyn CredentialVault) {
    let other = SealedCredential {
        key_id: KeyId::new("another"),
        ..sealed(vault)
    };
    let err = refused(vault.open(OWNER, "acme", &other));
    assert_eq!(err, VaultError::OtherKey(KeyId::new("another")));
}

fn sealed(vault: &dyn CredentialVault) -> SealedCredential {
    vault.seal(OWNER, "acme", &credential(KEY, None, None)).unwrap()
}

fn refused(res: Result<Credential, VaultError>) -> VaultError {
    res.unwrap_err()
}

fn credential(key: &str, base_url: Option<&str>, organization: Option<&str>) -> Credential {
    Credential::parse(RawCredential {
        api_key: &SecretString::from(key),
        base_url,
        organization,
    })
    .unwrap()
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
