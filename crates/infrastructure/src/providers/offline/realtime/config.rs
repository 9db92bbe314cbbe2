//! What a session can configure.
//!
//! | Option | Value | Default | Meaning |
//! |---|---|---|---|
//! | `delay_ms` | 0 to 60000 | 300 | Time from taking the commit (or the order to greet) to the first audio. |
//! | `jitter_ms` | 0 to 60000 | 0 | Up to this much is added to the delay, another amount for every answer. |
//! | `seed` | 0 to 2⁶⁴ − 1 | 0 | Which amounts: the same seed gives the same ones. |
//! | `pace` | `"fast"`, `"realtime"` | `"fast"` | Audio is sent as fast as it is taken, or as fast as it is spoken. |
//! | `chunk_ms` | 20 to 100 | 40 | Length of a piece of audio. |
//! | `lead_silence_ms` | 0 to 10000 | 0 | Silence before the first spoken sample; the delay ends where it begins. |
//! | `answers` | 1 to 50 texts | the built-in script | What it says, in turns. |
//! | `transcripts` | 1 to 50 texts | none | What it pretends to have understood, once each; then it tells again how much it heard. |
//! | `fail_connect` | `"unavailable"`, `"credential_invalid"`, `"rate_limited"`, `"quota_exceeded"` | none | Connecting fails. |
//! | `fail_after_chunks` | 0 to 100000 | none | The answer fails after so many pieces of audio; the conversation goes on. |
//! | `hang_after_chunks` | 0 to 100000 | none | The answer goes silent after so many pieces and never ends. |
//! | `drop_after_chunks` | 0 to 100000 | none | The conversation fails after so many pieces. |
//! | `fail_turn` | 0 to 65535 | every answer | Which answer the three faults above befall, from 1; 0 is the greeting. |
//!
//! Only one of the three faults can be set; an answer that has no more pieces than that is not affected.

use viva_domain::ports::ProviderErrorKind;
use viva_domain::sessions::ProviderOptions;

use super::super::options::{CONNECT_FAILURES, Delay, FaultKind, Faults, PACES, Pace, delay_ms, texts};
use crate::providers::options::{choice, number, read, unknown};

/// Every option, for the message that refuses another one.
const NAMES: [&str; 13] = [
    "answers",
    "chunk_ms",
    "delay_ms",
    "drop_after_chunks",
    "fail_after_chunks",
    "fail_connect",
    "fail_turn",
    "hang_after_chunks",
    "jitter_ms",
    "lead_silence_ms",
    "pace",
    "seed",
    "transcripts",
];

