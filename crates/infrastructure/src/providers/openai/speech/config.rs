//! What a session can configure.
//!
//! | Option | Value | Default | Meaning |
//! |---|---|---|---|
//! | `instructions` | a text of 1 to 4096 characters | none | How to speak; older models refuse it. |
//! | `speed` | 0.25 to 4.0 | the vendor's, 1.0 | How fast to speak. |

use viva_domain::sessions::ProviderOptions;

use crate::providers::options::{decimal, text, unknown};

/// Every option, for the message that refuses another one.
const NAMES: [&str; 2] = ["instructions", "speed"];
const MAX_INSTRUCTIONS: usize = 4_096;

/// The options of a session, checked.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Options {
    pub(super) instructions: Option<String>,
    pub(super) speed: Option<f64>,
}

impl Options {
    /// Reads and checks a session's options. The error says which one is wrong, and what is right.
    pub(super) fn parse(raw: &ProviderOptions) -> Result<Self, String> {
        let mut options = Self::default();
        for (name, json) in raw {
            match name.as_str() {
                "instructions" => options.instructions = Some(text(name, json, MAX_INSTRUCTIONS)?),
                "speed" => options.speed = Some(decimal(name, json, 0.25, 4.0)?),
                _ => return Err(unknown(name, &NAMES)),
            }
        }
        Ok(options)
    }
}
