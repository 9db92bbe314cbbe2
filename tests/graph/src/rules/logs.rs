//! Every line of the log is an event with a name, and `docs/logging.md` says what each means.

use std::collections::{BTreeMap, BTreeSet};

use crate::Finding;
use crate::repository::Source;

const MANUAL: &str = "docs/logging.md";
/// What writes lines.
const LEVELS: [&str; 5] = ["error", "warn", "info", "debug", "trace"];
/// Where tasks of a session are begun, which is to stand in what they log.
const SESSIONS: [&str; 2] = ["crates/application/src/", "crates/infrastructure/src/"];
/// Whose lines are about a provider.
const PROVIDERS: &str = "crates/infrastructure/src/providers/";
/// How a task keeps its session, or says that it has none.
const KEEPS: [&str; 2] = [".in_current_span()", ".instrument("];

/// One place that writes a line.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Site<'a> {
    path: &'a str,
    line: usize,
    level: &'static str,
    /// What the macro is given.
    text: &'a str,
}

/// A row of the manual's table of events.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Row<'a> {
    line: usize,
    event: &'a str,
    level: &'a str,
    fields: BTreeSet<&'a str>,
}

/// Lines without a name, or that write an error in another way than all others.
pub fn unclear_lines(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for site in sites(sources) {
        let mut find = |advice: &str| findings.push(Finding::line(site.path, site.line, advice));
        if site.event().is_none() {
            find(
                "a line without a name; begin with `event = \"area.what_happened\"` and add it to docs/logging.md",
            );
        }
        if ["error = %", "error = ?", "error = format!", "{err"]
            .iter()
            .any(|way| site.text.contains(way))
        {
            find(
                "an error without its causes; write `error = &err as &dyn std::error::Error`, and nothing of it in the sentence",
            );
        }
        if site.path.starts_with(PROVIDERS) && !site.fields().contains("provider.name") {
            find("a line about nobody; add `provider.name`");
        }
    }
    findings
}

/// What the manual says otherwise than the program, or not at all.
pub fn undescribed_lines(sources: &[Source]) -> Vec<Finding> {
    let Some(manual) = sources.iter().find(|source| source.path == MANUAL) else {
        return vec![Finding::file(MANUAL, "is not there")];
    };
    let (common, rows) = (common(manual), rows(manual));
    let mut used: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut findings = Vec::new();
    let sites = sites(sources);
    for site in &sites {
        let Some(event) = site.event() else { continue };
        let fields = site.fields().into_iter().filter(|field| !common.contains(field));
        used.entry(event).or_default().extend(fields);
        let mut find = |advice| findings.push(Finding::line(site.path, site.line, advice));
        match rows.iter().find(|row| row.event == event) {
            None => find(format!("{event} is not in {MANUAL}")),
            Some(row) if row.level != site.level => {
                find(format!(
                    "{event} is `{}` in {MANUAL}, and `{}` here",
                    row.level, site.level
                ));
            }
            Some(_) => {}
        }
    }
    for (index, row) in rows.iter().enumerate() {
        let mut find = |advice| findings.push(Finding::line(MANUAL, row.line, advice));
        match used.get(row.event) {
            None => find(format!("nothing writes {}", row.event)),
            Some(fields) if *fields != row.fields => {
                find(format!(
                    "{} has the fields {fields:?}, not {:?}",
                    row.event, row.fields
                ));
            }
            Some(_) => {}
        }
        if rows[..index].iter().any(|other| other.event == row.event) {
            find(format!("{} is there twice", row.event));
        }
    }
    findings
}

/// Tasks that lose the session which they are of.
pub fn lost_tasks(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in
        program(sources).filter(|source| SESSIONS.iter().any(|place| source.path.starts_with(place)))
    {
        let text = without_tests(&source.text);
        for (at, call) in text
            .match_indices(".spawn(")
            .chain(text.match_indices(".spawn_on("))
        {
            let given = argument(text, at + call.len());
            if given.is_empty() {
                continue; // A program, which has no session.
            }
            // A task may be named in the statement before.
            let is_named = given.chars().all(|c| c.is_alphanumeric() || c == '_');
            let made = format!("let {given} = ");
            let keeps = if is_named {
                text[..at].rfind(&made).map_or("", |from| &text[from..at])
            } else {
                given
            };
            if !KEEPS.iter().any(|way| keeps.contains(way)) {
                let line = text[..at].matches('\n').count() + 1;
                let advice = "a task that forgets its session; add `.in_current_span()`, or `.instrument(Span::none())` if it is of none";
                findings.push(Finding::line(&source.path, line, advice));
            }
        }
    }
    findings
}

