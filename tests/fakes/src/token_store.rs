use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use viva_domain::access::{ApiToken, TokenKind, User, UserName};
use viva_domain::ids::{TokenId, UserId};
use viva_domain::ports::{Page, PageRequest, StoreError, StoreErrorKind, TokenStore};

use crate::rows::{error, paged};
use crate::{FaultSwitch, lock};

/// Keeps users and tokens in memory.
#[derive(Debug)]
pub struct MemoryTokenStore {
    kept: Mutex<Kept>,
    faults: FaultSwitch<StoreErrorKind>,
}

#[derive(Debug)]
struct Kept {
    users: BTreeMap<UserName, User>,
    tokens: BTreeMap<TokenId, ApiToken>,
}

impl Default for MemoryTokenStore {
    fn default() -> Self {
        let local = User {
            id: UserId::LOCAL,
            name: UserName::local(),
            created_at: DateTime::UNIX_EPOCH,
        };
        Self {
            kept: Mutex::new(Kept {
                users: [(local.name.clone(), local)].into(),
                tokens: BTreeMap::new(),
            }),
            faults: FaultSwitch::default(),
        }
    }
}

impl MemoryTokenStore {
    /// Makes every call fail, as when the database is away.
    pub fn faults(&self) -> &FaultSwitch<StoreErrorKind> {
        &self.faults
    }

    fn check(&self, operation: &'static str) -> Result<(), StoreError> {
        self.faults.check().map_err(|kind| error(kind, operation))
    }
}

#[async_trait]
impl TokenStore for MemoryTokenStore {
    async fn ensure_user(&self, user: &User) -> Result<User, StoreError> {
        const OPERATION: &str = "ensure user";
        self.check(OPERATION)?;
        let mut kept = lock(&self.kept);
        if let Some(known) = kept.users.get(&user.name) {
            return Ok(known.clone());
        }
        if kept.users.values().any(|other| other.id == user.id) {
            return Err(error(StoreErrorKind::Conflict, OPERATION));
        }
        kept.users.insert(user.name.clone(), user.clone());
        Ok(user.clone())
    }

    async fn find_user(&self, name: &UserName) -> Result<Option<User>, StoreError> {
        self.check("find user")?;
        Ok(lock(&self.kept).users.get(name).cloned())
    }

    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        self.check("find user")?;
        let kept = lock(&self.kept);
        Ok(kept.users.values().find(|user| user.id == id).cloned())
    }

    async fn users(&self, page: PageRequest) -> Result<Page<User>, StoreError> {
        self.check("list users")?;
        Ok(paged(lock(&self.kept).users.values(), page))
    }

    async fn insert(&self, token: &ApiToken) -> Result<(), StoreError> {
        const OPERATION: &str = "insert token";
        self.check(OPERATION)?;
        let mut kept = lock(&self.kept);
        if kept.tokens.contains_key(&token.id) {
            return Err(error(StoreErrorKind::Conflict, OPERATION));
        }
        if !kept.users.values().any(|user| user.id == token.user_id) {
            return Err(error(StoreErrorKind::Missing, OPERATION));
        }
        kept.tokens.insert(token.id, token.clone());
        Ok(())
    }

    async fn find(&self, id: TokenId) -> Result<Option<ApiToken>, StoreError> {
        self.check("find token")?;
        Ok(lock(&self.kept).tokens.get(&id).cloned())
    }

    async fn list(&self, owner: UserId, page: PageRequest) -> Result<Page<ApiToken>, StoreError> {
        self.check("list tokens")?;
        let kept = lock(&self.kept);
        Ok(paged(
            kept.tokens.values().filter(|token| token.user_id == owner),
            page,
        ))
    }

    async fn revoke(&self, owner: UserId, id: TokenId, at: DateTime<Utc>) -> Result<(), StoreError> {
        const OPERATION: &str = "revoke token";
        self.check(OPERATION)?;
        let mut kept = lock(&self.kept);
        let token = kept
            .own(owner, id)
            .ok_or(error(StoreErrorKind::Missing, OPERATION))?;
        token.revoked_at.get_or_insert(at);
        Ok(())
    }

    async fn touch(&self, owner: UserId, id: TokenId, at: DateTime<Utc>) -> Result<(), StoreError> {
        self.check("touch token")?;
        if let Some(token) = lock(&self.kept).own(owner, id) {
            token.last_used_at = token.last_used_at.max(Some(at));
        }
        Ok(())
    }

    async fn forget_browsers(&self, owner: UserId, now: DateTime<Utc>) -> Result<(), StoreError> {
        self.check("forget browsers")?;
        lock(&self.kept)
            .tokens
            .retain(|_, token| token.user_id != owner || token.kind == TokenKind::Api || token.is_valid(now));
        Ok(())
    }
}

impl Kept {
    fn own(&mut self, owner: UserId, id: TokenId) -> Option<&mut ApiToken> {
        self.tokens.get_mut(&id).filter(|token| token.user_id == owner)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;
    use viva_contract::token_store_contract;

    use super::*;

    async fn memory(case: impl AsyncFnOnce(&dyn TokenStore)) {
        case(&MemoryTokenStore::default()).await;
    }

    token_store_contract!(memory);

    #[tokio::test]
    async fn it_fails_when_told() {
        let store = MemoryTokenStore::default();
        store.faults().fail_next(1, StoreErrorKind::Unavailable);
        let id = TokenId::from_uuid(Uuid::nil());
        let found = store.find(id).await.map_err(|err| err.kind);
        assert_eq!(found, Err(StoreErrorKind::Unavailable));
        assert_eq!(store.find(id).await.unwrap(), None);
    }
}
