//! What every [`ProviderDirectory`] must do. In a fresh one the sample owner has keys of their own, and nobody else has.

use std::sync::Arc;

use futures_util::future::join_all;
use viva_domain::ids::UserId;
use viva_domain::ports::ProviderDirectory;
use viva_domain::providers::{ProviderCatalogue, ProviderInfo, Providers};

use crate::samples::{OWNER, STRANGER};

/// Runs the suite; the factory is `async fn(impl AsyncFnOnce(&dyn ProviderDirectory))`.
#[macro_export]
macro_rules! provider_directory_contract {
    ($factory:ident) => {
        $crate::contract_cases!(provider_directory, $factory:
            who_has_no_key_has_what_everybody_has,
            who_has_keys_has_their_providers_with_them,
            what_did_not_change_is_not_made_again,
            whoever_asks_at_once_gets_the_same,
            what_is_forgotten_is_there_when_it_is_asked_for,
            what_was_given_out_stays_as_it_was,
            others_are_not_forgotten,
        );
    };
}

pub async fn who_has_no_key_has_what_everybody_has(directory: &dyn ProviderDirectory) {
    let (stranger, local) = (of(directory, STRANGER).await, of(directory, UserId::LOCAL).await);
    assert!(stranger.own_keys.is_empty() && local.own_keys.is_empty());
    assert_eq!(listed(&stranger), listed(&local));
}

pub async fn who_has_keys_has_their_providers_with_them(directory: &dyn ProviderDirectory) {
    let (own, everybody) = (of(directory, OWNER).await, of(directory, STRANGER).await);
    assert!(!own.own_keys.is_empty());
    for id in own.own_keys.keys() {
        let has = |list: &[ProviderInfo]| list.iter().any(|info| info.id == *id);
        assert!(listed(&own).iter().any(|role| has(role)), "{id}");
    }
    // A key takes nothing away.
    for (own, everybody) in listed(&own).iter().zip(listed(&everybody)) {
        for info in everybody {
            assert!(own.iter().any(|own| own.id == info.id), "{}", info.id);
        }
    }
}

pub async fn what_did_not_change_is_not_made_again(directory: &dyn ProviderDirectory) {
    for owner in [OWNER, STRANGER] {
        let first = of(directory, owner).await;
        assert!(Arc::ptr_eq(&of(directory, owner).await, &first));
    }
}

pub async fn whoever_asks_at_once_gets_the_same(directory: &dyn ProviderDirectory) {
    let owners = [OWNER, STRANGER].repeat(4);
    let catalogues = join_all(owners.iter().map(|owner| of(directory, *owner))).await;
    for (owner, catalogue) in owners.iter().zip(&catalogues) {
        let alone = of(directory, *owner).await;
        assert_eq!(catalogue.own_keys, alone.own_keys);
        assert_eq!(listed(catalogue), listed(&alone));
    }
}

pub async fn what_is_forgotten_is_there_when_it_is_asked_for(directory: &dyn ProviderDirectory) {
    let before = of(directory, OWNER).await;
    directory.forget(OWNER);
    let after = of(directory, OWNER).await;
    assert_eq!(after.own_keys, before.own_keys);
    assert_eq!(listed(&after), listed(&before));
}

pub async fn what_was_given_out_stays_as_it_was(directory: &dyn ProviderDirectory) {
    let catalogue = of(directory, OWNER).await;
    let (keys, providers) = (catalogue.own_keys.clone(), listed(&catalogue));
    directory.forget(OWNER);
    of(directory, OWNER).await;
    assert_eq!(catalogue.own_keys, keys);
    assert_eq!(listed(&catalogue), providers);
}

pub async fn others_are_not_forgotten(directory: &dyn ProviderDirectory) {
    let own = of(directory, OWNER).await;
    for nobody in [STRANGER, UserId::LOCAL] {
        directory.forget(nobody);
    }
    assert!(Arc::ptr_eq(&of(directory, OWNER).await, &own));
    assert!(of(directory, STRANGER).await.own_keys.is_empty());
}

async fn of(directory: &dyn ProviderDirectory, owner: UserId) -> Arc<ProviderCatalogue> {
    directory.catalogue(owner).await.unwrap()
}

/// What there is for each role.
fn listed(catalogue: &ProviderCatalogue) -> [Vec<ProviderInfo>; 4] {
    [
        infos(&catalogue.realtime),
        infos(&catalogue.stt),
        infos(&catalogue.llm),
        infos(&catalogue.tts),
    ]
}

fn infos<P: ?Sized>(providers: &Providers<P>) -> Vec<ProviderInfo> {
    providers.iter().map(|(info, _)| info.clone()).collect()
}
