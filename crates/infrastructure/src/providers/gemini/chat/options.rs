//! What a session can configure.
//!
//! | Option | Value | Default | Meaning |
//! |---|---|---|---|
//! | `max_tokens` | 1 to 100000 | the vendor's | The longest answer; thoughts count. |
//! | `temperature` | 0 to 2 | the model's | How much chance is in the answer. |
//! | `thinking_level` | `"minimal"`, `"low"`, `"medium"`, `"high"` | the model's | How much it thinks first. |

use viva_domain::sessions::ProviderConfig;

use crate::providers::options::{choice, decimal, number, unknown};

const NAMES: [&str; 3] = ["max_tokens", "temperature", "thinking_level"];
const THINKING_LEVELS: [(&str, &str); 4] = [
    ("minimal", "MINIMAL"),
    ("low", "LOW"),
    ("medium", "MEDIUM"),
    ("high", "HIGH"),
];

/// The options of a session, checked.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Options {
    pub(super) max_tokens: Option<u32>,
    pub(super) temperature: Option<f64>,
    pub(super) thinking_level: Option<&'static str>,
}

impl Options {
    pub(super) fn parse(config: &ProviderConfig) -> Result<Self, String> {
        let mut options = Self::default();
        for (name, json) in &config.options {
            match name.as_str() {
                "max_tokens" => options.max_tokens = Some(number(name, json, 1, 100_000)?),
                "temperature" => options.temperature = Some(decimal(name, json, 0.0, 2.0)?),
                "thinking_level" => options.thinking_level = Some(choice(name, json, &THINKING_LEVELS)?),
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
            ..ProviderConfig::of("gemini")
        })
    }

    #[test]
    fn every_option_is_taken() {
        let options = parse(&[
            ("max_tokens", "300"),
            ("temperature", "0.5"),
            ("thinking_level", "\"minimal\""),
        ]);
        let expected = Options {
            max_tokens: Some(300),
            temperature: Some(0.5),
            thinking_level: Some("MINIMAL"),
        };
        assert_eq!(options, Ok(expected));
        assert_eq!(parse(&[]), Ok(Options::default()));
    }

    #[test]
    fn every_name_in_the_message_is_known_and_wrong_values_are_refused() {
        for name in NAMES {
            assert!(parse(&[(name, "{}")]).unwrap_err().contains("must be"));
        }
        assert!(parse(&[("max_tokens", "0")]).is_err());
        assert!(
            parse(&[("top_k", "1")])
                .unwrap_err()
                .contains("options.top_k is unknown")
        );
    }
}
