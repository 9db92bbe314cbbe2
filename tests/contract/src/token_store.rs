//! What every [`TokenStore`] must do. A fresh one has the local user and nobody else.

use futures_util::future::join_all;
use viva_domain::access::{ApiToken, TokenKind, UserName};
use viva_domain::ids::{TokenId, UserId};
use viva_domain::ports::{PageRequest, StoreError, StoreErrorKind, TokenStore};

use crate::samples::{OWNER, STRANGER, api_token, at, browser_token, shown_token, token_id, user};

/// Runs the suite; the factory is `async fn(impl AsyncFnOnce(&dyn TokenStore))`.
#[macro_export]
macro_rules! token_store_contract {
    ($factory:ident) => {
        $crate::contract_cases!(token_store, $factory:
            the_local_user_is_there,
            a_user_of_a_name_is_made_once,
            users_are_found_by_their_id,
            of_one_name_many_times_at_once_one_user_is_made,
            an_id_is_given_once,
            users_are_listed_by_name,
            inserted_tokens_are_found,
            bare_tokens_survive,
            inserting_twice_conflicts,
            a_token_of_nobody_is_missing,
            a_digest_is_that_of_its_secret,
            tokens_are_listed_in_the_order_in_which_they_were_made,
            pages_do_not_overlap_and_end,
            tokens_of_others_are_left_alone,
            a_token_is_revoked_once,
            a_token_that_is_not_there_is_missing,
            it_is_noted_when_a_token_was_last_used,
            only_browsers_that_are_over_are_forgotten,
        );
    };
}

pub async fn the_local_user_is_there(store: &dyn TokenStore) {
    let local = store.find_user(&UserName::local()).await.unwrap().unwrap();
    assert_eq!((local.id, local.name), (UserId::LOCAL, UserName::local()));
    let again = user(OWNER, "local", 1);
    assert_eq!(store.ensure_user(&again).await.unwrap().id, UserId::LOCAL);
}

pub async fn a_user_of_a_name_is_made_once(store: &dyn TokenStore) {
    let (first, second) = (user(OWNER, "ada", 1), user(STRANGER, "ada", 2));
    assert_eq!(store.find_user(&first.name).await.unwrap(), None);
    assert_eq!(store.ensure_user(&first).await.unwrap(), first);
    assert_eq!(store.ensure_user(&second).await.unwrap(), first);
    assert_eq!(store.find_user(&first.name).await.unwrap(), Some(first));
}

pub async fn users_are_found_by_their_id(store: &dyn TokenStore) {
    let ada = user(OWNER, "ada", 1);
    store.ensure_user(&ada).await.unwrap();
    assert_eq!(store.user(OWNER).await.unwrap(), Some(ada));
    assert_eq!(store.user(STRANGER).await.unwrap(), None);
    let local = store.user(UserId::LOCAL).await.unwrap().unwrap();
    assert_eq!(local.name, UserName::local());
}

pub async fn of_one_name_many_times_at_once_one_user_is_made(store: &dyn TokenStore) {
    let ids = (1..=8).map(|n| UserId::from_uuid(token_id(n).as_uuid()));
    let making = ids.map(async move |id| store.ensure_user(&user(id, "ada", 1)).await.unwrap().id);
    let made = join_all(making).await;
    assert!(made.iter().all(|id| *id == made[0]), "{made:?}");
    assert_eq!(users(store).await.len(), 2);
}

pub async fn an_id_is_given_once(store: &dyn TokenStore) {
    store.ensure_user(&user(OWNER, "ada", 1)).await.unwrap();
    let other = store.ensure_user(&user(OWNER, "bob", 2)).await;
    assert_eq!(other.unwrap_err().kind, StoreErrorKind::Conflict);
    assert_eq!(users(store).await, ["ada", "local"]);
}

pub async fn users_are_listed_by_name(store: &dyn TokenStore) {
    for (n, name) in [(1, "zoe"), (2, "ada"), (3, "mei")] {
        let id = UserId::from_uuid(token_id(n).as_uuid());
        store.ensure_user(&user(id, name, 1)).await.unwrap();
    }
    assert_eq!(users(store).await, ["ada", "local", "mei", "zoe"]);
    let page = store.users(PageRequest::new(2, 3)).await.unwrap();
    assert_eq!((page.total, page.items.len()), (4, 1));
    assert_eq!(page.items[0].name.as_str(), "zoe");
}

