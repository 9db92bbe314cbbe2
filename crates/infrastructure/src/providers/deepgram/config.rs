//! What a session can configure.
//!
//! | Option | Models | Value | Default | Meaning |
//! |---|---|---|---|---|
//! | `keyterms` | all | 1 to 100 texts | none | Words that are likely to be said. |
//! | `numerals` | all | `true`, `false` | `false` | Numbers are written in digits. |
//! | `profanity_filter` | all | `true`, `false` | `false` | Swear words are left out. |
//! | `mip_opt_out` | all | `true`, `false` | `false` | The vendor must not learn from the audio. |
//! | `smart_format` | not flux | `true`, `false` | `false` | Dates, amounts and the like are written as people do. |
//! | `eot_threshold` | flux | 0.5 to 1 | the vendor's | How sure it must be that the turn is over. |
//! | `eager_eot_threshold` | flux | 0.3 to 0.9 | none | How sure it must be that the turn may be over; sets eager ends going. |
//! | `eot_timeout_ms` | flux | 500 to 60000 | the vendor's | A turn ends after so much silence, however sure it is. |

use viva_domain::sessions::{ProviderConfig, ProviderOptions};

use super::language;
use crate::providers::{Defaults, options};

/// Options of all models.
const EVERY: [&str; 4] = ["keyterms", "mip_opt_out", "numerals", "profanity_filter"];
const NOVA: [&str; 1] = ["smart_format"];
const FLUX: [&str; 3] = ["eager_eot_threshold", "eot_threshold", "eot_timeout_ms"];

const MAX_KEYTERMS: usize = 100;
const MAX_KEYTERM_CHARS: usize = 100;

/// Which API a model is spoken to with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Api {
    /// `/v1/listen`.
    Nova,
    /// `/v2/listen`.
    Flux,
}

/// A session's configuration, checked.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Settings {
    pub(super) api: Api,
    pub(super) model: String,
    /// As the vendor calls it.
    language: Option<String>,
    keyterms: Vec<String>,
    /// Options that are parameters of the address as they are.
    parameters: Vec<(&'static str, String)>,
}

impl Api {
    pub(super) fn of(model: &str) -> Self {
        if model.starts_with("flux-") {
            Self::Flux
        } else {
            Self::Nova
        }
    }

    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Nova => "v1/listen",
            Self::Flux => "v2/listen",
        }
    }

    fn options(self) -> Vec<&'static str> {
        let own: &[&str] = match self {
            Self::Nova => &NOVA,
            Self::Flux => &FLUX,
        };
        let mut names = [&EVERY[..], own].concat();
        names.sort_unstable();
        names
    }
}

impl Settings {
    /// Reads and checks a configuration. The error says what is wrong, and what is right.
    pub(super) fn of(config: &ProviderConfig, defaults: &Defaults) -> Result<Self, String> {
        options::voiceless(config)?;
        let model = defaults.model_of(config)?;
        let api = Api::of(&model);
        let mut settings = Self {
            api,
            language: match (&config.language, api) {
                (None, _) => None,
                (Some(tag), Api::Nova) => Some(language::of_nova(tag)),
                (Some(tag), Api::Flux) => language::of_flux(tag, &model)?,
            },
            model,
            keyterms: Vec::new(),
            parameters: Vec::new(),
        };
        settings.read(&config.options)?;
        Ok(settings)
    }

    fn read(&mut self, raw: &ProviderOptions) -> Result<(), String> {
        let names = self.api.options();
        for (name, json) in raw {
            let Some(name) = names.iter().find(|known| *known == name) else {
                return Err(options::unknown(name, &names));
            };
            let value = match *name {
                "keyterms" => {
                    self.keyterms = options::texts(name, json, MAX_KEYTERMS, MAX_KEYTERM_CHARS)?;
                    continue;
                }
                "eot_threshold" => options::decimal(name, json, 0.5, 1.0)?.to_string(),
                "eager_eot_threshold" => options::decimal(name, json, 0.3, 0.9)?.to_string(),
                "eot_timeout_ms" => options::number(name, json, 500, 60_000)?.to_string(),
                _ => options::flag(name, json)?.to_string(),
            };
            self.parameters.push((name, value));
        }
        Ok(())
    }

