//! What is left of a run: a line per look in a file, and a section of the report.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::figure::{Figure, Sample};
use super::metrics::Metrics;
use super::tally::Counts;
use super::verdict::{Course, Line, Part};
use crate::args::SoakArgs;
use crate::bench::taken;

/// Counters of the server that say what it went through.
const COUNTERS: [&str; 11] = [
    "viva_sessions_started_total",
    "viva_sessions_ended_total",
    "viva_sessions_resumes_total",
    "viva_sessions_clients_lost_total",
    "viva_sessions_mode_switches_total",
    "viva_turns_total",
    "viva_turns_interruptions_total",
    "viva_audio_frames_total",
    "viva_audio_frames_dropped_total",
    "viva_provider_errors_total",
    "viva_journal_writes_total",
];

const HEAD: &str = "\
# Soak

Written by `cargo xtask soak`, a section for each database.

Each caller holds one session after the other in real time: 45 s to 10 min long, in either mode, every twentieth caller one that lasts throughout. \
They pause, ask, cut two answers in five by speech or by a button, lose their connections every 200 s on average and come back within 12 s (or take the session over \
while the old connection still stands); one session in six is left without a word. In six sessions of ten the offline provider fails: answers break off or hang, \
it is lost, or it cannot be reached. Who was offered a fallback takes it. Four finished sessions in five are deleted.

Everything is looked at every 10 s; a figure of a part is the median over it. Growth is the median over all pairs of looks in the second half \
(Theil and Sen). After the last caller a minute passes before the last look.
";

/// Everything about a run.
pub(super) struct Run<'a> {
    pub(super) args: &'a SoakArgs,
    pub(super) seed: u64,
    pub(super) database: &'static str,
    pub(super) course: Course,
    pub(super) counts: Counts,
    pub(super) metrics: Metrics,
    pub(super) cpu_s: f64,
}

impl Run<'_> {
    /// Whether every line of the rule was kept, and nothing unexpected happened.
    pub(super) fn is_kept(&self) -> bool {
        let lines = self.course.verdict();
        self.counts.unexpected.is_empty() && lines.iter().all(|line| line.is_kept != Some(false))
    }

    /// Puts the section into the report, in place of the one that it has of this database.
    pub(super) fn write(&self, report: &Path) -> Result<()> {
        let text = std::fs::read_to_string(report).unwrap_or_default();
        let text = with_section(&text, self.database, &self.section());
        std::fs::write(report, text).with_context(|| report.display().to_string())
    }

    pub(super) fn section(&self) -> String {
        let verdict = if self.is_kept() { "kept" } else { "**broken**" };
        let Self { args, seed, .. } = self;
        let minutes = self.course.length.as_secs_f64() / 60.0;
        let mut text = format!(
            "## {}\n\n{} callers for {minutes:.0} min, commit `{}`, {}, seed {seed}. The rule was {verdict}.\n",
            self.database,
            args.sessions,
            args.commit,
            taken(),
        );
        text.push_str(&self.figures());
        text.push_str(&rule(&self.course.verdict()));
        text.push_str(&self.happened());
        text
    }

    /// Start, middle, end, and around it.
    fn figures(&self) -> String {
        let course = &self.course;
        let span = |part| {
            let (from, to) = course.part(part);
            format!("min {from:.0}–{to:.0}")
        };
        let mut text = format!(
            "\n| | before | start, {} | middle, {} | end, {} | after | growth per hour |\n|---|---:|---:|---:|---:|---:|---:|\n",
            span(Part::Start),
            span(Part::Middle),
            span(Part::End),
        );
        for figure in Figure::ALL {
            let values = [
                course.before.get(figure),
                course.median(Part::Start, figure),
                course.median(Part::Middle, figure),
                course.median(Part::End, figure),
                course.after.get(figure),
                course.growth(figure),
            ];
            if values.iter().all(Option::is_none) {
                continue;
            }
            let cells = values.map(|value| value.map_or_else(|| "–".to_owned(), short));
            row(&mut text, &[figure.name(), &cells.join(" | ")]);
        }
        text
    }

    fn happened(&self) -> String {
        let share = self.cpu_s / self.course.length.as_secs_f64() * 100.0;
        let mut text = format!(
            "\nThe server took {share:.0} % of a core.\n\n| what callers saw | times |\n|---|---:|\n"
        );
        for (what, times) in &self.counts.usual {
            row(&mut text, &[what, &times.to_string()]);
        }
        text.push_str("\n| unexpected | times |\n|---|---:|\n");
        for (what, times) in &self.counts.unexpected {
            row(&mut text, &[&what.replace('|', "\\|"), &times.to_string()]);
        }
        if self.counts.unexpected.is_empty() {
            text.push_str("| nothing | 0 |\n");
        }
        text.push_str("\n| what the server counted | |\n|---|---:|\n");
        for name in COUNTERS {
            for (labels, value) in self.metrics.of(name) {
                if value > 0.0 {
                    row(&mut text, &[&format!("`{name}{labels}`"), &format!("{value:.0}")]);
                }
            }
        }
        text
    }
}

