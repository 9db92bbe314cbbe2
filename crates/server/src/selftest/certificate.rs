//! What came out: the errors of all turns, in figures.

use std::fmt::Write as _;
use std::time::Duration;

use chrono::{DateTime, Utc};
use viva_client::Distribution;
use viva_protocol::rest::{Certificate, CertifiedPart};
use viva_protocol::ws::Mode;

/// Collects the errors of the turns.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// In the order in which the parts were first met.
    errors: Vec<((Mode, &'static str), Vec<f64>)>,
    turns: u32,
    failed: u32,
}

/// What a certificate says beside the errors.
#[derive(Debug, Clone, Copy)]
pub(super) struct Circumstances {
    pub(super) taken_at: DateTime<Utc>,
    pub(super) seed: u64,
    pub(super) concurrency: u32,
    pub(super) duration: Duration,
}

impl Ledger {
    pub(super) fn enter(&mut self, mode: Mode, errors: &[(&'static str, f64)]) {
        self.turns += 1;
        for (part, error) in errors {
            let key = (mode, *part);
            match self.errors.iter_mut().find(|(known, _)| *known == key) {
                Some((_, errors)) => errors.push(*error),
                None => self.errors.push((key, vec![*error])),
            }
        }
    }

    pub(super) fn enter_failure(&mut self) {
        self.failed += 1;
    }

    /// How many turns there were.
    pub(super) fn done(&self) -> u32 {
        self.turns + self.failed
    }

    pub(super) fn close(self, circumstances: Circumstances) -> Certificate {
        let Circumstances {
            taken_at,
            seed,
            concurrency,
            duration,
        } = circumstances;
        let mut parts: Vec<CertifiedPart> = self
            .errors
            .into_iter()
            .map(|((mode, part), errors)| certified(mode, part, &errors))
            .collect();
        parts.sort_by_key(|part| part.mode == Mode::Cascade);
        Certificate {
            taken_at,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            seed,
            turns: self.turns,
            failed: self.failed,
            concurrency,
            duration_ms: u64::try_from(duration.as_millis()).unwrap_or(u64::MAX),
            parts,
        }
    }
}

fn certified(mode: Mode, part: &str, errors: &[f64]) -> CertifiedPart {
    let magnitudes: Distribution = errors.iter().map(|error| error.abs()).collect();
    let signed: Distribution = errors.iter().copied().collect();
    CertifiedPart {
        mode,
        part: part.to_owned(),
        count: u32::try_from(errors.len()).unwrap_or(u32::MAX),
        bias_ms: to_micros(signed.avg().unwrap_or_default()),
        best_ms: magnitudes.min().map(to_micros),
        p50_ms: magnitudes.percentile(50).map(to_micros),
        p95_ms: to_micros(magnitudes.percentile(95).unwrap_or_default()),
        worst_ms: to_micros(magnitudes.max().unwrap_or_default()),
    }
}

/// Rounded to the microsecond: what is finer is noise.
fn to_micros(ms: f64) -> f64 {
    (ms * 1_000.0).round() / 1_000.0
}

/// A figure of the table.
fn figure(ms: Option<f64>) -> String {
    ms.map_or_else(|| "-".to_owned(), |ms| format!("{ms:.2}"))
}

/// The certificate for people.
pub(crate) fn text(certificate: &Certificate) -> String {
    let mut text = format!(
        "Self-test of Viva {}, {}\n{} turns, {} failed, {} at once, seed {}, {:.1} s\n\n",
        certificate.version,
        certificate.taken_at.format("%Y-%m-%d %H:%M UTC"),
        certificate.turns,
        certificate.failed,
        certificate.concurrency,
        certificate.seed,
        Duration::from_millis(certificate.duration_ms).as_secs_f64(),
    );
    writeln!(
        text,
        "{:<10}{:<20}{:>7}{:>10}{:>10}{:>10}{:>10}{:>10}",
        "mode", "part", "turns", "bias", "best", "p50", "p95", "worst"
    )
    .expect("writing to a string succeeds");
    for part in &certificate.parts {
        writeln!(
            text,
            "{:<10}{:<20}{:>7}{:>+10.2}{:>10}{:>10}{:>10.2}{:>10.2}",
            match part.mode {
                Mode::Realtime => "realtime",
                Mode::Cascade => "cascade",
                Mode::Unknown => "unknown",
            },
            part.part.trim_end_matches("_ms"),
            part.count,
            part.bias_ms,
            figure(part.best_ms),
            figure(part.p50_ms),
            part.p95_ms,
            part.worst_ms
        )
        .expect("writing to a string succeeds");
    }
    text.push_str(
        "\nErrors in ms: reported less programmed; the total: reported less what the caller heard. Nothing programs the overhead \
         and what is unexplained: they are given as reported.\n",
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate() -> Certificate {
        let mut ledger = Ledger::default();
        ledger.enter(Mode::Cascade, &[("stt_ms", 0.5)]);
        for error in [-1.0, 0.25, 2.0, 0.5] {
            ledger.enter(Mode::Realtime, &[("total_ms", error)]);
        }
        ledger.enter_failure();
        assert_eq!(ledger.done(), 6);
        ledger.close(Circumstances {
            taken_at: "2026-11-29T10:00:00Z".parse().unwrap(),
            seed: 7,
            concurrency: 20,
            duration: Duration::from_millis(12_340),
        })
    }

    #[test]
    fn errors_cancel_in_the_bias_only() {
        let certificate = certificate();
        let total = &certificate.parts[0];
        assert_eq!(
            (total.mode, total.part.as_str(), total.count),
            (Mode::Realtime, "total_ms", 4)
        );
        assert!((total.bias_ms - 0.438).abs() < 1e-9, "{total:?}");
        assert!((total.p95_ms - 2.0).abs() < 1e-9 && (total.worst_ms - 2.0).abs() < 1e-9);
        let is = |ms: Option<f64>, expected_ms: f64| ms.is_some_and(|ms| (ms - expected_ms).abs() < 1e-9);
        assert!(is(total.best_ms, 0.25) && is(total.p50_ms, 0.5), "{total:?}");
        assert_eq!((certificate.turns, certificate.failed), (5, 1));
    }

    #[test]
    fn what_an_old_certificate_does_not_say_is_missing() {
        let mut json = serde_json::to_value(certificate()).unwrap();
        for part in json["parts"].as_array_mut().unwrap() {
            for figure in ["best_ms", "p50_ms"] {
                part.as_object_mut().unwrap().remove(figure);
            }
        }
        let old: Certificate = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(serde_json::to_value(&old).unwrap(), json);
        let table = text(&old);
        assert!(
            table.contains("+0.44         -         -      2.00      2.00"),
            "{table}"
        );
    }

    #[test]
    fn a_certificate_reads_as_a_table() {
        let expected = format!(
            "\
Self-test of Viva {}, 2026-11-29 10:00 UTC
5 turns, 1 failed, 20 at once, seed 7, 12.3 s

mode      part                  turns      bias      best       p50       p95     worst
realtime  total                     4     +0.44      0.25      0.50      2.00      2.00
cascade   stt                       1     +0.50      0.50      0.50      0.50      0.50

Errors in ms: reported less programmed; the total: reported less what the caller heard. Nothing programs the overhead and \
what is unexplained: they are given as reported.
",
            env!("CARGO_PKG_VERSION")
        );
        assert_eq!(text(&certificate()), expected);
    }
}
