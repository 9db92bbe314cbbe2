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

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use viva_domain::ports::ProviderErrorKind;
use viva_domain::sessions::ProviderOptions;

use crate::providers::options::{choice, number, unknown};

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

const MAX_TEXTS: usize = 50;
const MAX_TEXT_CHARS: usize = 1_000;

/// The options of a session, checked.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Options {
    delay: Duration,
    jitter_ms: u64,
    seed: u64,
    pub(super) pace: Pace,
    pub(super) chunk_ms: u32,
    pub(super) lead_silence_ms: u32,
    pub(super) answers: Vec<String>,
    pub(super) transcripts: Vec<String>,
    pub(super) fail_connect: Option<ProviderErrorKind>,
    fault: Option<Fault>,
    fail_turn: Option<u16>,
}

/// How fast audio is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    Fast,
    Realtime,
}

/// What goes wrong in an answer, after how many pieces of audio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) after_chunks: u32,
    pub(super) kind: FaultKind,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FaultKind {
    /// The answer fails.
    Fail,
    /// Nothing follows.
    Hang,
    /// The conversation fails.
    Drop,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            delay: Duration::from_millis(300),
            jitter_ms: 0,
            seed: 0,
            pace: Pace::Fast,
            chunk_ms: 40,
            lead_silence_ms: 0,
            answers: Vec::new(),
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
        let mut options = Self::default();
        for (name, json) in raw {
            options.set(name, json)?;
        }
        Ok(options)
    }

    fn set(&mut self, name: &str, json: &str) -> Result<(), String> {
        match name {
            "delay_ms" => self.delay = Duration::from_millis(number(name, json, 0, 60_000)?),
            "jitter_ms" => self.jitter_ms = number(name, json, 0, 60_000)?,
            "seed" => self.seed = number(name, json, 0, u64::MAX)?,
            "pace" => self.pace = choice(name, json, &PACES)?,
            "chunk_ms" => self.chunk_ms = number(name, json, 20, 100)?,
            "lead_silence_ms" => self.lead_silence_ms = number(name, json, 0, 10_000)?,
            "answers" => self.answers = texts(name, json)?,
            "transcripts" => self.transcripts = texts(name, json)?,
            "fail_connect" => self.fail_connect = Some(choice(name, json, &CONNECT_FAILURES)?),
            "fail_after_chunks" => self.set_fault(name, json, FaultKind::Fail)?,
            "hang_after_chunks" => self.set_fault(name, json, FaultKind::Hang)?,
            "drop_after_chunks" => self.set_fault(name, json, FaultKind::Drop)?,
            "fail_turn" => self.fail_turn = Some(number(name, json, 0, u16::MAX)?),
            _ => {
                return Err(unknown(name, &NAMES));
            }
        }
        Ok(())
    }

    fn set_fault(&mut self, name: &str, json: &str, kind: FaultKind) -> Result<(), String> {
        let after_chunks = number(name, json, 0, 100_000_u32)?;
        let fault = Fault { after_chunks, kind };
        if self.fault.replace(fault).is_some() {
            return Err(format!(
                "options.{name} excludes the other faults; use one of fail_after_chunks, hang_after_chunks and \
                 drop_after_chunks"
            ));
        }
        Ok(())
    }

    /// Time from the order to the first audio of answer `turn` (0 is the greeting).
    pub(super) fn delay(&self, turn: u16) -> Duration {
        if self.jitter_ms == 0 {
            return self.delay;
        }
        // A generator per answer, so that the delay of an answer does not depend on those before.
        let mut rng = StdRng::seed_from_u64(self.seed ^ (u64::from(turn) << 48));
        self.delay + Duration::from_micros(rng.random_range(0..=self.jitter_ms * 1_000))
    }

    /// What goes wrong in answer `turn` (0 is the greeting).
    pub(super) fn fault(&self, turn: u16) -> Option<Fault> {
        let befalls = self.fail_turn.map_or(turn > 0, |fail_turn| fail_turn == turn);
        self.fault.filter(|_| befalls)
    }
}