impl<'a> Site<'a> {
    fn event(&self) -> Option<&'a str> {
        let (_, rest) = self.text.split_once("event = \"")?;
        rest.split_once('"').map(|(event, _)| event)
    }

    /// The names of its fields but the event.
    fn fields(&self) -> BTreeSet<&'a str> {
        let mut fields = BTreeSet::new();
        for given in parts(self.text) {
            let name = given.split('=').next().unwrap_or(given).trim();
            let is_name =
                !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || "._".contains(c));
            if given.starts_with('"') {
                break; // The sentence, and what stands in it.
            }
            if is_name && name != "event" {
                fields.insert(name);
            }
        }
        fields
    }
}

/// Every place of the program that writes a line.
fn sites(sources: &[Source]) -> Vec<Site<'_>> {
    let mut sites = Vec::new();
    for source in program(sources) {
        let text = without_tests(&source.text);
        for level in LEVELS {
            let call = format!("{level}!(");
            for (at, _) in text.match_indices(&call) {
                let is_word = text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
                let is_comment = text[..at]
                    .rsplit('\n')
                    .next()
                    .unwrap_or_default()
                    .trim_start()
                    .starts_with("//");
                if !is_word && !is_comment {
                    sites.push(Site {
                        path: &source.path,
                        line: text[..at].matches('\n').count() + 1,
                        level,
                        text: argument(text, at + call.len()),
                    });
                }
            }
        }
    }
    sites
}

/// The files of what runs, without tests and tools.
fn program(sources: &[Source]) -> impl Iterator<Item = &Source> {
    sources.iter().filter(|source| {
        let in_tests = ["/tests/", "/testing", "crates/xtask/", "/tests.rs"];
        source.is_rust()
            && source.path.starts_with("crates/")
            && !in_tests.iter().any(|part| source.path.contains(part))
    })
}

fn without_tests(text: &str) -> &str {
    let tests = text.find("#[cfg(test)]\nmod tests {");
    tests.map_or(text, |at| &text[..at])
}

