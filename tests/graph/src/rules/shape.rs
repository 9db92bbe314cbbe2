//! How files are called, how long they get, how they begin.

use crate::Finding;
use crate::repository::{Member, Source};

/// With tests. Longer files are two subjects.
const MOST_LINES: usize = 500;
/// What the crate is, what must not enter, how to add the next thing.
const HEADER_LINES: usize = 3;
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
    let header = |source: &Source| {
        source
            .lines()
            .take_while(|(_, line)| line.starts_with("//!"))
            .count()
    };
    let entry_points = members.iter().flat_map(|member| &member.entry_points);
    entry_points
        .filter_map(|path| sources.iter().find(|source| source.path == *path))
        .filter(|source| header(source) < HEADER_LINES)
        .map(|source| {
            let advice = "begin with at least 3 lines of `//!`: what it is, what must not enter, how to add the next thing";
            Finding::line(&source.path, 1, advice)
        })
        .collect()
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
    fn a_header_that_is_too_short_or_not_at_the_top_is_found() {
        let member = Member {
            name: "a".into(),
            manifest: "Cargo.toml".into(),
            entry_points: vec!["good.rs".into(), "short.rs".into(), "late.rs".into()],
            dependencies: vec![],
        };
        let sources = [
            source("good.rs", "//! A\n//!\n//! B\n"),
            source("short.rs", "//! A\n//! B\nmod c;\n"),
            source("late.rs", "mod a;\n//! A\n//! B\n//! C\n"),
        ];
        let found: Vec<String> = missing_headers(&[member], &sources)
            .into_iter()
            .map(|finding| finding.path)
            .collect();
        assert_eq!(found, ["short.rs", "late.rs"]);
    }
}
