//! What a session can configure.
//!
//! | Option | Models | Value | Default | Meaning |
//! |---|---|---|---|---|
//! | `style` | from 3.8 on | a text of 1 to 200 characters | none | How to speak, in words. |
//! | `temperature` | all | 0 to 2 | the model's | How much chance is in it. |

use viva_domain::sessions::{ProviderConfig, ProviderOptions};

use crate::providers::Defaults;
use crate::providers::options::{decimal, read, text, unknown};

/// Every option, for the message that refuses another one.
const NAMES: [&str; 2] = ["style", "temperature"];
const MAX_STYLE_CHARS: usize = 200;
/// Models of these generations take neither a style nor a format.
const OLDER: [&str; 2] = ["gemini-2.5-", "gemini-3.1-"];

/// A session's configuration, checked.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Settings {
    pub(super) model: String,
    pub(super) voice: String,
    pub(super) options: Options,
}

/// The options of a session, checked.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Options {
    pub(super) style: Option<String>,
    pub(super) temperature: Option<f64>,
}

impl Settings {
    /// Reads and checks a configuration. The error says what is wrong, and what is right.
    pub(super) fn of(config: &ProviderConfig, defaults: &Defaults) -> Result<Self, String> {
        let model = defaults.model_of(config)?;
        let settings = Self {
            // Google lists its models with this prefix.
            model: model.strip_prefix("models/").unwrap_or(&model).to_owned(),
            voice: defaults.voice_of(config)?,
            options: Options::parse(&config.options)?,
        };
        if settings.options.style.is_some() && settings.is_older() {
            return Err(format!("options.style is not taken by model {model:?}"));
        }
        Ok(settings)
    }

    pub(super) fn is_older(&self) -> bool {
        OLDER.iter().any(|older| self.model.starts_with(older))
    }
}

impl Options {
    fn parse(raw: &ProviderOptions) -> Result<Self, String> {
        read(raw, Self::set)
    }

    fn set(&mut self, name: &str, json: &str) -> Result<(), String> {
        match name {
            "style" => self.style = Some(text(name, json, MAX_STYLE_CHARS)?),
            "temperature" => self.temperature = Some(decimal(name, json, 0.0, 2.0)?),
            _ => return Err(unknown(name, &NAMES)),
        }
        Ok(())
    }
}
