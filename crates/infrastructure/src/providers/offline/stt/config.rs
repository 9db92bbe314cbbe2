//! What a session can configure.
//!
//! | Option | Value | Default | Meaning |
//! |---|---|---|---|
//! | `delay_ms` | 0 to 60000 | 100 | Time from taking the order to finalize to the final text. |
//! | `jitter_ms` | 0 to 60000 | 0 | Up to this much is added to the delay, another amount for every text. |
//! | `seed` | 0 to 2⁶⁴ − 1 | 0 | Which amounts: the same seed gives the same ones. |
//! | `transcripts` | 1 to 50 texts | none | What it pretends to have understood, once each; then it tells how much it heard, or nothing when that was silence. |
//! | `fail_connect` | `"unavailable"`, `"credential_invalid"`, `"rate_limited"`, `"quota_exceeded"` | none | Connecting fails. |
//! | `fault` | `"fail"`, `"hang"`, `"drop"` | none | In place of a text: it could not be written down; nothing follows any more; the connection is lost. |
//! | `fail_turn` | 1 to 65535 | every one | Which text the fault befalls. |

use viva_domain::ports::ProviderErrorKind;
use viva_domain::sessions::ProviderOptions;

use super::super::options::{CONNECT_FAILURES, Delay, FaultKind, delay_ms, texts};
use crate::providers::options::{choice, number, read, unknown};

/// Every option, for the message that refuses another one.
const NAMES: [&str; 7] = [
    "delay_ms",
    "fail_connect",
    "fail_turn",
    "fault",
    "jitter_ms",
    "seed",
    "transcripts",
];

const FAULTS: [(&str, FaultKind); 3] = [
    ("fail", FaultKind::Fail),
    ("hang", FaultKind::Hang),
    ("drop", FaultKind::Drop),
];

/// The options of a session, checked.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Options {
    pub(super) delay: Delay,
    pub(super) transcripts: Vec<String>,
    pub(super) fail_connect: Option<ProviderErrorKind>,
    fault: Option<FaultKind>,
    fail_turn: Option<u16>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            delay: Delay::of_ms(100),
            transcripts: Vec::new(),
            fail_connect: None,
            fault: None,
            fail_turn: None,
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
            "delay_ms" => self.delay.least = delay_ms(name, json)?,
            "jitter_ms" => self.delay.jitter_ms = number(name, json, 0, 60_000)?,
            "seed" => self.delay.seed = number(name, json, 0, u64::MAX)?,
            "transcripts" => self.transcripts = texts(name, json)?,
            "fail_connect" => self.fail_connect = Some(choice(name, json, &CONNECT_FAILURES)?),
            "fault" => self.fault = Some(choice(name, json, &FAULTS)?),
            "fail_turn" => self.fail_turn = Some(number(name, json, 1, u16::MAX)?),
            _ => return Err(unknown(name, &NAMES)),
        }
        Ok(())
    }

    /// What goes wrong with text `turn`, from 1.
    pub(super) fn fault(&self, turn: u16) -> Option<FaultKind> {
        self.fault
            .filter(|_| self.fail_turn.is_none_or(|fail_turn| fail_turn == turn))
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
        "delay_ms",
        "60001",
        "options.delay_ms must be a whole number from 0 to 60000"
    )]
    #[case("fail_turn", "0", "options.fail_turn must be a whole number from 1 to 65535")]
    #[case("fault", "\"late\"", r#"options.fault must be one of "fail", "hang", "drop""#)]
    #[case(
        "answers",
        "[]",
        "options.answers is unknown; there are delay_ms, fail_connect, fail_turn, fault, jitter_ms, seed, transcripts"
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
    fn a_fault_befalls_every_text_or_the_one_that_is_meant() {
        let every = parse(&[("fault", "\"hang\"")]).unwrap();
        assert_eq!([1, 9].map(|turn| every.fault(turn)), [Some(FaultKind::Hang); 2]);
        let second = parse(&[("fault", "\"drop\""), ("fail_turn", "2")]).unwrap();
        assert_eq!(
            [1, 2, 3].map(|turn| second.fault(turn)),
            [None, Some(FaultKind::Drop), None]
        );
    }
}
