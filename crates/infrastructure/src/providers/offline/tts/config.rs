//! What a session can configure.
//!
//! | Option | Value | Default | Meaning |
//! |---|---|---|---|
//! | `delay_ms` | 0 to 60000 | 50 | Time from the request to the first piece of audio. |
//! | `pace` | `"fast"`, `"realtime"` | `"fast"` | Audio is sent as fast as it is taken, or as fast as it is spoken. |
//! | `chunk_ms` | 20 to 100 | 40 | Length of a piece of audio. |
//! | `lead_silence_ms` | 0 to 10000 | 0 | Silence before the first spoken sample; the delay ends where it begins. |
//! | `fail_connect` | `"unavailable"`, `"credential_invalid"`, `"rate_limited"`, `"quota_exceeded"` | none | The request fails. |
//! | `fail_after_chunks` | 0 to 100000 | none | The speech fails after so many pieces of audio. |
//! | `hang_after_chunks` | 0 to 100000 | none | The speech goes silent after so many pieces and never ends. |
//! | `drop_after_chunks` | 0 to 100000 | none | The connection is lost after so many pieces. |
//!
//! Only one of the three faults can be set; a text that has no more pieces than that is not affected.

use std::time::Duration;

use viva_domain::ports::ProviderErrorKind;
use viva_domain::sessions::ProviderOptions;

use super::super::options::{CONNECT_FAILURES, FaultKind, Faults, PACES, Pace, delay_ms};
use crate::providers::options::{choice, number, read, unknown};

/// Every option, for the message that refuses another one.
const NAMES: [&str; 8] = [
    "chunk_ms",
    "delay_ms",
    "drop_after_chunks",
    "fail_after_chunks",
    "fail_connect",
    "hang_after_chunks",
    "lead_silence_ms",
    "pace",
];

/// The options of a session, checked.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Options {
    pub(super) delay: Duration,
    pub(super) pace: Pace,
    pub(super) chunk_ms: u32,
    pub(super) lead_silence_ms: u32,
    pub(super) fail_connect: Option<ProviderErrorKind>,
    pub(super) faults: Faults,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            delay: Duration::from_millis(50),
            pace: Pace::Fast,
            chunk_ms: 40,
            lead_silence_ms: 0,
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
            "pace" => self.pace = choice(name, json, &PACES)?,
            "chunk_ms" => self.chunk_ms = number(name, json, 20, 100)?,
            "lead_silence_ms" => self.lead_silence_ms = number(name, json, 0, 10_000)?,
            "fail_connect" => self.fail_connect = Some(choice(name, json, &CONNECT_FAILURES)?),
            "fail_after_chunks" => self.faults.set(name, json, FaultKind::Fail)?,
            "hang_after_chunks" => self.faults.set(name, json, FaultKind::Hang)?,
            "drop_after_chunks" => self.faults.set(name, json, FaultKind::Drop)?,
            _ => return Err(unknown(name, &NAMES)),
        }
        Ok(())
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
    #[case("chunk_ms", "101", "options.chunk_ms must be a whole number from 20 to 100")]
    #[case("pace", "\"slow\"", r#"options.pace must be one of "fast", "realtime""#)]
    #[case(
        "fail_turn",
        "1",
        "options.fail_turn is unknown; there are chunk_ms, delay_ms, drop_after_chunks, fail_after_chunks, \
         fail_connect, hang_after_chunks, lead_silence_ms, pace"
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
}