/// What stands from here to the parenthesis that closes.
fn argument(text: &str, from: usize) -> &str {
    let mut depth = 0_usize;
    for (at, letter) in code(&text[from..]) {
        match letter {
            '(' | '[' | '{' => depth += 1,
            ')' if depth == 0 => return &text[from..from + at],
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    &text[from..]
}

/// What commas part, outside of parentheses.
fn parts(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut from) = (Vec::new(), 0_usize, 0);
    for (at, letter) in code(text) {
        match letter {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(text[from..at].trim());
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text[from..].trim());
    parts
}

/// The letters of a text that are in no string.
fn code(text: &str) -> impl Iterator<Item = (usize, char)> {
    let (mut is_string, mut is_escaped) = (false, false);
    text.char_indices().filter(move |(_, letter)| {
        let was_string = is_string;
        if *letter == '"' && !is_escaped {
            is_string = !is_string;
        }
        is_escaped = is_string && *letter == '\\' && !is_escaped;
        !was_string && !is_string
    })
}

/// The fields that every line may have.
fn common(manual: &Source) -> BTreeSet<&str> {
    let cells = tables(manual).filter(|(_, cells)| cells.len() == 3);
    cells.filter_map(|(_, cells)| quoted(cells[0]).next()).collect()
}

fn rows(manual: &Source) -> Vec<Row<'_>> {
    tables(manual)
        .filter(|(_, cells)| cells.len() == 4)
        .filter_map(|(line, cells)| {
            Some(Row {
                line,
                event: quoted(cells[0]).next()?,
                level: cells[1],
                fields: quoted(cells[2]).collect(),
            })
        })
        .collect()
}

fn tables(manual: &Source) -> impl Iterator<Item = (usize, Vec<&str>)> {
    manual.lines().filter_map(|(number, line)| {
        let inner = line.strip_prefix("| ")?.strip_suffix(" |")?;
        Some((number, inner.split(" | ").map(str::trim).collect()))
    })
}

/// What stands between backticks.
fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::assert_none;
    use crate::repository;

    const GOOD: &str = r#"
fn work() {
    info!(event = "a.done", session.id = %id, files = count(1, "x"), "Did {what}, and {more}");
    tracing::warn!(
        event = "a.failed", provider.name, error = &err as &dyn std::error::Error,
        "Could not"
    );
    // debug!("of old")
}
#[cfg(test)]
mod tests {
    fn test() { info!("anything") }
}
"#;
    const TABLES: &str = "
| Field | Type | Meaning |
| --- | --- | --- |
| `session.id` | text | Whose. |
| `provider.name` | text | Who. |
| `error` | text | Why. |

| Event | Level | Fields | When |
| --- | --- | --- | --- |
| `a.done` | info | `files` | Always. |
| `a.failed` | warn |  | Never. |
";

    fn files(program: &str, manual: &str) -> [Source; 2] {
        [
            ("crates/infrastructure/src/providers/a.rs", program),
            (MANUAL, manual),
        ]
        .map(|(path, text)| Source {
            path: path.into(),
            text: text.into(),
        })
    }

    fn advice(findings: &[Finding]) -> Vec<(Option<usize>, &str)> {
        let findings = findings.iter();
        findings
            .map(|finding| (finding.line, finding.advice.as_str()))
            .collect()
    }

    #[test]
    fn every_line_of_the_log_has_a_name_and_its_causes() {
        assert_none(&unclear_lines(&repository::sources().unwrap()));
    }

    #[test]
    fn the_manual_has_every_event_with_its_level_and_fields_and_no_other() {
        assert_none(&undescribed_lines(&repository::sources().unwrap()));
    }

    #[test]
    fn every_task_keeps_its_session() {
        assert_none(&lost_tasks(&repository::sources().unwrap()));
    }

    #[test]
    fn lines_of_the_program_are_found_with_what_they_tell() {
        let sources = files(GOOD, TABLES);
        let sites = sites(&sources);
        let found: Vec<_> = sites
            .iter()
            .map(|site| {
                (
                    site.line,
                    site.level,
                    site.event(),
                    site.fields().into_iter().collect::<Vec<_>>(),
                )
            })
            .collect();
        assert_eq!(
            found,
            [
                (4, "warn", Some("a.failed"), vec!["error", "provider.name"]),
                (3, "info", Some("a.done"), vec!["files", "session.id"]),
            ]
        );
        assert_eq!(undescribed_lines(&sources), []);
    }

    #[test]
    fn a_line_without_name_provider_or_causes_is_found() {
        for (line, expected) in [
            (r#"info!(provider.name, "Hello")"#, "without a name"),
            (r#"info!(event = "a.done", "Hello")"#, "about nobody"),
            (
                r#"info!(event = "a.done", provider.name, error = %err, "Hello")"#,
                "without its causes",
            ),
            (
                r#"info!(event = "a.done", provider.name, "Hello: {err}")"#,
                "without its causes",
            ),
        ] {
            let found = unclear_lines(&files(line, ""));
            assert!(
                matches!(advice(&found)[..], [(Some(1), advice)] if advice.contains(expected)),
                "{line}: {found:?}"
            );
        }
    }

    #[test]
    fn a_manual_that_says_otherwise_is_found() {
        for (from, to, expected) in [
            ("`a.done` | info", "`a.done` | warn", "a.done is `warn`"),
            ("`a.failed`", "`a.else`", "a.failed is not in"),
            ("`a.failed`", "`a.else`", "nothing writes a.else"),
            ("`files`", "`file`", "a.done has the fields"),
            ("`a.failed` | warn", "`a.done` | info", "a.done is there twice"),
        ] {
            let found = undescribed_lines(&files(GOOD, &TABLES.replace(from, to)));
            let found = advice(&found);
            assert!(
                found.iter().any(|(_, advice)| advice.starts_with(expected)),
                "{expected}: {found:?}"
            );
        }
        let found = undescribed_lines(&files(GOOD, TABLES)[..1]);
        assert_eq!(advice(&found), [(None, "is not there")]);
    }

    #[test]
    fn a_task_that_forgets_its_session_is_found() {
        let lost = "tasks.spawn(run(1, 2));\nself\n    .tasks\n    .spawn_on(work, &runtime);\nCommand::new(\"x\").spawn();";
        let found = lost_tasks(&files(lost, ""));
        assert_eq!(
            advice(&found).iter().map(|(line, _)| *line).collect::<Vec<_>>(),
            [Some(1), Some(4)]
        );
        let kept =
            "let work = run().instrument(span);\ntasks.spawn(work);\ntasks.spawn(run().in_current_span());";
        assert_eq!(lost_tasks(&files(kept, "")), []);
    }
}
