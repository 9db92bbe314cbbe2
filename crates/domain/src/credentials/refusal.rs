use std::time::Duration;

use thiserror::Error;

/// Why a provider did not accept a key, as far as the check can tell. Says what to do, and holds nothing of the key.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CredentialRefusal {
    /// It does not know the key, or not any more.
    #[error("the provider does not take this key; copy it again, whole, or make a new one")]
    BadKey,
    /// The key may be right, but may not do what is needed.
    #[error(
        "the provider denies this key access; see there what the key and its project may do and from which addresses, or \
         use another key"
    )]
    Forbidden,
    /// The key is right, and nothing is left to spend.
    #[error("the credit of this key's account is used up; add some at the provider, and check the key again")]
    QuotaExceeded,
    /// No answer came, for this reason.
    #[error("{0}")]
    NoNetwork(String),
    /// It takes no more requests for now.
    #[error("the provider got too many requests; check the key again {}", later(*.retry_after))]
    RateLimited {
        /// When it wants to be asked again.
        retry_after: Option<Duration>,
    },
    /// The address is none, is not allowed, or belongs to somebody else or to another region.
    #[error("{said}")]
    WrongAddress {
        /// Which of them.
        fault: AddressFault,
        /// The same in words, and what to do.
        said: String,
    },
    /// Anything else.
    #[error("{0}")]
    Failed(String),
}

/// What is wrong with the address of a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AddressFault {
    /// It cannot be read, or is not one of `http` and `https`.
    NotHttp,
    /// It holds a name or a password.
    Password,
    /// It ends with `#…`.
    Fragment,
    /// It leads to a machine beside the server.
    LinkLocal,
    /// It leads to where a cloud gives the server its credentials.
    Metadata,
    /// It leads to the server itself or its network, which whoever runs it does not allow.
    Private,
    /// It leads to no single host.
    NoHost,
    /// There is nothing of the provider there.
    NotFound,
    /// Something else answers there.
    NotTheProvider,
    /// It sends on to another address.
    Redirects,
    /// The key, or the server, belongs to another region.
    OtherRegion,
}

impl CredentialRefusal {
    /// Whether the key is certain to be no good. A network that one has to sign in to, a firewall or a vendor's trouble look
    /// like any of the others.
    pub const fn is_final(&self) -> bool {
        match self {
            Self::BadKey => true,
            Self::Forbidden
            | Self::QuotaExceeded
            | Self::NoNetwork(_)
            | Self::RateLimited { .. }
            | Self::WrongAddress { .. }
            | Self::Failed(_) => false,
        }
    }
}

fn later(retry_after: Option<Duration>) -> String {
    match retry_after.map(|wait| wait.as_secs() + u64::from(wait.subsec_nanos() > 0)) {
        Some(seconds) => format!("in {seconds} s"),
        None => "in a moment".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_told_in_whole_seconds_and_never_too_short() {
        let limited = |ms: Option<u64>| {
            let retry_after = ms.map(Duration::from_millis);
            CredentialRefusal::RateLimited { retry_after }.to_string()
        };
        for (ms, end) in [
            (Some(7_000), "check the key again in 7 s"),
            (Some(7_001), "check the key again in 8 s"),
            (None, "check the key again in a moment"),
        ] {
            let said = limited(ms);
            assert!(said.ends_with(end), "{said}");
        }
    }
}
