//! The rule that says whether something grows.

use std::time::Duration;

use super::figure::{Figure, Sample, median, slope};

/// The most that memory may grow per hour in the second half: a share of what it is in the middle.
const GROWTH_PER_HOUR: f64 = 0.05;
/// The most that it may be at the end: a share of what it was at the start.
const AT_END: f64 = 1.15;
/// A shorter run is still warming up, and says nothing about an hour.
const LEAST: Duration = Duration::from_mins(30);
/// By how much tasks and descriptors of a session may differ.
const PER_SESSION: f64 = 0.1;
/// How many writes may be late, of all that were tried: other programs use the disk as well.
const LATE_WRITES: f64 = 0.02;
/// What is found of a figure that is not told.
const NOT_SEEN: &str = "not seen";

/// The course of a run.
pub(super) struct Course {
    /// Before the first session.
    pub(super) before: Sample,
    /// While there were callers, in order.
    pub(super) samples: Vec<Sample>,
    /// When the last session was over, and some time had passed.
    pub(super) after: Sample,
    /// How long there were callers.
    pub(super) length: Duration,
    /// What its database may keep open.
    pub(super) database_descriptors: f64,
}

/// One line of the rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) rule: String,
    pub(super) found: String,
    /// `None`: there was too little to tell.
    pub(super) is_kept: Option<bool>,
}

/// A part of the run that stands for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Start,
    Middle,
    End,
}

impl Course {
    /// From when to when a part is, in minutes. Each is a twelfth of the run; the first leaves half as much for the beginning.
    pub(super) fn part(&self, part: Part) -> (f64, f64) {
        let minutes = self.length.as_secs_f64() / 60.0;
        let len = minutes / 12.0;
        let from = match part {
            Part::Start => len / 2.0,
            Part::Middle => (minutes - len) / 2.0,
            Part::End => minutes - len,
        };
        (from, from + len)
    }

    /// What a figure usually was in a part.
    pub(super) fn median(&self, part: Part, figure: Figure) -> Option<f64> {
        self.median_of(part, |sample| sample.get(figure))
    }

    fn median_of(&self, part: Part, value: impl Fn(&Sample) -> Option<f64>) -> Option<f64> {
        let (from, to) = self.part(part);
        let samples = self.samples.iter();
        median(
            samples
                .filter(|sample| (from..=to).contains(&sample.minute()))
                .filter_map(value),
        )
    }

    /// How much of a figure there is for each session that runs.
    fn per_session(&self, part: Part, figure: Figure) -> Option<f64> {
        let before = self.before.get(figure)?;
        self.median_of(part, |sample| {
            let sessions = sample.get(Figure::Sessions).filter(|sessions| *sessions > 0.0)?;
            Some((sample.get(figure)? - before) / sessions)
        })
    }

    /// By how much a figure grows per hour in the second half.
    pub(super) fn growth(&self, figure: Figure) -> Option<f64> {
        if self.length < LEAST {
            return None;
        }
        let half = self.length.as_secs_f64() / 120.0;
        let points: Vec<_> = self
            .samples
            .iter()
            .filter(|sample| sample.minute() >= half)
            .filter_map(|sample| Some((sample.minute() / 60.0, sample.get(figure)?)))
            .collect();
        slope(&points)
    }

    /// Every line of the rule.
    pub(super) fn verdict(&self) -> Vec<Line> {
        let mut lines: Vec<Line> = [Figure::Memory, Figure::Anonymous]
            .into_iter()
            .flat_map(|figure| self.memory(figure))
            .collect();
        for figure in [Figure::Tasks, Figure::Descriptors] {
            lines.push(self.same_per_session(figure));
        }
        lines.extend(self.locks());
        lines.push(self.late_writes());
        lines.push(self.back(Figure::Tasks, 0.0));
        lines.push(self.back(Figure::Descriptors, self.database_descriptors));
        for figure in [
            Figure::Sessions,
            Figure::Connections,
            Figure::Waiting,
            Figure::Journal,
            Figure::Locks,
        ] {
            lines.push(self.back(figure, 0.0));
        }
        lines.retain(|line| !line.found.is_empty());
        lines
    }

    fn memory(&self, figure: Figure) -> [Line; 2] {
        let name = figure.name();
        let middle = self.median(Part::Middle, figure);
        let growth = self.growth(figure);
        let ends = self
            .median(Part::Start, figure)
            .zip(self.median(Part::End, figure))
            .filter(|_| self.length >= LEAST);
        let growth = growth.zip(middle);
        let (unjudged, is_unjudged_kept) = self.unjudged(figure);
        [
            Line {
                rule: format!(
                    "{name}: grows in the second half by at most {:.0} % of the middle per hour",
                    GROWTH_PER_HOUR * 100.0
                ),
                found: growth.map_or_else(
                    || unjudged.to_owned(),
                    |(growth, _)| format!("{growth:+.2} MiB per hour"),
                ),
                is_kept: growth.map_or(is_unjudged_kept, |(growth, middle)| {
                    Some(growth <= middle * GROWTH_PER_HOUR)
                }),
            },
            Line {
                rule: format!(
                    "{name}: at the end at most {:.0} % more than at the start",
                    (AT_END - 1.0) * 100.0
                ),
                found: ends.map_or_else(
                    || unjudged.to_owned(),
                    |(start, end)| format!("{:+.1} %", (end / start - 1.0) * 100.0),
                ),
                is_kept: ends.map_or(is_unjudged_kept, |(start, end)| Some(end <= start * AT_END)),
            },
        ]
    }