const PACES: [(&str, Pace); 2] = [("fast", Pace::Fast), ("realtime", Pace::Realtime)];

const CONNECT_FAILURES: [(&str, ProviderErrorKind); 4] = [
    ("unavailable", ProviderErrorKind::Unavailable),
    ("credential_invalid", ProviderErrorKind::CredentialInvalid),
    ("rate_limited", ProviderErrorKind::RateLimited),
    ("quota_exceeded", ProviderErrorKind::QuotaExceeded),
];

fn texts(name: &str, json: &str) -> Result<Vec<String>, String> {
    let is_text = |text: &String| {
        !text.trim().is_empty()
            && text.chars().count() <= MAX_TEXT_CHARS
            && !text.chars().any(|c| c.is_control() && c != '\n')
    };
    serde_json::from_str::<Vec<String>>(json)
        .ok()
        .filter(|texts| (1..=MAX_TEXTS).contains(&texts.len()) && texts.iter().all(is_text))
        .map(|texts| texts.iter().map(|text| text.trim().to_owned()).collect())
        .ok_or_else(|| {
            format!(
                "options.{name} must be a list of 1 to {MAX_TEXTS} texts of 1 to {MAX_TEXT_CHARS} characters"
            )
        })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn parse(options: &[(&str, &str)]) -> Result<Options, String> {
        let raw = options
            .iter()
            .map(|(name, json)| ((*name).to_owned(), (*json).to_owned()))
            .collect();
        Options::parse(&raw)
    }

    #[test]
    fn nothing_set_is_the_default() {
        let options = parse(&[]).unwrap();
        assert_eq!(options, Options::default());
        assert_eq!(options.delay(1), Duration::from_millis(300));
        assert_eq!(options.fault(1), None);
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
            ("jitter_ms", "0"),
        ])
        .unwrap();
        let expected = Options {
            delay: Duration::from_millis(20),
            jitter_ms: 0,
            seed: u64::MAX,
            pace: Pace::Realtime,
            chunk_ms: 100,
            lead_silence_ms: 10_000,
            answers: vec!["one".to_owned(), "two".to_owned()],
            transcripts: vec!["heard".to_owned()],
            fail_connect: Some(ProviderErrorKind::RateLimited),
            fault: Some(Fault {
                after_chunks: 3,
                kind: FaultKind::Hang,
            }),
            fail_turn: Some(2),
        };
        assert_eq!(options, expected);
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

    #[test]
    fn jitter_depends_on_seed_and_answer_and_stays_in_its_range() {
        let jittery =
            |seed: &str| parse(&[("delay_ms", "100"), ("jitter_ms", "50"), ("seed", seed)]).unwrap();
        let delays = |options: &Options| (0..200).map(|turn| options.delay(turn)).collect::<Vec<_>>();
        let first = delays(&jittery("1"));
        assert_eq!(first, delays(&jittery("1")));
        assert_ne!(first, delays(&jittery("2")));
        let (least, most) = (first.iter().min().unwrap(), first.iter().max().unwrap());
        assert!(*least >= Duration::from_millis(100) && *least < Duration::from_millis(105));
        assert!(*most <= Duration::from_millis(150) && *most > Duration::from_millis(145));
    }

    #[test]
    fn faults_spare_the_greeting_unless_it_is_meant() {
        let every = parse(&[("fail_after_chunks", "0")]).unwrap();
        assert!(every.fault(0).is_none() && every.fault(1).is_some() && every.fault(9).is_some());
        let second = parse(&[("fail_after_chunks", "0"), ("fail_turn", "2")]).unwrap();
        assert!(second.fault(1).is_none() && second.fault(2).is_some());
        let greeting = parse(&[("fail_after_chunks", "0"), ("fail_turn", "0")]).unwrap();
        assert!(greeting.fault(0).is_some() && greeting.fault(1).is_none());
    }
}
