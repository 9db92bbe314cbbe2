//! What a session can configure.
//!
//! | Option | Value | Default | Meaning |
//! |---|---|---|---|
//! | `delay_ms` | 0 to 60000 | 150 | Time from the request to the first token. |
//! | `tokens_per_second` | 1 to 10000 | 50 | How fast the tokens after it follow: words, or characters where words are not separated. |
//! | `answers` | 1 to 50 texts | the built-in script | What it says, in turns. |
//! | `fail_connect` | `"unavailable"`, `"credential_invalid"`, `"rate_limited"`, `"quota_exceeded"` | none | The request fails. |
//! | `fail_after_tokens` | 0 to 100000 | none | The answer fails after so many tokens. |
//! | `hang_after_tokens` | 0 to 100000 | none | The answer goes silent after so many tokens and never ends. |
//! | `drop_after_tokens` | 0 to 100000 | none | The answer is cut off after so many tokens. |
//! | `fail_turn` | 0 to 65535 | every answer | Which answer the three faults above befall, from 1; 0 is the greeting. |
//!
//! Only one of the three faults can be set; an answer that has no more tokens than that is not affected.

use std::time::Duration;

use viva_domain::ports::ProviderErrorKind;
use viva_domain::sessions::ProviderOptions;

use super::super::options::{CONNECT_FAILURES, FaultKind, Faults, delay_ms, texts};
use crate::providers::options::{choice, number, read, unknown};

/// Every option, for the message that refuses another one.
const NAMES: [&str; 8] = [
    "answers",
    "delay_ms",
    "drop_after_tokens",
    "fail_after_tokens",
    "fail_connect",
    "fail_turn",
    "hang_after_tokens",
    "tokens_per_second",
];

/// The options of a session, checked.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Options {
    pub(super) delay: Duration,
    tokens_per_second: u32,
    pub(super) answers: Vec<String>,
    pub(super) fail_connect: Option<ProviderErrorKind>,
    pub(super) faults: Faults,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            delay: Duration::from_millis(150),
            tokens_per_second: 50,
            answers: Vec::new(),
            fail_connect: None,
            faults: Faults::default(),
        }
    }
}

impl Options {
    /// Reads and checks a session's options. The error says which one is wrong, and what is right.
    pub(super) fn parse(raw: &ProviderOptions) -> Result<Self, String> {
        read(raw, Self::set)
    }

    fn set(&mut self, name: &str, json: &str) -> Result<(), String> {
        match name {
            "delay_ms" => self.delay = delay_ms(name, json)?,
            "tokens_per_second" => self.tokens_per_second = number(name, json, 1, 10_000)?,
            "answers" => self.answers = texts(name, json)?,
            "fail_connect" => self.fail_connect = Some(choice(name, json, &CONNECT_FAILURES)?),
            "fail_after_tokens" => self.faults.set(name, json, FaultKind::Fail)?,
            "hang_after_tokens" => self.faults.set(name, json, FaultKind::Hang)?,
            "drop_after_tokens" => self.faults.set(name, json, FaultKind::Drop)?,
            "fail_turn" => self.faults.turn = Some(number(name, json, 0, u16::MAX)?),
            _ => return Err(unknown(name, &NAMES)),
        }
        Ok(())
    }

    /// When token `nth` is due, after the request.
    pub(super) fn due(&self, nth: u32) -> Duration {
        let micros = u64::from(nth) * 1_000_000 / u64::from(self.tokens_per_second);
        self.delay + Duration::from_micros(micros)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::providers::testing;

    fn parse(options: &[(&str, &str)]) -> Result<Options, String> {
        Options::parse(&testing::options(options))
    }

    #[rstest]
    #[case(
        "tokens_per_second",
        "0",
        "options.tokens_per_second must be a whole number from 1 to 10000"
    )]
    #[case("delay_ms", "-1", "options.delay_ms must be a whole number from 0 to 60000")]
    #[case(
        "transcripts",
        "[]",
        "options.transcripts is unknown; there are answers, delay_ms, drop_after_tokens, fail_after_tokens, \
         fail_connect, fail_turn, hang_after_tokens, tokens_per_second"
    )]
    fn a_wrong_option_is_refused_by_name(#[case] name: &str, #[case] json: &str, #[case] message: &str) {
        assert_eq!(parse(&[(name, json)]), Err(message.to_owned()));
    }

    #[test]
    fn every_name_in_the_message_is_known() {
        for name in NAMES {
            let refused = parse(&[(name, "{}")]).unwrap_err();
            assert!(refused.contains("must be"), "{refused}");
        }
    }

    #[test]
    fn two_faults_exclude_each_other() {
        let refused = parse(&[("fail_after_tokens", "1"), ("drop_after_tokens", "1")]).unwrap_err();
        assert_eq!(
            refused,
            "options.fail_after_tokens excludes the other faults; use one of fail_after_tokens, hang_after_tokens \
             and drop_after_tokens"
        );
    }

    #[test]
    fn rounding_does_not_add_up() {
        let options = parse(&[("delay_ms", "0"), ("tokens_per_second", "30")]).unwrap();
        assert_eq!(options.due(1), Duration::from_micros(33_333));
        assert_eq!(options.due(300), Duration::from_secs(10));
    }
}
