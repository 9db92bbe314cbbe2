use std::time::Duration;

use thiserror::Error;

use crate::providers::transport::ForbiddenAddress;

/// Why a key was not accepted; each says what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CheckRefusal {
    /// The vendor does not know the key, or not any more.
    #[error("the provider does not take this key; copy it again, whole, or make a new one")]
    BadKey,
    /// The key may be right, but may not do this.
    #[error(
        "the provider denies this key access; see there what the key and its project may do and from which addresses, or \
         use another key"
    )]
    NotAllowed,
    /// The key is right, and nothing is left to spend.
    #[error("the credit of this key's account is used up; add some at the provider, and check the key again")]
    QuotaExceeded,
    /// Asked too often.
    #[error("the provider got too many requests; check the key again {}", later(*.retry_after))]
    RateLimited {
        /// When the vendor wants to be asked again.
        retry_after: Option<Duration>,
    },
    /// No answer came.
    #[error(transparent)]
    NoNetwork(#[from] NoNetwork),
    /// Somebody answered, and it was not the vendor, or not the right one.
    #[error(transparent)]
    WrongAddress(#[from] WrongAddress),
    /// Nobody was asked.
    #[error("the base URL {0}")]
    ForbiddenAddress(ForbiddenAddress),
    /// The vendor cannot say.
    #[error("the provider is out of order and cannot tell; check the key again later")]
    VendorTrouble,
}

/// Why no answer came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NoNetwork {
    /// The name has no address, or there is nobody to ask for it.
    #[error(
        "the host of the base URL is not found; see whether its name is right and this server is on the network"
    )]
    UnknownName,
    /// The machine is there and takes no connections on this port.
    #[error(
        "nothing takes connections there; see whether host and port are right and the provider's server runs"
    )]
    Refused,
    /// The certificate is no good, or the server does not encrypt.
    #[error(
        "no encrypted connection can be made; see whether the base URL begins with the right one of https:// and http://, \
         and whether this server trusts the certificate"
    )]
    Encryption,
    /// There is no way to the machine.
    #[error(
        "there is no connection to the provider; see whether this server is on the network, or a firewall is between"
    )]
    Unreachable,
    /// Nothing came in time.
    #[error(
        "the provider did not answer in time; see whether the base URL is right, or check the key again later"
    )]
    Silent,
    /// The connection ended before the answer did, or what came was no answer.
    #[error(
        "the connection broke off; see whether the base URL begins with the right one of https:// and http://, or check \
         the key again"
    )]
    BrokenOff,
}

/// What is wrong with an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum WrongAddress {
    /// The server has nothing there.
    #[error("there is no such provider at the base URL; see where it has to end")]
    NotFound,
    /// The answer is not the vendor's.
    #[error(
        "what answers at the base URL is not this provider; see whether it is right, from https:// to its end"
    )]
    NotTheVendor,
    /// The vendor is somewhere else; a key is not sent on.
    #[error("the base URL sends on to another address; use the one to which it leads")]
    Redirect,
    /// The key, or this server, belongs to another region.
    #[error(
        "the key is for another region, or the provider does not serve the region of this server; use the base URL of the \
         key's region"
    )]
    Region,
}

fn later(retry_after: Option<Duration>) -> String {
    match retry_after.map(|wait| wait.as_secs() + u64::from(wait.subsec_nanos() > 0)) {
        Some(seconds) => format!("in {seconds} s"),
        None => "in a moment".to_owned(),
    }
}
