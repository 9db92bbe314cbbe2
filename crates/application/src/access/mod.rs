//! Who may use Viva: tokens, and signing in with them.

mod failed_attempts;
mod known_tokens;

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use thiserror::Error;
use tracing::warn;
use viva_domain::access::{
    ApiToken, ShownToken, TokenDigest, TokenKind, TokenName, TokenState, User, UserName,
};
use viva_domain::ids::{TokenId, UserId};
use viva_domain::ports::{Clock, Ids, Page, PageRequest, StoreError, StoreErrorKind, TokenStore};

use self::failed_attempts::FailedAttempts;
use self::known_tokens::KnownTokens;

/// How long a browser stays signed in; not longer than the token is worth something.
const SIGNED_IN_FOR: TimeDelta = TimeDelta::days(30);
/// How exactly it is known when a token was last used: it is not written down more often.
const NOTED_EVERY: TimeDelta = TimeDelta::minutes(1);

/// Makes, lists, revokes and checks tokens. What is somebody else's is not there.
#[derive(Clone)]
pub struct Access {
    token_store: Arc<dyn TokenStore>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    /// Of this process, as what follows; whoever starts it anew forgives.
    failed_sign_ins: Arc<Mutex<FailedAttempts>>,
    /// Counted apart: a program whose token is over says nothing about people at the same address.
    failed_headers: Arc<Mutex<FailedAttempts>>,
    known: Arc<Mutex<KnownTokens>>,
}

/// A token to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateToken {
    /// Whose it will be; there need be no such user yet.
    pub user: UserName,
    /// What it is for.
    pub name: TokenName,
    /// How long it is worth something; `None`: until it is revoked.
    pub lifetime: Option<TimeDelta>,
}

/// A token that was made. Nobody can see it again.
#[derive(Debug, Clone)]
pub struct CreatedToken {
    /// What is kept of it.
    pub token: ApiToken,
    /// The token itself.
    pub shown: ShownToken,
}

/// How a token came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carrier {
    /// In a header, as programs send it.
    Header,
    /// In a cookie, as browsers send the one that they got when somebody signed in.
    Cookie,
}

/// Who signed in, and with which token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignedIn {
    /// Who.
    pub user_id: UserId,
    /// The token.
    pub token: TokenId,
}

/// Why a token was not found.
#[derive(Debug, Error)]
pub enum TokenError {
    /// There is no such token, or it is somebody else's.
    #[error("there is no token {0}")]
    Unknown(TokenId),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why somebody was not signed in.
#[derive(Debug, Error)]
pub enum SignInError {
    /// It is no token, nobody's, expired or revoked: no difference is told.
    #[error("this token signs nobody in")]
    Refused,
    /// Too many attempts failed, this one among them.
    #[error("too many attempts failed; try again in {} s", retry_after.as_secs().max(1))]
    TooSoon {
        /// How long to wait.
        retry_after: Duration,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Access {
    /// Access by the tokens of this store.
    pub fn new(token_store: Arc<dyn TokenStore>, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        Self {
            token_store,
            clock,
            ids,
            failed_sign_ins: Arc::default(),
            failed_headers: Arc::default(),
            known: Arc::default(),
        }
    }

    /// Makes a token.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn create(&self, request: CreateToken) -> Result<CreatedToken, StoreError> {
        let now = self.clock.now();
        let user = User {
            id: UserId::from_uuid(self.ids.uuid()),
            name: request.user,
            created_at: now,
        };
        let user = self.token_store.ensure_user(&user).await?;
        // Beyond the end of the calendar is for ever.
        let lifetime = request.lifetime;
        let expires_at = lifetime.and_then(|lifetime| now.checked_add_signed(lifetime));
        let created = self.make(user.id, request.name, TokenKind::Api, expires_at);
        self.token_store.insert(&created.token).await?;
        Ok(created)
    }

    /// Everybody who has or had a token, by name.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn users(&self, page: PageRequest) -> Result<Page<User>, StoreError> {
        self.token_store.users(page).await
    }

