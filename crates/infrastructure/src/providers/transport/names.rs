//! Looking up hosts. What is looked up here is what is connected to: a name that means another address a moment later
//! changes nothing.

use std::net::SocketAddr;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::net::lookup_host;

use super::AddressPolicy;

/// What the system knows.
pub(super) struct SystemNames;

/// Of a name's addresses those that may be connected to: one in the same house may have a link-local one besides.
pub(super) struct CheckedNames {
    pub(super) policy: AddressPolicy,
    pub(super) names: Arc<dyn Resolve>,
}

impl Resolve for SystemNames {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let addresses: Vec<SocketAddr> = lookup_host((name.as_str(), 0)).await?.collect();
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

impl Resolve for CheckedNames {
    fn resolve(&self, name: Name) -> Resolving {
        let (policy, found) = (self.policy, self.names.resolve(name));
        Box::pin(async move {
            let mut allowed = Vec::new();
            let mut refused = None;
            for address in found.await? {
                match policy.check(address.ip()) {
                    Ok(()) => allowed.push(address),
                    Err(why) => refused = refused.or(Some(why)),
                }
            }
            match refused {
                Some(why) if allowed.is_empty() => Err(why.into()),
                _ => Ok(Box::new(allowed.into_iter()) as Addrs),
            }
        })
    }
}
