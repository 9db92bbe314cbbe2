//! What a session can configure.
//!
//! | Option | Value | Default | Meaning |
//! |---|---|---|---|
//! | `stability` | 0 to 1 | the voice's | Less is livelier. |
//! | `similarity_boost` | 0 to 1 | the voice's | How closely to keep to the original voice. |
//! | `style` | 0 to 1 | the voice's | How much to exaggerate it; more takes longer. |
//! | `use_speaker_boost` | true, false | the voice's | More similar, and slower. |
//! | `speed` | 0.7 to 1.2 | the voice's | How fast to speak. |
//! | `seed` | 0 to 2³² − 1 | none | The same seed tends to sound the same. |
//! | `apply_text_normalization` | `"auto"`, `"on"`, `"off"` | the vendor's, `"auto"` | Whether numbers and the like are written out first. |
//! | `enforce_language` | true, false | whether the model's id ends with `_v2_5` | Whether it is told the language; a model that takes none refuses it. |
//! | `enable_logging` | true, false | the vendor's, true | Whether the vendor may keep the text; false needs a plan that allows it. |
//! | `over` | `"socket"`, `"http"` | `"socket"` at the vendor's, unless there is a `seed`; else `"http"` | A socket tells when which word is spoken; over HTTP the intonation goes on from piece to piece, and other servers understand it. |

use viva_domain::sessions::ProviderOptions;

use super::wire::VoiceSettings;
use crate::providers::options::{choice, decimal, flag, number, read, unknown};

/// Every option, for the message that refuses another one.
const NAMES: [&str; 10] = [
    "apply_text_normalization",
    "enable_logging",
    "enforce_language",
    "over",
    "seed",
    "similarity_boost",
    "speed",
    "stability",
    "style",
    "use_speaker_boost",
];

const NORMALIZATIONS: [(&str, &str); 3] = [("auto", "auto"), ("on", "on"), ("off", "off")];

const WAYS: [(&str, Way); 2] = [("socket", Way::Socket), ("http", Way::Http)];

/// How the vendor is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// `…/multi-stream-input`.
    Socket,
    /// `…/stream`.
    Http,
}

/// The options of a session, checked.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Options {
    voice: VoiceSettings,
    pub(super) seed: Option<u32>,
    pub(super) apply_text_normalization: Option<&'static str>,
    pub(super) enforce_language: Option<bool>,
    pub(super) enable_logging: Option<bool>,
    over: Option<Way>,
}

impl Options {
    /// Reads and checks a session's options. The error says which one is wrong, and what is right.
    pub(super) fn parse(raw: &ProviderOptions) -> Result<Self, String> {
        let options: Self = read(raw, Self::set)?;
        if options.over == Some(Way::Socket) && options.seed.is_some() {
            return Err("options.seed is not taken over a socket".to_owned());
        }
        Ok(options)
    }

    /// How the vendor itself is asked, or a server of one's own.
    pub(super) fn way(&self, is_vendor: bool) -> Way {
        let may_be_socket = is_vendor && self.seed.is_none();
        self.over
            .unwrap_or(if may_be_socket { Way::Socket } else { Way::Http })
    }

    fn set(&mut self, name: &str, json: &str) -> Result<(), String> {
        match name {
            "stability" => self.voice.stability = Some(decimal(name, json, 0.0, 1.0)?),
            "similarity_boost" => self.voice.similarity_boost = Some(decimal(name, json, 0.0, 1.0)?),
            "style" => self.voice.style = Some(decimal(name, json, 0.0, 1.0)?),
            "use_speaker_boost" => self.voice.use_speaker_boost = Some(flag(name, json)?),
            "speed" => self.voice.speed = Some(decimal(name, json, 0.7, 1.2)?),
            "seed" => self.seed = Some(number(name, json, 0, u32::MAX)?),
            "apply_text_normalization" => {
                self.apply_text_normalization = Some(choice(name, json, &NORMALIZATIONS)?);
            }
            "enforce_language" => self.enforce_language = Some(flag(name, json)?),
            "over" => self.over = Some(choice(name, json, &WAYS)?),
            "enable_logging" => self.enable_logging = Some(flag(name, json)?),
            _ => return Err(unknown(name, &NAMES)),
        }
        Ok(())
    }

    /// The voice's settings, if there is one to change.
    pub(super) fn voice_settings(&self) -> Option<VoiceSettings> {
        (self.voice != VoiceSettings::default()).then_some(self.voice)
    }
}
