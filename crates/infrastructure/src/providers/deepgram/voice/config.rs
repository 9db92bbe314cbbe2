//! What a session can configure.
//!
//! The vendor's models are voices (`aura-2-thalia-en`), each of one language; what a session calls the model is the family
//! that they begin with (`aura-2`, `flux`). It need not be named beside a voice; named alone, it has a voice of its own
//! where the default one is of another family.
//!
//! | Option | Models | Value | Default | Meaning |
//! |---|---|---|---|---|
//! | `speed` | aura-2 | 0.7 to 1.5 | the vendor's, 1 | How fast to speak. |
//! | `speed` | flux | 0.5 to 1.5 | the vendor's, 1 | The same, in steps of 0.05. |
//! | `expressivity` | flux | −2 to 2 | the vendor's, 0 | From calm to animated. |

use viva_domain::sessions::{ProviderConfig, ProviderOptions};

use crate::providers::Defaults;
use crate::providers::options::{decimal, number, unknown};

const AURA_OPTIONS: [&str; 1] = ["speed"];
const FLUX_OPTIONS: [&str; 2] = ["expressivity", "speed"];

/// Which API a voice is spoken to with, and what its family is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// `/v1/speak`, the first generation.
    Aura,
    /// `/v1/speak`.
    Aura2,
    /// `/v2/speak`.
    Flux,
}

/// A session's configuration, checked.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Settings {
    pub(super) family: Family,
    /// What the vendor calls a model.
    pub(super) voice: String,
    /// Options as parameters of the address.
    pub(super) parameters: Vec<(&'static str, String)>,
}

impl Family {
    fn of(voice: &str) -> Option<Self> {
        // The longer one begins with the shorter one.
        let families = [Self::Flux, Self::Aura2, Self::Aura];
        families.into_iter().find(|family| {
            let rest = voice.strip_prefix(family.name());
            rest.is_some_and(|rest| rest.len() > 1 && rest.starts_with('-'))
        })
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Aura => "aura",
            Self::Aura2 => "aura-2",
            Self::Flux => "flux",
        }
    }

    fn named(model: &str) -> Option<Self> {
        let families = [Self::Flux, Self::Aura2, Self::Aura];
        families.into_iter().find(|family| family.name() == model)
    }

    /// Who speaks where only the family is named.
    const fn voice(self) -> &'static str {
        match self {
            Self::Aura => "aura-asteria-en",
            Self::Aura2 => "aura-2-thalia-en",
            Self::Flux => "flux-alexis-en",
        }
    }

    const fn options(self) -> &'static [&'static str] {
        match self {
            Self::Aura => &[],
            Self::Aura2 => &AURA_OPTIONS,
            Self::Flux => &FLUX_OPTIONS,
        }
    }
}

impl Settings {
    /// Reads and checks a configuration. The error says what is wrong, and what is right.
    pub(super) fn of(config: &ProviderConfig, defaults: &Defaults) -> Result<Self, String> {
        let voice = voice(config, defaults)?;
        let family = Family::of(&voice).ok_or_else(|| {
            format!("voice {voice:?} is none; it begins with aura-2- or flux-, such as aura-2-thalia-en")
        })?;
        if let Some(model) = config.model.as_deref().filter(|model| *model != family.name()) {
            return Err(format!(
                "model {model:?} has no voice {voice:?}; name one that begins with {model:?}, or no model"
            ));
        }
        Ok(Self {
            family,
            voice,
            parameters: parameters(family, &config.options)?,
        })
    }
}

fn voice(config: &ProviderConfig, defaults: &Defaults) -> Result<String, String> {
    let family = config.model.as_deref().and_then(Family::named);
    let is_of = |family| defaults.voice.as_deref().and_then(Family::of) == Some(family);
    match family {
        Some(family) if config.voice.is_none() && !is_of(family) => Ok(family.voice().to_owned()),
        _ => defaults.voice_of(config),
    }
}

/// How fast to speak, in twentieths.
fn stepped(name: &str, json: &str) -> Result<f64, String> {
    let speed = decimal(name, json, 0.5, 1.5)?;
    let steps = speed * 20.0;
    if (steps - steps.round()).abs() > 1e-6 {
        return Err(format!(
            "options.{name} must be a number in steps of 0.05, from 0.5 to 1.5"
        ));
    }
    Ok(speed)
}

fn parameters(family: Family, raw: &ProviderOptions) -> Result<Vec<(&'static str, String)>, String> {
    let names = family.options();
    let mut parameters = Vec::new();
    for (name, json) in raw {
        let Some(name) = names.iter().find(|known| *known == name) else {
            return Err(unknown(name, names));
        };
        let value = match (*name, family) {
            ("expressivity", _) => number(name, json, -2, 2)?.to_string(),
            (_, Family::Flux) => stepped(name, json)?.to_string(),
            _ => decimal(name, json, 0.7, 1.5)?.to_string(),
        };
        parameters.push((*name, value));
    }
    Ok(parameters)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn config(model: Option<&str>, voice: &str) -> ProviderConfig {
        ProviderConfig {
            model: model.map(str::to_owned),
            voice: Some(voice.to_owned()),
            ..ProviderConfig::of("deepgram")
        }
    }

    #[rstest]
    #[case(None, "aura-2-thalia-en", Family::Aura2)]
    #[case(Some("aura-2"), "aura-2-thalia-en", Family::Aura2)]
    #[case(None, "aura-luna-en", Family::Aura)]
    #[case(Some("flux"), "flux-alexis-en", Family::Flux)]
    fn a_voice_is_of_a_family(#[case] model: Option<&str>, #[case] voice: &str, #[case] family: Family) {
        let settings = Settings::of(&config(model, voice), &Defaults::default());
        assert_eq!(settings.unwrap().family, family);
    }

    #[rstest]
    #[case(Some("flux"), Some("aura-2-luna-en"), "flux-alexis-en")]
    #[case(Some("flux"), Some("flux-jack-en"), "flux-jack-en")]
    #[case(Some("aura-2"), Some("flux-jack-en"), "aura-2-thalia-en")]
    #[case(Some("aura"), Some("aura-2-luna-en"), "aura-asteria-en")]
    #[case(Some("flux"), None, "flux-alexis-en")]
    #[case(None, Some("aura-2-luna-en"), "aura-2-luna-en")]
    fn each_family_has_a_voice(
        #[case] model: Option<&str>,
        #[case] default: Option<&str>,
        #[case] expected: &str,
    ) {
        let config = ProviderConfig {
            model: model.map(str::to_owned),
            ..ProviderConfig::of("deepgram")
        };
        let defaults = Defaults {
            model: None,
            voice: default.map(str::to_owned),
        };
        assert_eq!(Settings::of(&config, &defaults).unwrap().voice, expected);
    }

    #[rstest]
    #[case(
        Some("flux"),
        "aura-2-thalia-en",
        "model \"flux\" has no voice \"aura-2-thalia-en\"; name one that begins with \"flux\", or no model"
    )]
    #[case(
        None,
        "thalia",
        "voice \"thalia\" is none; it begins with aura-2- or flux-, such as aura-2-thalia-en"
    )]
    #[case(
        None,
        "flux-",
        "voice \"flux-\" is none; it begins with aura-2- or flux-, such as aura-2-thalia-en"
    )]
    fn what_does_not_fit_is_refused(#[case] model: Option<&str>, #[case] voice: &str, #[case] message: &str) {
        let settings = Settings::of(&config(model, voice), &Defaults::default());
        assert_eq!(settings, Err(message.to_owned()));
    }
}