    /// What is found, and whether it is kept, where a figure of the server cannot be judged. One that is not told breaks the rule.
    fn unjudged(&self, figure: Figure) -> (&'static str, Option<bool>) {
        let is_told = self.samples.iter().any(|sample| sample.get(figure).is_some());
        if is_told && self.length < LEAST {
            ("not judged: the run is shorter than 30 min", None)
        } else {
            (NOT_SEEN, Some(false))
        }
    }

    fn same_per_session(&self, figure: Figure) -> Line {
        let (unjudged, is_unjudged_kept) = self.unjudged(figure);
        let ends = self
            .per_session(Part::Start, figure)
            .zip(self.per_session(Part::End, figure));
        Line {
            rule: format!(
                "{} per session beyond those of before: at the end at most {:.0} % more than at the start",
                figure.name(),
                PER_SESSION * 100.0
            ),
            found: ends.map_or_else(
                || unjudged.to_owned(),
                |(start, end)| format!("{start:.2}, then {end:.2}"),
            ),
            is_kept: ends.map_or(is_unjudged_kept, |(start, end)| {
                Some(end <= start * (1.0 + PER_SESSION))
            }),
        }
    }

    /// Nothing of them where the database has none.
    fn locks(&self) -> [Line; 2] {
        let locks = self
            .median(Part::Start, Figure::Locks)
            .zip(self.median(Part::End, Figure::Locks));
        let idle = self
            .samples
            .iter()
            .filter_map(|sample| sample.get(Figure::IdleTransactions));
        let idle = idle.reduce(f64::max);
        [
            Line {
                rule: "locks in the database: at the end at most 2 more than at the start".to_owned(),
                found: locks.map_or_else(String::new, |(start, end)| format!("{start:.0}, then {end:.0}")),
                is_kept: locks.map(|(start, end)| end <= start + 2.0),
            },
            Line {
                rule: format!("{}: never any", Figure::IdleTransactions.name()),
                found: idle.map_or_else(String::new, |idle| format!("{idle:.0} at most")),
                is_kept: idle.map(|idle| idle == 0.0),
            },
        ]
    }

    fn late_writes(&self) -> Line {
        let all = self.samples.iter().chain([&self.after]);
        let tried: Vec<f64> = all.filter_map(|sample| sample.get(Figure::LateWrites)).collect();
        let late: f64 = tried.iter().sum();
        let tried = tried.len() as f64;
        Line {
            rule: format!(
                "{}: at most {:.0} % of those that were tried",
                Figure::LateWrites.name(),
                LATE_WRITES * 100.0
            ),
            found: if tried == 0.0 {
                String::new()
            } else {
                format!("{late:.0} of {tried:.0}")
            },
            is_kept: Some(late <= tried * LATE_WRITES),
        }
    }

