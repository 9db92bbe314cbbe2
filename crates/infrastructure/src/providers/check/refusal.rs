use thiserror::Error;
use viva_domain::credentials::{AddressFault, CredentialRefusal};

/// Why no answer came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(super) enum NoNetwork {
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
pub(super) enum WrongAddress {
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

impl From<NoNetwork> for CredentialRefusal {
    fn from(why: NoNetwork) -> Self {
        Self::NoNetwork(why.to_string())
    }
}

impl From<WrongAddress> for CredentialRefusal {
    fn from(why: WrongAddress) -> Self {
        Self::WrongAddress {
            fault: match why {
                WrongAddress::NotFound => AddressFault::NotFound,
                WrongAddress::NotTheVendor => AddressFault::NotTheProvider,
                WrongAddress::Redirect => AddressFault::Redirects,
                WrongAddress::Region => AddressFault::OtherRegion,
            },
            said: why.to_string(),
        }
    }
}
