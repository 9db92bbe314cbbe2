use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use viva_domain::ids::CredentialId;
use viva_domain::providers::ProviderVoice;

/// New voices are rare.
const LISTED_FOR: TimeDelta = TimeDelta::hours(1);
/// What could not be asked may be soon; until then nobody waits for it.
const UNLISTED_FOR: TimeDelta = TimeDelta::minutes(1);
/// Lists that are kept.
const MOST: usize = 256;

/// With whose key a provider was asked: without one of the user's own, it is the server's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Whose {
    pub(super) provider: String,
    pub(super) own_key: Option<CredentialId>,
}

/// What providers listed, with the moment until which that is believed.
#[derive(Default)]
pub(super) struct Kept(BTreeMap<Whose, (DateTime<Utc>, Listed)>);

/// `None` where a provider listed nothing.
pub(super) type Listed = Option<Arc<[ProviderVoice]>>;

impl Kept {
    /// `None` when it has to be asked.
    pub(super) fn get(&mut self, whose: &Whose, now: DateTime<Utc>) -> Option<Listed> {
        self.0.retain(|_, (until, _)| *until > now);
        self.0.get(whose).map(|(_, listed)| listed.clone())
    }

    /// Who is forgotten soonest makes place.
    pub(super) fn keep(&mut self, whose: Whose, listed: Listed, now: DateTime<Utc>) {
        let believed = if listed.is_some() {
            LISTED_FOR
        } else {
            UNLISTED_FOR
        };
        if self.0.len() >= MOST {
            let soonest = self.0.iter().min_by_key(|(_, (until, _))| *until);
            let soonest = soonest.map(|(whose, _)| whose.clone());
            soonest.and_then(|whose| self.0.remove(&whose));
        }
        self.0.insert(whose, (now + believed, listed));
    }
}