pub async fn inserted_tokens_are_found(store: &dyn TokenStore) {
    with_users(store).await;
    assert_eq!(store.find(token_id(1)).await.unwrap(), None);
    let revoked = ApiToken {
        revoked_at: Some(at(7)),
        ..browser_token(STRANGER, 3, 2)
    };
    for token in [api_token(OWNER, 1), api_token(STRANGER, 2), revoked] {
        store.insert(&token).await.unwrap();
        assert_eq!(store.find(token.id).await.unwrap(), Some(token));
    }
}

pub async fn bare_tokens_survive(store: &dyn TokenStore) {
    let bare = ApiToken {
        expires_at: None,
        last_used_at: None,
        ..api_token(UserId::LOCAL, 1)
    };
    store.insert(&bare).await.unwrap();
    assert_eq!(store.find(bare.id).await.unwrap(), Some(bare));
}

pub async fn inserting_twice_conflicts(store: &dyn TokenStore) {
    with_users(store).await;
    insert(store, OWNER, 1).await;
    for owner in [OWNER, STRANGER] {
        let again = store.insert(&api_token(owner, 1)).await;
        assert_eq!(kind(again), StoreErrorKind::Conflict);
    }
    assert_eq!(store.find(token_id(1)).await.unwrap(), Some(api_token(OWNER, 1)));
}

pub async fn a_token_of_nobody_is_missing(store: &dyn TokenStore) {
    let inserted = store.insert(&api_token(OWNER, 1)).await;
    assert_eq!(kind(inserted), StoreErrorKind::Missing);
    assert_eq!(store.find(token_id(1)).await.unwrap(), None);
}

pub async fn a_digest_is_that_of_its_secret(store: &dyn TokenStore) {
    with_users(store).await;
    for n in [1, 2] {
        insert(store, OWNER, n).await;
    }
    let kept = store.find(token_id(1)).await.unwrap().unwrap().digest;
    assert_eq!(kept, shown_token(1).digest());
    assert_ne!(kept, shown_token(2).digest());
}

pub async fn tokens_are_listed_in_the_order_in_which_they_were_made(store: &dyn TokenStore) {
    with_users(store).await;
    for n in [3, 1] {
        insert(store, OWNER, n).await;
    }
    store.insert(&browser_token(OWNER, 2, 1)).await.unwrap();
    assert_eq!(list(store, OWNER).await, [1, 2, 3].map(token_id));
}

pub async fn pages_do_not_overlap_and_end(store: &dyn TokenStore) {
    with_users(store).await;
    for n in 1..=5 {
        insert(store, OWNER, n).await;
    }
    insert(store, STRANGER, 6).await;
    let mut paged = Vec::new();
    for number in 1..=4 {
        let page = store.list(OWNER, PageRequest::new(number, 2)).await.unwrap();
        assert_eq!(page.total, 5);
        paged.extend(page.items);
    }
    assert_eq!(paged, (1..=5).map(|n| api_token(OWNER, n)).collect::<Vec<_>>());
}

pub async fn tokens_of_others_are_left_alone(store: &dyn TokenStore) {
    with_users(store).await;
    insert(store, OWNER, 1).await;
    let over = ApiToken {
        expires_at: Some(at(0)),
        ..browser_token(OWNER, 2, 1)
    };
    store.insert(&over).await.unwrap();
    insert(store, STRANGER, 3).await;
    assert_eq!(list(store, STRANGER).await, [token_id(3)]);
    let revoked = store.revoke(STRANGER, token_id(1), at(9)).await;
    assert_eq!(kind(revoked), StoreErrorKind::Missing);
    store.touch(STRANGER, token_id(1), at(9_000)).await.unwrap();
    store.forget_browsers(STRANGER, at(9_000_000)).await.unwrap();
    assert_eq!(store.find(token_id(1)).await.unwrap(), Some(api_token(OWNER, 1)));
    assert_eq!(store.find(token_id(2)).await.unwrap(), Some(over));
    // Those of the owner are not all one either.
    store.revoke(STRANGER, token_id(3), at(9)).await.unwrap();
    assert_eq!(list(store, OWNER).await, [1, 2].map(token_id));
    assert_eq!(store.find(token_id(1)).await.unwrap(), Some(api_token(OWNER, 1)));
}