fn rule(lines: &[Line]) -> String {
    let mut text = "\n| rule | found | |\n|---|---|---|\n".to_owned();
    for line in lines {
        let kept = match line.is_kept {
            Some(true) => "kept",
            Some(false) => "**broken**",
            None => "–",
        };
        row(&mut text, &[&line.rule, &line.found, kept]);
    }
    text
}

fn row(text: &mut String, cells: &[&str]) {
    text.push_str("| ");
    text.push_str(&cells.join(" | "));
    text.push_str(" |\n");
}

/// Whole numbers are whole; others have as much behind the point as tells anything.
fn short(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0")
        .map_or_else(|| text.clone(), str::to_owned)
}

/// The report with this section, after those of other databases.
fn with_section(report: &str, database: &str, section: &str) -> String {
    let head = format!("{database}\n");
    let others = report
        .split("\n## ")
        .skip(1)
        .filter(|other| !other.starts_with(&head));
    let mut text = HEAD.to_owned();
    for other in others {
        text.push_str("\n## ");
        text.push_str(other.trim_end());
        text.push('\n');
    }
    text.push('\n');
    text.push_str(section.trim_end());
    text.push('\n');
    text
}

/// A line per look, as comma-separated values.
pub(super) struct Samples(File);

impl Samples {
    pub(super) fn create(path: &Path) -> Result<Self> {
        let mut file = File::create(path).with_context(|| path.display().to_string())?;
        let mut head = "minute".to_owned();
        for figure in Figure::ALL {
            write!(head, ",\"{}\"", figure.name())?;
        }
        writeln!(file, "{head},answers,unexpected")?;
        Ok(Self(file))
    }

    pub(super) fn add(&mut self, sample: &Sample, counts: &Counts) -> Result<()> {
        let mut line = format!("{:.2}", sample.minute());
        for figure in Figure::ALL {
            let value = sample
                .get(figure)
                .map_or_else(String::new, |value| format!("{value:.2}"));
            write!(line, ",{value}")?;
        }
        let answers = counts.usual.get("answers").copied().unwrap_or_default();
        let unexpected: u64 = counts.unexpected.values().sum();
        writeln!(self.0, "{line},{answers},{unexpected}")?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_takes_the_place_of_the_one_before() {
        let first = with_section("", "SQLite", "## SQLite\n\nold\n");
        let both = with_section(&first, "PostgreSQL", "## PostgreSQL\n\nother\n");
        let newer = with_section(&both, "SQLite", "## SQLite\n\nnew\n");
        assert_eq!(
            newer,
            format!("{HEAD}\n## PostgreSQL\n\nother\n\n## SQLite\n\nnew\n")
        );
    }

    #[test]
    fn what_was_not_judged_is_neither_kept_nor_broken() {
        let line = |is_kept| Line {
            rule: "tasks".to_owned(),
            found: "3".to_owned(),
            is_kept,
        };
        let text = rule(&[line(Some(true)), line(Some(false)), line(None)]);
        assert!(
            text.ends_with("| tasks | 3 | kept |\n| tasks | 3 | **broken** |\n| tasks | 3 | – |\n"),
            "{text}"
        );
    }

    #[test]
    fn whole_numbers_have_nothing_behind_the_point() {
        assert_eq!([short(3.0), short(0.25), short(812.04)], ["3", "0.2", "812"]);
    }

    #[test]
    fn every_look_is_a_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("samples.csv");
        let mut samples = Samples::create(&path).unwrap();
        let sample = Sample {
            at: std::time::Duration::from_secs(90),
            values: [(Figure::Memory, 81.5)].into(),
        };
        samples.add(&sample, &Counts::default()).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let last = text.lines().last().unwrap();
        assert!(
            last.starts_with("1.50,81.50,,") && last.ends_with(",,0,0"),
            "{last}"
        );
    }
}
