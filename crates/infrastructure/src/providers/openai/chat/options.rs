//! What a session can configure.
//!
//! | Option | Value | Default | Meaning |
//! |---|---|---|---|
//! | `max_completion_tokens` | 1 to 100000 | the server's | The longest answer; thoughts count. |
//! | `max_tokens` | 1 to 100000 | the server's | The same for servers that know the older name only; excludes the other. |
//! | `temperature` | 0 to 2 | the server's | How much chance is in the answer. |
//! | `reasoning_effort` | `"none"`, `"minimal"`, `"low"`, `"medium"`, `"high"`, `"xhigh"`, `"max"` | the model's | How much it thinks first. |

use viva_domain::sessions::ProviderConfig;

use crate::providers::options::{choice, decimal, number, unknown};

const NAMES: [&str; 4] = [
    "max_completion_tokens",
    "max_tokens",
    "reasoning_effort",
    "temperature",
];
const MAX_TOKENS: u32 = 100_000;
const EFFORTS: [&str; 7] = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];

/// The options of a session, checked.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Options {
    pub(super) max_completion_tokens: Option<u32>,
    pub(super) max_tokens: Option<u32>,
    pub(super) temperature: Option<f64>,
    pub(super) reasoning_effort: Option<&'static str>,
}

impl Options {
    pub(super) fn parse(config: &ProviderConfig) -> Result<Self, String> {
        let mut options = Self::default();
        for (name, json) in &config.options {
            match name.as_str() {
                "max_completion_tokens" => {
                    options.max_completion_tokens = Some(number(name, json, 1, MAX_TOKENS)?);
                }
                "max_tokens" => options.max_tokens = Some(number(name, json, 1, MAX_TOKENS)?),
                "temperature" => options.temperature = Some(decimal(name, json, 0.0, 2.0)?),
                "reasoning_effort" => {
                    let efforts = EFFORTS.map(|effort| (effort, effort));
                    options.reasoning_effort = Some(choice(name, json, &efforts)?);
                }
                _ => return Err(unknown(name, &NAMES)),
            }
        }
        if options.max_tokens.is_some() && options.max_completion_tokens.is_some() {
            return Err(
                "options.max_tokens excludes options.max_completion_tokens; use one of them".to_owned(),
            );
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn parse(options: &[(&str, &str)]) -> Result<Options, String> {
        let own = |(name, json): &(&str, &str)| ((*name).to_owned(), (*json).to_owned());
        Options::parse(&ProviderConfig {
            options: options.iter().map(own).collect(),
            ..ProviderConfig::of("openai")
        })
    }

    #[test]
    fn every_option_is_taken() {
        let options = parse(&[
            ("max_completion_tokens", "300"),
            ("temperature", "0.5"),
            ("reasoning_effort", "\"none\""),
        ]);
        let expected = Options {
            max_completion_tokens: Some(300),
            max_tokens: None,
            temperature: Some(0.5),
            reasoning_effort: Some("none"),
        };
        assert_eq!(options, Ok(expected));
        assert_eq!(
            parse(&[("max_tokens", "1")]).map(|options| options.max_tokens),
            Ok(Some(1))
        );
        assert_eq!(parse(&[]), Ok(Options::default()));
    }

    #[rstest]
    #[case("max_tokens", "0", "a whole number from 1 to 100000")]
    #[case("max_completion_tokens", "1.5", "a whole number from 1 to 100000")]
    #[case("temperature", "2.5", "a number from 0 to 2")]
    #[case("reasoning_effort", "\"much\"", "one of \"none\", \"minimal\"")]
    fn wrong_values_are_refused(#[case] name: &str, #[case] json: &str, #[case] right: &str) {
        let message = parse(&[(name, json)]).unwrap_err();
        assert!(
            message.starts_with(&format!("options.{name} must be {right}")),
            "{message}"
        );
    }

    #[test]
    fn two_names_of_one_limit_exclude_each_other() {
        assert!(parse(&[("max_tokens", "1"), ("max_completion_tokens", "1")]).is_err());
    }

    #[test]
    fn every_name_in_the_message_is_known() {
        for name in NAMES {
            assert!(parse(&[(name, "{}")]).unwrap_err().contains("must be"));
        }
    }
}