    /// The user of this name.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn user(&self, name: &UserName) -> Result<Option<User>, StoreError> {
        self.token_store.find_user(name).await
    }

    /// Who signed in, and the token that they did it with; `None` when either is gone meanwhile.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn who(&self, signed_in: SignedIn) -> Result<Option<(User, ApiToken)>, StoreError> {
        let user = self.token_store.user(signed_in.user_id).await?;
        let token = self.token_store.find(signed_in.token).await?;
        Ok(user.zip(token))
    }

    /// A user's tokens, in the order in which they were made.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn list(&self, owner: UserId, page: PageRequest) -> Result<Page<ApiToken>, StoreError> {
        self.token_store.list(owner, page).await
    }

    /// Whether a token is worth something now; that of a browser no longer than the one that somebody signed in with.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn state(&self, token: &ApiToken) -> Result<TokenState, StoreError> {
        let now = self.clock.now();
        let state = token.state(now);
        let (TokenState::Valid, TokenKind::Browser { signed_in_with }) = (state, token.kind) else {
            return Ok(state);
        };
        let origin = self.token_store.find(signed_in_with).await?;
        Ok(origin.map_or(TokenState::Revoked, |origin| origin.state(now)))
    }

    /// Takes a token of this user back: whoever shows it from now on is nobody.
    ///
    /// # Errors
    /// [`TokenError`].
    pub async fn revoke(&self, owner: UserId, id: TokenId) -> Result<(), TokenError> {
        match self.token_store.revoke(owner, id, self.clock.now()).await {
            Err(err) if err.kind == StoreErrorKind::Missing => Err(TokenError::Unknown(id)),
            res => Ok(res?),
        }
    }

    /// Whose a token is: for whoever runs the server.
    ///
    /// # Errors
    /// [`TokenError`].
    pub async fn owner_of(&self, id: TokenId) -> Result<UserId, TokenError> {
        let token = self.token_store.find(id).await?;
        token.map(|token| token.user_id).ok_or(TokenError::Unknown(id))
    }

    /// Whose token this was when it was last shown, from memory: whether it still is, and may come in this way, says
    /// [`Self::authenticate`] only.
    pub fn known(&self, shown: &ShownToken) -> Option<UserId> {
        lock(&self.known).user_of(shown)
    }

    /// Counts that somebody showed a wrong token in a header.
    ///
    /// # Errors
    /// How long to wait when too many were wrong; it did not count then.
    pub fn refuse(&self, client: IpAddr) -> Result<(), Duration> {
        lock(&self.failed_headers).fail(client, self.clock.now())
    }

    /// Who shows this token; nobody when it is worth nothing.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn authenticate(
        &self,
        shown: &ShownToken,
        carrier: Carrier,
    ) -> Result<Option<SignedIn>, StoreError> {
        let Some(token) = self.recognize(shown, carrier).await? else {
            return Ok(None);
        };
        self.note_use(&token).await;
        Ok(Some(SignedIn {
            user_id: token.user_id,
            token: token.id,
        }))
    }

    /// Whether somebody who signed in still is: their token was not revoked meanwhile, and its time is not over.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn is_signed_in(&self, signed_in: SignedIn) -> Result<bool, StoreError> {
        let token = self.token_store.find(signed_in.token).await?;
        match token {
            Some(token) => Ok(self.state(&token).await? == TokenState::Valid),
            None => Ok(false),
        }
    }

    /// Signs a browser in: makes a token of its own for it, so that the other one is in no cookie. A good token always signs
    /// in; only failures count, and wait.
    ///
    /// # Errors
    /// [`SignInError`].
    pub async fn sign_in(&self, text: &str, client: IpAddr) -> Result<CreatedToken, SignInError> {
        let token = match ShownToken::parse(text.trim()) {
            // A database that is away tells nothing about the token.
            Some(shown) => self.recognize(&shown, Carrier::Header).await?,
            None => None,
        };
        let now = self.clock.now();
        let Some(token) = token else {
            let counted = lock(&self.failed_sign_ins).fail(client, now);
            counted.map_err(|retry_after| SignInError::TooSoon { retry_after })?;
            return Err(SignInError::Refused);
        };
        self.note_use(&token).await;
        Ok(self.sign_in_with(&token, now).await?)
    }

    /// Signs somebody out: their token is revoked.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn sign_out(&self, signed_in: SignedIn) -> Result<(), StoreError> {
        match self.revoke(signed_in.user_id, signed_in.token).await {
            Ok(()) | Err(TokenError::Unknown(_)) => Ok(()),
            Err(TokenError::Store(err)) => Err(err),
        }
    }

    async fn sign_in_with(&self, token: &ApiToken, now: DateTime<Utc>) -> Result<CreatedToken, StoreError> {
        self.token_store.forget_browsers(token.user_id, now).await?;
        let latest = now + SIGNED_IN_FOR;
        let expires_at = token.expires_at.map_or(latest, |at| at.min(latest));
        let kind = TokenKind::Browser {
            signed_in_with: token.id,
        };
        let created = self.make(token.user_id, token.name.clone(), kind, Some(expires_at));
        self.token_store.insert(&created.token).await?;
        Ok(created)
    }

    fn make(
        &self,
        owner: UserId,
        name: TokenName,
        kind: TokenKind,
        expires_at: Option<DateTime<Utc>>,
    ) -> CreatedToken {
        let shown = ShownToken::new(TokenId::from_uuid(self.ids.uuid()), self.ids.secret());
        let token = ApiToken {
            id: shown.id(),
            user_id: owner,
            name,
            kind,
            digest: shown.digest(),
            created_at: self.clock.now(),
            expires_at,
            last_used_at: None,
            revoked_at: None,
        };
        CreatedToken { token, shown }
    }

    /// The token that somebody shows, if it is worth something and of those that come in this way. It is known then.
    async fn recognize(&self, shown: &ShownToken, carrier: Carrier) -> Result<Option<ApiToken>, StoreError> {
        let token = self.token_shown(shown).await?;
        let token = token.filter(|token| carrier == carrier_of(token.kind));
        match &token {
            Some(token) => lock(&self.known).remember(shown, token.user_id, self.clock.now()),
            None => lock(&self.known).forget(shown),
        }
        Ok(token)
    }

    /// The token that somebody shows, if its secret is right and it is worth something.
    async fn token_shown(&self, shown: &ShownToken) -> Result<Option<ApiToken>, StoreError> {
        let found = self.token_store.find(shown.id()).await?;
        // One that is not there takes as long to compare.
        let digest = found.as_ref().map_or(TokenDigest::NONE, |token| token.digest);
        let is_right = digest == shown.digest();
        match found {
            Some(token) if is_right && self.state(&token).await? == TokenState::Valid => Ok(Some(token)),
            _ => Ok(None),
        }
    }

    async fn note_use(&self, token: &ApiToken) {
        let now = self.clock.now();
        if token.last_used_at.is_some_and(|at| now - at < NOTED_EVERY) {
            return;
        }
        if let Err(err) = self.token_store.touch(token.user_id, token.id, now).await {
            warn!(event = "token.use_not_noted", token.id = %token.id, error = &err as &dyn std::error::Error, "Could not note that a token was used");
        }
    }
}

fn lock<T>(counted: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is counted is whole after every operation.
    counted.lock().unwrap_or_else(PoisonError::into_inner)
}

fn carrier_of(kind: TokenKind) -> Carrier {
    match kind {
        TokenKind::Api => Carrier::Header,
        TokenKind::Browser { .. } => Carrier::Cookie,
    }
}

#[cfg(test)]
mod tests;
