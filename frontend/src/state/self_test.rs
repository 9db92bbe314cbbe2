//! The self-test, as far as the page knows.

use viva_protocol::rest::{Certificate, CertifiedPart, SelfTest, SelfTestProgress};
use viva_protocol::ws::Mode;

/// What is known of the self-test.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SelfTestState {
    /// What the server said last; `None` before it was asked.
    known: Option<SelfTest>,
    /// It could not be asked since.
    is_unreachable: bool,
}

impl SelfTestState {
    /// The server said this.
    pub fn hear(&mut self, said: SelfTest) {
        *self = Self {
            known: Some(said),
            is_unreachable: false,
        };
    }

    /// The server said nothing, and is not asked again: whether one runs is not known any more.
    pub fn lose(&mut self) {
        self.is_unreachable = true;
        if let Some(known) = &mut self.known {
            known.progress = None;
        }
    }

    /// How far the one that runs has come.
    pub fn progress(&self) -> Option<SelfTestProgress> {
        self.known.as_ref()?.progress
    }

    /// What the newest one found.
    pub fn newest(&self) -> Option<&Certificate> {
        self.known.as_ref()?.newest.as_ref()
    }

    /// Whether the last one came to nothing.
    pub fn has_failed(&self) -> bool {
        self.known.as_ref().is_some_and(|known| known.failure.is_some())
    }

    /// Whether the server could not be asked.
    pub fn is_unreachable(&self) -> bool {
        self.is_unreachable
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
            best_ms: Some(0.1),
            p50_ms: Some(p95_ms / 2.0),
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
    fn a_server_that_does_not_answer_takes_no_certificate_away() {
        let mut state = SelfTestState::default();
        assert!(!state.has_failed() && !state.is_unreachable());
        state.hear(SelfTest {
            progress: Some(SelfTestProgress { done: 1, total: 2 }),
            failure: Some("no".to_owned()),
            newest: Some(certificate()),
        });
        assert!(state.has_failed() && state.progress().is_some());
        state.lose();
        assert!(state.is_unreachable() && state.newest().is_some() && state.progress().is_none());
        state.hear(SelfTest::default());
        assert!(!state.is_unreachable() && !state.has_failed());
    }
}
