use std::fmt;

use rand::TryRngCore;
use rand::rngs::OsRng;
use secrecy::{ExposeSecret, SecretBox, SecretString};
use sha2::{Digest, Sha256};
use thiserror::Error;
use viva_domain::credentials::KeyId;

const KEY_BYTES: usize = 32;
/// How much of the digest names a key.
const ID_BYTES: usize = 8;
/// What is hashed before the key, so that the name is that of nothing else.
const ID_PREFIX: &[u8] = b"viva master key";

/// Opens and seals everything: 32 random bytes, written as 64 hexadecimal digits.
pub struct MasterKey(SecretBox<[u8; KEY_BYTES]>);

/// What is no master key; it is not repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a master key has 64 hexadecimal digits, such as `openssl rand -hex 32` prints them")]
pub struct InvalidMasterKey;

impl MasterKey {
    /// A new one.
    ///
    /// # Panics
    /// When the operating system has no randomness.
    pub fn generate() -> Self {
        Self(SecretBox::init_with_mut(|bytes: &mut [u8; KEY_BYTES]| {
            OsRng
                .try_fill_bytes(bytes)
                .expect("an operating system that runs a server has randomness");
        }))
    }

    /// Reads the digits; space around them does not count.
    ///
    /// # Errors
    /// [`InvalidMasterKey`].
    pub fn parse(text: &str) -> Result<Self, InvalidMasterKey> {
        let mut bytes = Box::new([0; KEY_BYTES]);
        hex::decode_to_slice(text.trim(), bytes.as_mut_slice()).map_err(|_| InvalidMasterKey)?;
        Ok(Self(SecretBox::new(bytes)))
    }

    /// The digits.
    pub fn digits(&self) -> SecretString {
        hex::encode(self.bytes()).into()
    }

    /// Its name: a part of its hash, which tells nothing about it.
    pub fn id(&self) -> KeyId {
        let hash = Sha256::new()
            .chain_update(ID_PREFIX)
            .chain_update(self.bytes())
            .finalize();
        KeyId::new(hex::encode(&hash[..ID_BYTES]))
    }

    pub(super) fn bytes(&self) -> &[u8; KEY_BYTES] {
        self.0.expose_secret()
    }
}

impl Clone for MasterKey {
    fn clone(&self) -> Self {
        Self(SecretBox::new(Box::new(*self.bytes())))
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKey({})", self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_its_digits() {
        let key = MasterKey::generate();
        let digits = key.digits();
        assert_eq!(digits.expose_secret().len(), 64);
        let again = MasterKey::parse(&format!(" {}\n", digits.expose_secret())).unwrap();
        assert_eq!((again.bytes(), again.id()), (key.bytes(), key.id()));
        assert_ne!(MasterKey::generate().id(), key.id());
    }

    #[test]
    fn letter_case_does_not_count() {
        let key = |text: &str| MasterKey::parse(&text.repeat(8)).unwrap();
        assert_eq!(key("aBcDeF01").bytes(), key("AbCdEf01").bytes());
        assert_eq!(&key("aBcDeF01").bytes()[..4], [0xab, 0xcd, 0xef, 0x01]);
    }

    #[test]
    fn the_name_of_a_key_stays_the_same_and_tells_nothing() {
        let key = MasterKey::parse(&"0".repeat(64)).unwrap();
        assert_eq!(key.id().as_str(), "b044983eac00d1db");
        assert!(!format!("{key:?}").contains("0000"));
    }

    #[test]
    fn anything_else_is_no_key() {
        for text in [
            "",
            "0",
            &"0".repeat(63),
            &"0".repeat(65),
            &"g".repeat(64),
            &"é".repeat(32),
        ] {
            assert_eq!(
                MasterKey::parse(text).map(|_| ()),
                Err(InvalidMasterKey),
                "{text:?}"
            );
        }
    }
}
