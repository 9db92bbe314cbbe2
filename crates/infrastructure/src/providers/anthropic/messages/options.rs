//! What a session can configure.
//!
//! | Option | Value | Default | Meaning |
//! |---|---|---|---|
//! | `max_tokens` | 1 to 100000 | 1024 | The longest answer; thoughts count. |
//! | `temperature` | 0 to 1 | the vendor's | How much chance is in the answer. |
//! | `thinking` | `"disabled"`, `"adaptive"` | the model's | Whether it thinks before it answers. |
//! | `effort` | `"low"`, `"medium"`, `"high"`, `"xhigh"`, `"max"` | the model's | How much work it puts into the answer. |

use viva_domain::sessions::ProviderConfig;

use crate::providers::options::{choice, decimal, number, unknown};

const NAMES: [&str; 4] = ["effort", "max_tokens", "temperature", "thinking"];
const EFFORTS: [&str; 5] = ["low", "medium", "high", "xhigh", "max"];
const THINKING: [&str; 2] = ["disabled", "adaptive"];

/// The options of a session, checked.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Options {
    pub(super) max_tokens: u32,
    pub(super) temperature: Option<f64>,
    pub(super) thinking: Option<&'static str>,
    pub(super) effort: Option<&'static str>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            // The vendor demands a limit; minutes of speech.
            max_tokens: 1_024,
            temperature: None,
            thinking: None,
            effort: None,
        }
    }
}

impl Options {
    pub(super) fn parse(config: &ProviderConfig) -> Result<Self, String> {
        let mut options = Self::default();
        for (name, json) in &config.options {
            match name.as_str() {
                "max_tokens" => options.max_tokens = number(name, json, 1, 100_000)?,
                "temperature" => options.temperature = Some(decimal(name, json, 0.0, 1.0)?),
                "thinking" => {
                    options.thinking = Some(choice(name, json, &THINKING.map(|kind| (kind, kind)))?);
                }
                "effort" => {
                    options.effort = Some(choice(name, json, &EFFORTS.map(|effort| (effort, effort)))?);
                }
                _ => return Err(unknown(name, &NAMES)),
            }
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(options: &[(&str, &str)]) -> Result<Options, String> {
        let own = |(name, json): &(&str, &str)| ((*name).to_owned(), (*json).to_owned());
        Options::parse(&ProviderConfig {
            options: options.iter().map(own).collect(),
            ..ProviderConfig::of("anthropic")
        })
    }

    #[test]
    fn every_option_is_taken() {
        let options = parse(&[
            ("max_tokens", "300"),
            ("temperature", "1"),
            ("thinking", "\"disabled\""),
            ("effort", "\"low\""),
        ]);
        let expected = Options {
            max_tokens: 300,
            temperature: Some(1.0),
            thinking: Some("disabled"),
            effort: Some("low"),
        };
        assert_eq!(options, Ok(expected));
        assert_eq!(parse(&[]), Ok(Options::default()));
    }

    #[test]
    fn every_name_in_the_message_is_known_and_wrong_values_are_refused() {
        for name in NAMES {
            assert!(parse(&[(name, "{}")]).unwrap_err().contains("must be"));
        }
        assert!(parse(&[("temperature", "1.1")]).is_err());
        assert!(
            parse(&[("top_p", "1")])
                .unwrap_err()
                .contains("options.top_p is unknown")
        );
    }
}
