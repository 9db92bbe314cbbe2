//! How files are called, how long they get, how they begin.

use crate::Finding;
use crate::repository::{Member, Source};

/// With tests. Longer files are two subjects.
const MOST_LINES: usize = 500;
/// What the crate is, what must not enter, how to add the next thing.
const HEADER_LINES: usize = 3;
/// What a header says, in any case: without it nobody knows what belongs elsewhere, and where the next thing goes.
const HEADER_SAYS: [&str; 2] = ["must not enter", "to add "];
/// Binaries of one line, whose crate introduces them all.
const FUZZ_TARGETS: &str = "/fuzz_targets/";
/// Names that say nothing, so that everything ends up in them.
const EMPTY_NAMES: [&str; 6] = ["common", "helper", "helpers", "types", "util", "utils"];

/// Rust files that should be split.
pub fn long_files(sources: &[Source]) -> Vec<Finding> {
    let long = |source: &&Source| source.is_rust() && source.lines().count() > MOST_LINES;
    let finding = |source: &Source| {
        let lines = source.lines().count();
        Finding::line(
            &source.path,
            MOST_LINES + 1,
            format!("{lines} lines; split the file at {MOST_LINES}"),
        )
    };
    sources.iter().filter(long).map(finding).collect()
}

/// Rust files and folders that are called after nothing.
pub fn empty_names(sources: &[Source]) -> Vec<Finding> {
    let is_empty = |part: &str| EMPTY_NAMES.contains(&part.trim_end_matches(".rs"));
    sources
        .iter()
        .filter(|source| source.is_rust() && source.path.split('/').any(is_empty))
        .map(|source| Finding::file(&source.path, "call the file after what is in it"))
        .collect()
}

/// Crates that do not introduce themselves.
pub fn missing_headers(members: &[Member], sources: &[Source]) -> Vec<Finding> {
    let entry_points = members.iter().flat_map(|member| &member.entry_points);
    entry_points
        .filter(|path| !path.contains(FUZZ_TARGETS))
        .filter_map(|path| sources.iter().find(|source| source.path == *path))
        .filter_map(|source| Some(Finding::line(&source.path, 1, missing_in(&header(source))?)))
        .collect()
}

/// The lines at the top that introduce the file.
fn header(source: &Source) -> Vec<String> {
    let lines = source.lines().map(|(_, line)| line.strip_prefix("//!"));
    lines.map_while(|line| line.map(str::to_lowercase)).collect()
}

/// What a header lacks; `None` when it says everything.
fn missing_in(header: &[String]) -> Option<String> {
    if header.len() < HEADER_LINES {
        return Some(format!(
            "begin with at least {HEADER_LINES} lines of `//!`: what it is, what must not enter, how to add the next thing"
        ));
    }
    let says = |words: &str| header.iter().any(|line| line.contains(words));
    let missing = HEADER_SAYS.iter().find(|words| !says(words))?;
    Some(format!(
        "say in the lines of `//!` at the top what is told by the words `{}`",
        missing.trim_end()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::assert_none;
    use crate::repository;

    fn source(path: &str, text: &str) -> Source {
        Source {
            path: path.into(),
            text: text.into(),
        }
    }

    #[test]
    fn files_are_short() {
        assert_none(&long_files(&repository::sources().unwrap()));
    }

    #[test]
    fn names_say_something() {
        assert_none(&empty_names(&repository::sources().unwrap()));
    }

    #[test]
    fn crates_introduce_themselves() {
        assert_none(&missing_headers(
            &repository::members().unwrap(),
            &repository::sources().unwrap(),
        ));
    }

    #[test]
    fn the_first_line_too_many_is_found() {
        let fits = source("src/fits.rs", &"\n".repeat(MOST_LINES));
        let long = source("src/long.rs", &"\n".repeat(MOST_LINES + 1));
        let prose = source("docs/long.md", &"\n".repeat(MOST_LINES + 1));
        assert_eq!(
            long_files(&[fits, long, prose]),
            [Finding::line(
                "src/long.rs",
                501,
                "501 lines; split the file at 500"
            )]
        );
    }

    #[test]
    fn empty_names_are_found_as_files_and_as_folders() {
        let sources = [
            source("src/utils.rs", ""),
            source("src/common/mod.rs", ""),
            source("src/type_names.rs", ""),
            source("docs/types.md", ""),
        ];
        let found: Vec<String> = empty_names(&sources)
            .into_iter()
            .map(|finding| finding.path)
            .collect();
        assert_eq!(found, ["src/utils.rs", "src/common/mod.rs"]);
    }

    #[test]
    fn a_header_that_is_too_short_says_too_little_or_is_not_at_the_top_is_found() {
        let member = Member {
            name: "a".into(),
            manifest: "Cargo.toml".into(),
            entry_points: ["good", "short", "late", "open", "closed"]
                .map(|name| format!("{name}.rs"))
                .into(),
            dependencies: vec![],
        };
        let sources = [
            source(
                "good.rs",
                "//! A\n//! # What must not enter\n//! B\n//! To add a C: D.\n",
            ),
            source("short.rs", "//! Must not enter: A.\n//! To add a B: C.\nmod d;\n"),
            source(
                "late.rs",
                "mod a;\n//! A\n//! Must not enter: B.\n//! To add a C: D.\n",
            ),
            source("open.rs", "//! A\n//! B\n//! To add a C: D.\n"),
            source(
                "closed.rs",
                "//! A\n//! Must not enter: B.\n//! C\nmod d;\n//! To add a D: E.\n",
            ),
        ];
        let found: Vec<(String, bool)> = missing_headers(&[member], &sources)
            .into_iter()
            .map(|finding| (finding.path, finding.advice.contains("words")))
            .collect();
        let expected = [
            ("short.rs", false),
            ("late.rs", false),
            ("open.rs", true),
            ("closed.rs", true),
        ];
        assert_eq!(found, expected.map(|(path, says)| (path.to_owned(), says)));
    }
}
