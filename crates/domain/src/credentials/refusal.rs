use std::time::Duration;

use thiserror::Error;

/// Why a provider did not accept a key, as far as the check can tell.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CredentialRefusal {
    /// It does not know the key.
    #[error("the provider refused the key; copy it again, whole")]
    BadKey,
    /// It knows the key, which may not do what is needed.
    #[error("the provider knows the key, but the key may not do what is needed here; give it more rights")]
    Forbidden,
    /// It cannot be reached, or did not answer in time.
    #[error("the provider cannot be reached from the server; try again later")]
    NoNetwork,
    /// It takes no more requests for now, or the quota is used up.
    #[error("the provider takes no more requests for now; try again later")]
    RateLimited {
        /// When it wants to be asked again.
        retry_after: Option<Duration>,
    },
    /// The address is none, is not allowed, or belongs to another region or resource than the key.
    #[error("this key cannot be used at this address: {0}")]
    WrongAddress(String),
    /// Anything else, for people; never holds the key.
    #[error("the provider's answer makes no sense: {0}")]
    Failed(String),
}

impl CredentialRefusal {
    /// Whether the key itself is to blame: it will not work before something about it changes.
    pub const fn is_final(&self) -> bool {
        match self {
            Self::BadKey | Self::Forbidden | Self::WrongAddress(_) => true,
            Self::NoNetwork | Self::RateLimited { .. } | Self::Failed(_) => false,
        }
    }
}