    /// The parameters of the address that depend on the session.
    pub(super) fn query(&self) -> Vec<(&'static str, String)> {
        let mut query = vec![("model", self.model.clone())];
        let language = self.language.clone();
        match self.api {
            Api::Nova => {
                // The session finds the turns.
                query.extend([
                    ("interim_results", "true".to_owned()),
                    ("endpointing", "false".to_owned()),
                    ("punctuate", "true".to_owned()),
                ]);
                query.extend(language.map(|language| ("language", language)));
            }
            Api::Flux => query.extend(language.map(|language| ("language_hint", language))),
        }
        query.extend(self.parameters.iter().cloned());
        query.extend(self.keyterms.iter().map(|term| ("keyterm", term.clone())));
        query
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::providers::testing;

    fn config(model: &str, language: Option<&str>, options: &[(&str, &str)]) -> ProviderConfig {
        ProviderConfig {
            model: Some(model.to_owned()),
            language: language.map(str::to_owned),
            options: testing::options(options),
            ..ProviderConfig::of("deepgram")
        }
    }

    fn query(config: &ProviderConfig) -> String {
        let query = Settings::of(config, &Defaults::default()).unwrap().query();
        let pairs: Vec<String> = query
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.join("&")
    }

    #[test]
    fn the_session_ends_the_turns_of_other_models_than_flux() {
        let options = [("keyterms", r#"["Kokoro","Viva"]"#), ("smart_format", "true")];
        assert_eq!(
            query(&config("nova-3", Some("zh-Hant-TW"), &options)),
            "model=nova-3&interim_results=true&endpointing=false&punctuate=true&language=zh-TW&smart_format=true&\
             keyterm=Kokoro&keyterm=Viva"
        );
    }

    #[test]
    fn flux_is_told_when_a_turn_ends() {
        let options = [
            ("eot_threshold", "0.8"),
            ("eager_eot_threshold", "0.5"),
            ("eot_timeout_ms", "5000"),
        ];
        assert_eq!(
            query(&config("flux-general-multi", Some("de-AT"), &options)),
            "model=flux-general-multi&language_hint=de&eager_eot_threshold=0.5&eot_threshold=0.8&eot_timeout_ms=5000"
        );
        assert_eq!(
            query(&config("flux-general-en", Some("en-GB"), &[])),
            "model=flux-general-en"
        );
    }

    #[rstest]
    #[case(config("nova-3", None, &[("eot_threshold", "0.8")]), "options.eot_threshold is unknown; there are keyterms, mip_opt_out, numerals, profanity_filter, smart_format")]
    #[case(config("flux-general-en", None, &[("smart_format", "true")]), "options.smart_format is unknown; there are eager_eot_threshold, eot_threshold, eot_timeout_ms, keyterms, mip_opt_out, numerals, profanity_filter")]
    #[case(config("flux-general-en", None, &[("eot_threshold", "0.4")]), "options.eot_threshold must be a number from 0.5 to 1")]
    #[case(config("flux-general-en", None, &[("eager_eot_threshold", "1")]), "options.eager_eot_threshold must be a number from 0.3 to 0.9")]
    #[case(config("flux-general-en", None, &[("eot_timeout_ms", "499")]), "options.eot_timeout_ms must be a whole number from 500 to 60000")]
    #[case(config("nova-3", None, &[("numerals", "1")]), "options.numerals must be true or false")]
    #[case(config("nova-3", None, &[("keyterms", "[\" \"]")]), "options.keyterms must be a list of 1 to 100 texts of 1 to 100 characters")]
    #[case(config("flux-general-en", Some("de"), &[]), "language \"de\" is not heard by \"flux-general-en\"; it hears en")]
    #[case(ProviderConfig::of("deepgram"), "model is missing; there is no default")]
    #[case(ProviderConfig { voice: Some("x".to_owned()), ..config("nova-3", None, &[]) }, "voice \"x\" is not taken; speech-to-text has no voices")]
    fn what_is_wrong_is_refused_by_name(#[case] config: ProviderConfig, #[case] message: &str) {
        let refused = Settings::of(&config, &Defaults::default());
        assert_eq!(refused, Err(message.to_owned()));
    }
}
