//! What a session can configure.
//!
//! | Option | Value | Default | Meaning |
//! |---|---|---|---|
//! | `speed` | 0.5 to 1.5 | 1 | How fast to speak. |
//! | `pitch_shift` | −5 to 5 | 0 | How much higher. |
//! | `style` | a text of 1 to 64 characters | `"預設"` | How to speak, in the vendor's words. |
//! | `style_weight` | 0 to 1 | 0 | How much of the style. |
//! | `breath_pause` | 0 to 10 | 0 | How long to breathe. |

use viva_domain::sessions::{ProviderConfig, ProviderOptions};

use crate::providers::Defaults;
use crate::providers::options::{decimal, number, read, text, unknown};

/// Every option, for the message that refuses another one.
const NAMES: [&str; 5] = ["breath_pause", "pitch_shift", "speed", "style", "style_weight"];
const MAX_STYLE_CHARS: usize = 64;
/// What every speaker has.
const STYLE: &str = "預設";

/// A session's configuration, checked.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Settings {
    /// What the vendor calls a version.
    pub(super) model: String,
    /// What the vendor calls a speaker.
    pub(super) voice: String,
    pub(super) options: Options,
}

/// The options of a session, checked.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Options {
    pub(super) speed: f64,
    pub(super) pitch_shift: i32,
    pub(super) style: String,
    pub(super) style_weight: f64,
    pub(super) breath_pause: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            speed: 1.0,
            pitch_shift: 0,
            style: STYLE.to_owned(),
            style_weight: 0.0,
            breath_pause: 0.0,
        }
    }
}

impl Settings {
    /// Reads and checks a configuration. The error says what is wrong, and what is right.
    pub(super) fn of(config: &ProviderConfig, defaults: &Defaults) -> Result<Self, String> {
        Ok(Self {
            model: defaults.model_of(config)?,
            voice: defaults.voice_of(config)?,
            options: Options::parse(&config.options)?,
        })
    }
}

impl Options {
    fn parse(raw: &ProviderOptions) -> Result<Self, String> {
        read(raw, Self::set)
    }

    fn set(&mut self, name: &str, json: &str) -> Result<(), String> {
        match name {
            "speed" => self.speed = decimal(name, json, 0.5, 1.5)?,
            "pitch_shift" => self.pitch_shift = number(name, json, -5, 5)?,
            "style" => self.style = text(name, json, MAX_STYLE_CHARS)?,
            "style_weight" => self.style_weight = decimal(name, json, 0.0, 1.0)?,
            "breath_pause" => self.breath_pause = decimal(name, json, 0.0, 10.0)?,
            _ => return Err(unknown(name, &NAMES)),
        }
        Ok(())
    }
}
