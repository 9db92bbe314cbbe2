use std::collections::HashMap;

use chrono::{DateTime, Utc};
use viva_domain::access::{ShownToken, TokenDigest};
use viva_domain::ids::{TokenId, UserId};

/// Tokens that are remembered. With one more, the one that was used the longest ago is forgotten.
const MOST_TOKENS: usize = 10_000;

/// Tokens that were good when they were last shown. They may not be any more: this lets nobody in, it only tells whom to
/// count a request for before the database is asked.
#[derive(Debug, Default)]
pub(super) struct KnownTokens(HashMap<TokenId, Known>);

#[derive(Debug, Clone, Copy)]
struct Known {
    digest: TokenDigest,
    user_id: UserId,
    last: DateTime<Utc>,
}

impl KnownTokens {
    /// Whose it was.
    pub(super) fn user_of(&self, shown: &ShownToken) -> Option<UserId> {
        let known = self.0.get(&shown.id())?;
        (known.digest == shown.digest()).then_some(known.user_id)
    }

    /// It was good.
    pub(super) fn remember(&mut self, shown: &ShownToken, user_id: UserId, now: DateTime<Utc>) {
        if self.0.len() >= MOST_TOKENS && !self.0.contains_key(&shown.id()) {
            let oldest = self.0.iter().min_by_key(|(_, known)| known.last);
            if let Some(id) = oldest.map(|(id, _)| *id) {
                self.0.remove(&id);
            }
        }
        let known = Known {
            digest: shown.digest(),
            user_id,
            last: now,
        };
        self.0.insert(shown.id(), known);
    }

    /// It is not any more. Whoever knows the id and not the secret changes nothing.
    pub(super) fn forget(&mut self, shown: &ShownToken) {
        if self.user_of(shown).is_some() {
            self.0.remove(&shown.id());
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn shown(n: u128, digit: &str) -> ShownToken {
        ShownToken::new(TokenId::from_uuid(Uuid::from_u128(n)), digit.repeat(64))
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    #[test]
    fn only_whoever_has_the_secret_is_known() {
        let mut tokens = KnownTokens::default();
        let (good, guessed) = (shown(1, "a"), shown(1, "b"));
        assert_eq!(tokens.user_of(&good), None);
        tokens.remember(&good, UserId::LOCAL, at(0));
        assert_eq!(tokens.user_of(&good), Some(UserId::LOCAL));
        assert_eq!(tokens.user_of(&guessed), None);
        tokens.forget(&guessed);
        assert_eq!(tokens.user_of(&good), Some(UserId::LOCAL));
        tokens.forget(&good);
        assert_eq!(tokens.user_of(&good), None);
    }

    #[test]
    fn not_more_are_remembered_than_there_is_room_for() {
        let mut tokens = KnownTokens::default();
        for n in 0..10_000_u32 {
            tokens.remember(&shown(n.into(), "a"), UserId::LOCAL, at(n.into()));
        }
        // Used again, so that another one is the oldest.
        tokens.remember(&shown(0, "a"), UserId::LOCAL, at(20_000));
        assert!(tokens.user_of(&shown(1, "a")).is_some());
        tokens.remember(&shown(10_000, "a"), UserId::LOCAL, at(20_001));
        assert_eq!(tokens.0.len(), MOST_TOKENS);
        assert_eq!(tokens.user_of(&shown(1, "a")), None);
        for n in [0, 2, 10_000] {
            assert!(tokens.user_of(&shown(n, "a")).is_some(), "{n}");
        }
    }
}