    /// Whether a figure is after the last session what it was before the first, or at most so much more.
    fn back(&self, figure: Figure, more: f64) -> Line {
        let ends = self.before.get(figure).zip(self.after.get(figure));
        // A database may have no such figure; the server has.
        let (unseen, is_unseen_kept) = match figure.metric() {
            Some(_) => (NOT_SEEN, Some(false)),
            None => ("", None),
        };
        let more_said = if more == 0.0 {
            String::new()
        } else {
            format!(", but for {more:.0} of its connections to the database")
        };
        Line {
            rule: format!(
                "{} after the last session: not more than before the first{more_said}",
                figure.name()
            ),
            found: ends.map_or_else(
                || unseen.to_owned(),
                |(before, after)| format!("{before:.0} before, {after:.0} after"),
            ),
            is_kept: ends.map_or(is_unseen_kept, |(before, after)| Some(after <= before + more)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const HOURS: f64 = 2.0;

    /// Of a database that tells nothing; what is not among these values stays the same.
    fn sample(minute: f64, values: &[(Figure, f64)]) -> Sample {
        let told = |figure: &Figure| *figure == Figure::Anonymous || figure.metric().is_some();
        let same = Figure::ALL.into_iter().filter(told).map(|figure| (figure, 5.0));
        Sample {
            at: Duration::from_secs_f64(minute * 60.0),
            values: same.chain(values.iter().copied()).collect::<BTreeMap<_, _>>(),
        }
    }

    /// Two hours in which 100 sessions have so many tasks, and so much memory by the minute.
    fn course(memory: impl Fn(f64) -> f64, tasks: impl Fn(f64) -> f64, tasks_after: f64) -> Course {
        let at = |minute: f64| {
            sample(
                minute,
                &[
                    (Figure::Memory, memory(minute)),
                    (Figure::Tasks, tasks(minute)),
                    (Figure::Sessions, 100.0),
                ],
            )
        };
        Course {
            before: sample(0.0, &[(Figure::Tasks, 10.0), (Figure::Sessions, 0.0)]),
            samples: (0..=720).map(|n| at(f64::from(n) / 6.0)).collect(),
            after: sample(122.0, &[(Figure::Tasks, tasks_after), (Figure::Sessions, 0.0)]),
            length: Duration::from_secs_f64(HOURS * 3_600.0),
            database_descriptors: 8.0,
        }
    }

    fn broken(course: &Course) -> Vec<String> {
        let lines = course.verdict().into_iter();
        lines
            .filter(|line| line.is_kept == Some(false))
            .map(|line| format!("{}: {}", line.rule, line.found))
            .collect()
    }

    #[test]
    fn what_goes_up_and_down_does_not_grow() {
        let waves = |minute: f64| 200.0 + 20.0 * (minute / 3.0).sin();
        assert_eq!(broken(&course(waves, |_| 810.0, 10.0)), [""; 0]);
    }

    #[test]
    fn memory_that_grows_steadily_is_told_though_it_is_not_much_more_at_the_end() {
        let broken = broken(&course(|minute| 200.0 + minute / 5.0, |_| 810.0, 10.0));
        assert_eq!(broken.len(), 1, "{broken:?}");
        assert!(broken[0].ends_with("+12.00 MiB per hour"), "{broken:?}");
    }

    #[test]
    fn memory_that_has_grown_in_the_first_half_is_told() {
        let broken = broken(&course(|minute| 200.0 + 2.0 * minute.min(40.0), |_| 810.0, 10.0));
        assert_eq!(broken.len(), 1, "{broken:?}");
        assert!(broken[0].contains("at the end at most 15 % more"), "{broken:?}");
    }

    #[test]
    fn tasks_that_sessions_leave_behind_are_told() {
        let broken = broken(&course(|_| 200.0, |minute| 810.0 + minute * 2.0, 250.0));
        assert_eq!(broken.len(), 2, "{broken:?}");
        assert!(broken[0].starts_with("tasks per session"), "{broken:?}");
        assert!(broken[1].ends_with("10 before, 250 after"), "{broken:?}");
    }

    #[test]
    fn a_short_run_says_nothing_about_an_hour() {
        let mut short = course(|minute| minute * 10.0, |_| 810.0, 10.0);
        short.length = Duration::from_mins(2);
        let lines = short.verdict();
        assert_eq!((lines[0].is_kept, lines[1].is_kept), (None, None));
        assert!(lines[0].found.contains("not judged"), "{lines:?}");
    }

    #[test]
    fn what_the_server_does_not_tell_is_not_kept() {
        let judged = [
            Figure::Memory,
            Figure::Tasks,
            Figure::Descriptors,
            Figure::Sessions,
            Figure::Connections,
            Figure::Waiting,
            Figure::Journal,
        ];
        for (figure, minutes) in judged.into_iter().flat_map(|figure| [(figure, 120), (figure, 2)]) {
            let mut course = course(|_| 200.0, |_| 810.0, 10.0);
            course.length = Duration::from_mins(minutes);
            let samples = course.samples.iter_mut();
            for sample in samples.chain([&mut course.before, &mut course.after]) {
                sample.values.remove(&figure);
            }
            let broken = broken(&course);
            assert!(!broken.is_empty(), "{figure:?}");
            assert!(broken.iter().all(|line| line.ends_with("not seen")), "{broken:?}");
        }
    }

    #[test]
    fn a_figure_that_is_missing_at_the_end_is_not_kept() {
        let mut course = course(|_| 200.0, |_| 810.0, 10.0);
        course.after.values.remove(&Figure::Waiting);
        let broken = broken(&course);
        assert_eq!(broken.len(), 1, "{broken:?}");
        assert!(broken[0].starts_with("entries in queues after"), "{broken:?}");
    }

    #[test]
    fn figures_of_another_database_are_no_lines() {
        let lines = course(|_| 200.0, |_| 810.0, 10.0).verdict();
        assert!(lines.iter().all(|line| !line.rule.contains("locks")), "{lines:?}");
        assert!(
            lines.iter().all(|line| !line.rule.contains("writes")),
            "{lines:?}"
        );
    }

    #[test]
    fn parts_are_where_they_should_be() {
        let course = course(|_| 1.0, |_| 1.0, 1.0);
        assert_eq!(course.part(Part::Start), (5.0, 15.0));
        assert_eq!(course.part(Part::Middle), (55.0, 65.0));
        assert_eq!(course.part(Part::End), (110.0, 120.0));
    }
}
