use std::fmt;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

use crate::ids::TokenId;

/// What every token begins with, so that people and scanners of secrets recognise one.
const PREFIX: &str = "viva_";
/// A UUID without hyphens.
const ID_DIGITS: usize = 32;
/// 256 bits.
const SECRET_DIGITS: usize = 64;

/// A token as its holder shows it: `viva_<id>_<secret>`, all in small hexadecimal digits. The id says which one it is and
/// may be known; the secret proves it, and is never printed.
#[derive(Clone)]
pub struct ShownToken {
    id: TokenId,
    secret: String,
}

/// SHA-256 of a token's secret: all that is kept of it. The secret is 256 random bits, so nobody finds it by guessing, and
/// a slow hash would add nothing.
///
/// Comparing takes the same time wherever the difference is.
#[derive(Clone, Copy, Eq)]
pub struct TokenDigest([u8; 32]);

impl ShownToken {
    /// A token with this secret: 64 hexadecimal digits, such as [`crate::ports::Ids::secret`] makes them.
    pub fn new(id: TokenId, secret: String) -> Self {
        Self { id, secret }
    }

    /// Reads what somebody shows; `None` when it is no token at all.
    pub fn parse(text: &str) -> Option<Self> {
        let (id, secret) = text.strip_prefix(PREFIX)?.split_once('_')?;
        if !are_digits(id, ID_DIGITS) || !are_digits(secret, SECRET_DIGITS) {
            return None;
        }
        let id = Uuid::try_parse(id).ok()?;
        Some(Self::new(TokenId::from_uuid(id), secret.to_owned()))
    }

    /// Which token it is.
    pub fn id(&self) -> TokenId {
        self.id
    }

    /// What is kept of it.
    pub fn digest(&self) -> TokenDigest {
        TokenDigest(Sha256::digest(self.secret.as_bytes()).into())
    }

    /// The whole token, for its holder only.
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}_{}", self.id.as_uuid().simple(), self.secret)
    }
}

impl TokenDigest {
    /// No secret has it.
    pub const NONE: Self = Self([0; 32]);

    /// The digest that [`Self::to_hex`] wrote; `None` when it is none.
    pub fn from_hex(digits: &str) -> Option<Self> {
        if !are_digits(digits, 64) {
            return None;
        }
        let mut bytes = [0; 32];
        hex::decode_to_slice(digits, &mut bytes).ok()?;
        Some(Self(bytes))
    }

    /// 64 hexadecimal digits.
    pub fn to_hex(self) -> String {
        hex::encode(self.0)
    }
}

impl PartialEq for TokenDigest {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Debug for ShownToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShownToken")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for TokenDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenDigest(…)")
    }
}

fn are_digits(text: &str, count: usize) -> bool {
    text.len() == count && text.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ID: &str = "0199a6a47c1c7f4e9d530d3c2b1a0f5e";

    fn secret(digit: char) -> String {
        digit.to_string().repeat(SECRET_DIGITS)
    }

    #[test]
    fn a_token_survives_being_written_and_read() {
        let text = format!("viva_{ID}_{}", secret('a'));
        let token = ShownToken::parse(&text).unwrap();
        assert_eq!(token.id().to_string(), "0199a6a4-7c1c-7f4e-9d53-0d3c2b1a0f5e");
        assert_eq!(token.reveal(), text);
        let same = ShownToken::new(token.id(), secret('a'));
        assert_eq!(same.digest(), token.digest());
    }

    #[test]
    fn what_is_no_token_is_refused() {
        let (good, short) = (secret('a'), &secret('a')[1..]);
        for text in [
            String::new(),
            "viva_".to_owned(),
            format!("VIVA_{ID}_{good}"),
            format!("viva_{ID}{good}"),
            format!("viva_{ID}_{short}"),
            format!("viva_{ID}_{good}0"),
            format!("viva_{}_{good}", &ID[1..]),
            format!("viva_{ID}_{}", secret('A')),
            format!("viva_{ID}_{}", secret('g')),
            format!("viva_{ID}_{good} "),
            format!("viva_0199a6a4-7c1c-7f4e-9d53-0d3c2b1a0f5e_{good}"),
        ] {
            assert!(ShownToken::parse(&text).is_none(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_token_or_refused(text: String) {
            prop_assert!(ShownToken::parse(&text).is_none());
            let with_prefix = format!("{PREFIX}{text}");
            prop_assert!(ShownToken::parse(&with_prefix).is_none());
        }
    }

    #[test]
    fn a_digest_tells_secrets_apart_and_survives_being_kept() {
        let id = ShownToken::parse(&format!("viva_{ID}_{}", secret('a')))
            .unwrap()
            .id();
        let digest = |digit| ShownToken::new(id, secret(digit)).digest();
        assert_ne!(digest('a'), digest('b'));
        assert_ne!(digest('a'), TokenDigest::NONE);
        assert_eq!(TokenDigest::from_hex(&digest('a').to_hex()), Some(digest('a')));
        // The digest of "abc" in FIPS 180-2, so that tokens stay good when the library changes.
        assert_eq!(
            ShownToken::new(id, "abc".to_owned()).digest().to_hex(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        for bad in ["", "ba", &"BA".repeat(32), &"é".repeat(32)] {
            assert_eq!(TokenDigest::from_hex(bad), None, "{bad}");
        }
    }

    #[test]
    fn nothing_prints_a_secret() {
        let token = ShownToken::parse(&format!("viva_{ID}_{}", secret('a'))).unwrap();
        let printed = format!("{token:?} {:?}", token.digest());
        assert!(!printed.contains("aaaa"), "{printed}");
        assert!(!printed.contains(&token.digest().to_hex()[..8]), "{printed}");
    }
}
