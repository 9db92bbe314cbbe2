//! The self-test, as far as the page knows.

use viva_protocol::rest::{Certificate, CertifiedPart, SelfTest, SelfTestProgress};
use viva_protocol::ws::Mode;

/// What the server said about the self-test.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum SelfTestState {
    /// It was not asked yet.
    #[default]
    Unknown,
    /// This.
    Known(SelfTest),
    /// Nothing.
    Failed,
}

impl SelfTestState {
    /// How far the one that runs has come.
    pub fn progress(&self) -> Option<SelfTestProgress> {
        match self {
            Self::Known(state) => state.progress,
            Self::Unknown | Self::Failed => None,
        }
    }

    /// What the newest one found.
    pub fn newest(&self) -> Option<&Certificate> {
        match self {
            Self::Known(state) => state.newest.as_ref(),
            Self::Unknown | Self::Failed => None,
        }
    }

    /// Whether the last one came to nothing.
    pub fn has_failed(&self) -> bool {
        match self {
            Self::Known(state) => state.failure.is_some(),
            Self::Unknown => false,
            Self::Failed => true,
        }
    }
}

/// The error of the total in the mode in which it is larger: what one figure is to be trusted to.
pub fn worse_total(certificate: &Certificate) -> Option<&CertifiedPart> {
    let totals = certificate.parts.iter().filter(|part| part.part == "total_ms");
    totals.max_by(|one, other| one.p95_ms.total_cmp(&other.p95_ms))
}

/// The parts of one mode.
pub fn parts_of(certificate: &Certificate, mode: Mode) -> impl Iterator<Item = &CertifiedPart> {
    certificate.parts.iter().filter(move |part| part.mode == mode)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(mode: Mode, part: &str, p95_ms: f64) -> CertifiedPart {
        CertifiedPart {
            mode,
            part: part.to_owned(),
            count: 100,
            bias_ms: 0.1,
            p95_ms,
            worst_ms: p95_ms * 2.0,
        }
    }

    fn certificate() -> Certificate {
        Certificate {
            taken_at: "2026-11-29T10:00:00Z".parse().unwrap(),
            version: "0.1.0".to_owned(),
            seed: 7,
            turns: 200,
            failed: 0,
            concurrency: 10,
            duration_ms: 60_000,
            parts: vec![
                part(Mode::Realtime, "total_ms", 1.5),
                part(Mode::Realtime, "provider_ms", 9.0),
                part(Mode::Cascade, "total_ms", 2.5),
            ],
        }
    }

    #[test]
    fn the_worse_total_speaks_for_both_modes() {
        let certificate = certificate();
        let worse = worse_total(&certificate).unwrap();
        assert_eq!((worse.mode, worse.part.as_str()), (Mode::Cascade, "total_ms"));
        let names: Vec<_> = parts_of(&certificate, Mode::Realtime)
            .map(|part| part.part.as_str())
            .collect();
        assert_eq!(names, ["total_ms", "provider_ms"]);
    }

    #[test]
    fn a_server_that_does_not_answer_has_failed_and_one_that_was_not_asked_has_not() {
        assert!(SelfTestState::Failed.has_failed() && !SelfTestState::Unknown.has_failed());
        let failed = SelfTestState::Known(SelfTest {
            failure: Some("no".to_owned()),
            newest: Some(certificate()),
            ..SelfTest::default()
        });
        assert!(failed.has_failed() && failed.newest().is_some() && failed.progress().is_none());
    }
}
