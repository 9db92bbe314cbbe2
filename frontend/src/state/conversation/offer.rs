use viva_protocol::ws::{FallbackOffered, Interaction};

/// Another mode that the session can go on in.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    /// Why it cannot go on as it is, in the server's words.
    pub reason: String,
    /// The mode and its configuration.
    pub interaction: Interaction,
    /// Whether the server was asked for it.
    pub is_taken: bool,
}

impl From<&FallbackOffered> for Offer {
    fn from(offered: &FallbackOffered) -> Self {
        Self {
            reason: offered.reason.clone(),
            interaction: offered.interaction.clone(),
            is_taken: false,
        }
    }
}