/// The options of a session, checked.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Options {
    pub(super) delay: Delay,
    pub(super) pace: Pace,
    pub(super) chunk_ms: u32,
    pub(super) lead_silence_ms: u32,
    pub(super) answers: Vec<String>,
    pub(super) transcripts: Vec<String>,
    pub(super) fail_connect: Option<ProviderErrorKind>,
    pub(super) faults: Faults,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            delay: Delay::of_ms(300),
            pace: Pace::Fast,
            chunk_ms: 40,
            lead_silence_ms: 0,
            answers: Vec::new(),
            transcripts: Vec::new(),
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
            "delay_ms" => self.delay.least = delay_ms(name, json)?,
            "jitter_ms" => self.delay.jitter_ms = number(name, json, 0, 60_000)?,
            "seed" => self.delay.seed = number(name, json, 0, u64::MAX)?,
            "pace" => self.pace = choice(name, json, &PACES)?,
            "chunk_ms" => self.chunk_ms = number(name, json, 20, 100)?,
            "lead_silence_ms" => self.lead_silence_ms = number(name, json, 0, 10_000)?,
            "answers" => self.answers = texts(name, json)?,
            "transcripts" => self.transcripts = texts(name, json)?,
            "fail_connect" => self.fail_connect = Some(choice(name, json, &CONNECT_FAILURES)?),
            "fail_after_chunks" => self.faults.set(name, json, FaultKind::Fail)?,
            "hang_after_chunks" => self.faults.set(name, json, FaultKind::Hang)?,
            "drop_after_chunks" => self.faults.set(name, json, FaultKind::Drop)?,
            "fail_turn" => self.faults.turn = Some(number(name, json, 0, u16::MAX)?),
            _ => return Err(unknown(name, &NAMES)),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rstest::rstest;

    use super::super::super::options::Fault;
    use super::*;
    use crate::providers::testing;

    fn parse(options: &[(&str, &str)]) -> Result<Options, String> {
        Options::parse(&testing::options(options))
    }

    #[test]
    fn nothing_set_is_the_default() {
        let options = parse(&[]).unwrap();
        assert_eq!(options, Options::default());
        assert_eq!(options.delay.of(1), Duration::from_millis(300));
        assert_eq!(options.faults.of(1), None);
    }

    #[test]
    fn every_option_is_taken() {
        let options = parse(&[
            ("delay_ms", "20"),
            ("seed", "18446744073709551615"),
            ("pace", "\"realtime\""),
            ("chunk_ms", "100"),
            ("lead_silence_ms", "10000"),
            ("answers", r#"[" one ", "two"]"#),
            ("transcripts", r#"["heard"]"#),
            ("fail_connect", "\"rate_limited\""),
            ("hang_after_chunks", "3"),
            ("fail_turn", "2"),
            ("jitter_ms", "7"),
        ])
        .unwrap();
        let expected = Options {
            delay: Delay {
                least: Duration::from_millis(20),
                jitter_ms: 7,
                seed: u64::MAX,
            },
            pace: Pace::Realtime,
            chunk_ms: 100,
            lead_silence_ms: 10_000,
            answers: vec!["one".to_owned(), "two".to_owned()],
            transcripts: vec!["heard".to_owned()],
            fail_connect: Some(ProviderErrorKind::RateLimited),
            faults: options.faults.clone(),
        };
        assert_eq!(options, expected);
        let hangs = Fault {
            after: 3,
            kind: FaultKind::Hang,
        };
        assert_eq!([1, 2].map(|turn| options.faults.of(turn)), [None, Some(hangs)]);
    }

    #[rstest]
    #[case("delay_ms", "-1", "options.delay_ms must be a whole number from 0 to 60000")]
    #[case(
        "delay_ms",
        "60001",
        "options.delay_ms must be a whole number from 0 to 60000"
    )]
    #[case("delay_ms", "1.5", "options.delay_ms must be a whole number from 0 to 60000")]
    #[case(
        "delay_ms",
        "\"300\"",
        "options.delay_ms must be a whole number from 0 to 60000"
    )]
    #[case("chunk_ms", "19", "options.chunk_ms must be a whole number from 20 to 100")]
    #[case("chunk_ms", "101", "options.chunk_ms must be a whole number from 20 to 100")]
    #[case(
        "fail_turn",
        "null",
        "options.fail_turn must be a whole number from 0 to 65535"
    )]
    #[case("pace", "\"slow\"", r#"options.pace must be one of "fast", "realtime""#)]
    #[case("pace", "fast", r#"options.pace must be one of "fast", "realtime""#)]
    #[case(
        "fail_connect",
        "true",
        r#"options.fail_connect must be one of "unavailable", "credential_invalid", "rate_limited", "quota_exceeded""#
    )]
    #[case(
        "answers",
        "[]",
        "options.answers must be a list of 1 to 50 texts of 1 to 1000 characters"
    )]
    #[case(
        "answers",
        "[\" \"]",
        "options.answers must be a list of 1 to 50 texts of 1 to 1000 characters"
    )]
    #[case(
        "answers",
        "[1]",
        "options.answers must be a list of 1 to 50 texts of 1 to 1000 characters"
    )]
    #[case(
        "transcripts",
        r#"["\u0007"]"#,
        "options.transcripts must be a list of 1 to 50 texts of 1 to 1000 characters"
    )]
    #[case(
        "speed",
        "1",
        "options.speed is unknown; there are answers, chunk_ms, delay_ms, drop_after_chunks, fail_after_chunks, \
         fail_connect, fail_turn, hang_after_chunks, jitter_ms, lead_silence_ms, pace, seed, transcripts"
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
        let refused = parse(&[("fail_after_chunks", "1"), ("drop_after_chunks", "1")]).unwrap_err();
        assert!(refused.contains("use one of"), "{refused}");
    }
}
