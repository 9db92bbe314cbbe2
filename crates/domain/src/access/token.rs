use chrono::{DateTime, Utc};

use super::name::{TokenName, UserName};
use super::secret::TokenDigest;
use crate::ids::{TokenId, UserId};

/// Somebody who may sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Their id.
    pub id: UserId,
    /// What they are called.
    pub name: UserName,
    /// When they were first given a token, UTC, to the microsecond.
    pub created_at: DateTime<Utc>,
}

/// What is kept of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiToken {
    /// Its id, which is a part of the token.
    pub id: TokenId,
    /// Whose it is.
    pub user_id: UserId,
    /// What it is for.
    pub name: TokenName,
    /// Where it comes from.
    pub kind: TokenKind,
    /// What its secret is compared with.
    pub digest: TokenDigest,
    /// When it was made, UTC, to the microsecond.
    pub created_at: DateTime<Utc>,
    /// From when on it is worth nothing; `None`: never.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was last used, to about a minute.
    pub last_used_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
}

/// Where a token comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// It was given to a person or a program, who shows it in a header or signs in with it.
    Api,
    /// A browser got it when somebody signed in, and shows it in a cookie. It is worth nothing once the token is that they
    /// signed in with.
    Browser {
        /// The token that they signed in with.
        signed_in_with: TokenId,
    },
}

/// Whether a token is worth something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenState {
    /// It is.
    Valid,
    /// Its time is over.
    Expired,
    /// Somebody took it back.
    Revoked,
}

impl ApiToken {
    /// Whether it is worth something at this time.
    pub fn state(&self, now: DateTime<Utc>) -> TokenState {
        if self.revoked_at.is_some() {
            TokenState::Revoked
        } else if self.expires_at.is_some_and(|expires_at| expires_at <= now) {
            TokenState::Expired
        } else {
            TokenState::Valid
        }
    }

    /// Whether [`Self::state`] is [`TokenState::Valid`].
    pub fn is_valid(&self, now: DateTime<Utc>) -> bool {
        self.state(now) == TokenState::Valid
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_token_is_worth_nothing_from_its_end_on() {
        let now = DateTime::UNIX_EPOCH;
        let (before, after) = (now - TimeDelta::microseconds(1), now + TimeDelta::microseconds(1));
        let token = ApiToken {
            id: TokenId::from_uuid(Uuid::nil()),
            user_id: UserId::LOCAL,
            name: TokenName::parse("ci").unwrap(),
            kind: TokenKind::Api,
            digest: TokenDigest::NONE,
            created_at: before,
            expires_at: None,
            last_used_at: None,
            revoked_at: None,
        };
        assert!(token.is_valid(now));
        for (expires_at, state) in [
            (before, TokenState::Expired),
            (now, TokenState::Expired),
            (after, TokenState::Valid),
        ] {
            let token = ApiToken {
                expires_at: Some(expires_at),
                ..token.clone()
            };
            assert_eq!(token.state(now), state);
            let revoked = ApiToken {
                revoked_at: Some(after),
                ..token
            };
            assert_eq!(revoked.state(now), TokenState::Revoked);
        }
    }
}
