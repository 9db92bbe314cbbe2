use std::fmt;

use thiserror::Error;

/// Longest name of a user, in characters.
const MAX_USER_CHARS: usize = 64;
/// Longest name of a token, in characters.
const MAX_TOKEN_CHARS: usize = 100;
/// What a user's name may hold besides letters and digits.
const USER_MARKS: [char; 5] = ['.', '_', '-', '+', '@'];

/// A user's name: ASCII letters, digits and `._-+@`, in small letters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserName(String);

/// What a token is for: one line, not empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenName(String);

/// A name that cannot be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum InvalidName {
    /// Nothing but white space.
    #[error("the name is empty")]
    Empty,
    /// Longer than allowed.
    #[error("the name is longer than {limit} characters")]
    TooLong {
        /// The limit in characters.
        limit: usize,
    },
    /// A user's name holds something else than it may.
    #[error("a user's name has letters, digits and ._-+@ only")]
    Character,
    /// A line break or another control character.
    #[error("the name contains a line break or another control character")]
    ControlCharacter,
}

impl UserName {
    /// Checks a name, and makes its letters small.
    ///
    /// # Errors
    /// [`InvalidName`] says which rule it breaks.
    pub fn parse(raw: &str) -> Result<Self, InvalidName> {
        let name = fitting(raw, MAX_USER_CHARS)?;
        if !name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || USER_MARKS.contains(&c))
        {
            return Err(InvalidName::Character);
        }
        Ok(Self(name.to_ascii_lowercase()))
    }

    /// The user whose things are those of a server that asks nobody to sign in: [`crate::ids::UserId::LOCAL`].
    pub fn local() -> Self {
        Self("local".to_owned())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TokenName {
    /// Checks and trims a name.
    ///
    /// # Errors
    /// [`InvalidName`] says which rule it breaks.
    pub fn parse(raw: &str) -> Result<Self, InvalidName> {
        let name = fitting(raw, MAX_TOKEN_CHARS)?;
        if name.chars().any(char::is_control) {
            return Err(InvalidName::ControlCharacter);
        }
        Ok(Self(name.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for TokenName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn fitting(raw: &str, limit: usize) -> Result<&str, InvalidName> {
    let name = raw.trim();
    if name.is_empty() {
        return Err(InvalidName::Empty);
    }
    if name.chars().count() > limit {
        return Err(InvalidName::TooLong { limit });
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_called_by_small_plain_names() {
        for (raw, name) in [
            ("Ada", "ada"),
            (" ci-bot_2 ", "ci-bot_2"),
            ("ada+test@viva.example", "ada+test@viva.example"),
            ("local", "local"),
        ] {
            assert_eq!(UserName::parse(raw).unwrap().as_str(), name);
        }
        assert_eq!(UserName::parse("Local").unwrap(), UserName::local());
        for (raw, err) in [
            (" ", InvalidName::Empty),
            ("ada lovelace", InvalidName::Character),
            ("艾達", InvalidName::Character),
            ("a\nb", InvalidName::Character),
            ("<b>", InvalidName::Character),
        ] {
            assert_eq!(UserName::parse(raw), Err(err), "{raw:?}");
        }
        assert!(UserName::parse(&"a".repeat(64)).is_ok());
        let too_long = UserName::parse(&"a".repeat(65));
        assert_eq!(too_long, Err(InvalidName::TooLong { limit: 64 }));
    }

    #[test]
    fn tokens_are_called_anything_on_one_line() {
        assert_eq!(TokenName::parse(" 筆電 / CI ").unwrap().as_str(), "筆電 / CI");
        assert_eq!(TokenName::parse("\t"), Err(InvalidName::Empty));
        assert_eq!(TokenName::parse("a\u{0}b"), Err(InvalidName::ControlCharacter));
        assert!(TokenName::parse(&"語".repeat(100)).is_ok());
        let too_long = TokenName::parse(&"語".repeat(101));
        assert_eq!(too_long, Err(InvalidName::TooLong { limit: 100 }));
    }
}