pub async fn a_token_is_revoked_once(store: &dyn TokenStore) {
    with_users(store).await;
    for n in [1, 2] {
        insert(store, OWNER, n).await;
    }
    for micros in [9, 10, 8] {
        store.revoke(OWNER, token_id(1), at(micros)).await.unwrap();
        let revoked = ApiToken {
            revoked_at: Some(at(9)),
            ..api_token(OWNER, 1)
        };
        assert_eq!(store.find(token_id(1)).await.unwrap(), Some(revoked));
    }
    assert_eq!(store.find(token_id(2)).await.unwrap(), Some(api_token(OWNER, 2)));
}

pub async fn a_token_that_is_not_there_is_missing(store: &dyn TokenStore) {
    let revoked = store.revoke(UserId::LOCAL, token_id(1), at(9)).await;
    assert_eq!(kind(revoked), StoreErrorKind::Missing);
    store.touch(UserId::LOCAL, token_id(1), at(9)).await.unwrap();
    assert_eq!(store.find(token_id(1)).await.unwrap(), None);
}

pub async fn it_is_noted_when_a_token_was_last_used(store: &dyn TokenStore) {
    with_users(store).await;
    insert(store, OWNER, 2).await;
    let fresh = ApiToken {
        last_used_at: None,
        ..api_token(OWNER, 1)
    };
    store.insert(&fresh).await.unwrap();
    // A clock that was set back changes nothing.
    for (used, noted) in [(1_000_000, 1_000_000), (1_000_001, 1_000_001), (999, 1_000_001)] {
        store.touch(OWNER, fresh.id, at(used)).await.unwrap();
        let found = store.find(fresh.id).await.unwrap().unwrap();
        assert_eq!(found.last_used_at, Some(at(noted)));
    }
    assert_eq!(store.find(token_id(2)).await.unwrap(), Some(api_token(OWNER, 2)));
}

pub async fn only_browsers_that_are_over_are_forgotten(store: &dyn TokenStore) {
    with_users(store).await;
    let ended = |token: ApiToken, expires: Option<i64>, revoked: Option<i64>| ApiToken {
        expires_at: expires.map(at),
        revoked_at: revoked.map(at),
        ..token
    };
    for token in [
        ended(api_token(OWNER, 1), Some(1), Some(1)),
        ended(browser_token(OWNER, 2, 1), Some(10), None),
        ended(browser_token(OWNER, 3, 1), Some(11), None),
        ended(browser_token(OWNER, 4, 1), None, Some(5)),
        ended(browser_token(OWNER, 5, 1), None, None),
    ] {
        assert_eq!(token.kind == TokenKind::Api, token.id == token_id(1));
        store.insert(&token).await.unwrap();
    }
    store.forget_browsers(OWNER, at(10)).await.unwrap();
    assert_eq!(list(store, OWNER).await, [1, 3, 5].map(token_id));
}

/// Two users beside the local one.
async fn with_users(store: &dyn TokenStore) {
    for user in [user(OWNER, "ada", 1), user(STRANGER, "bob", 2)] {
        store.ensure_user(&user).await.unwrap();
    }
}

async fn insert(store: &dyn TokenStore, owner: UserId, n: u16) {
    store.insert(&api_token(owner, n)).await.unwrap();
}

async fn list(store: &dyn TokenStore, owner: UserId) -> Vec<TokenId> {
    let page = store.list(owner, PageRequest::new(1, 100)).await.unwrap();
    assert!(page.items.iter().all(|token| token.user_id == owner));
    assert_eq!(page.total, page.items.len() as u64);
    page.items.iter().map(|token| token.id).collect()
}

async fn users(store: &dyn TokenStore) -> Vec<String> {
    let page = store.users(PageRequest::new(1, 100)).await.unwrap();
    assert_eq!(page.total, page.items.len() as u64);
    page.items.iter().map(|user| user.name.to_string()).collect()
}

fn kind(res: Result<(), StoreError>) -> StoreErrorKind {
    res.unwrap_err().kind
}
