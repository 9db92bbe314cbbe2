//! Documents lead to what is there.

use crate::Finding;
use crate::repository::Source;

/// Where text that somebody wrote begins with a path of this repository; whatever else has a slash in it is none.
const FOLDERS: [&str; 9] = [
    ".ci",
    "crates",
    "deploy",
    "docs",
    "examples",
    "frontend",
    "migrations",
    "storage",
    "tests",
];

/// Links to files, and to headings in documents, that are not there.
pub fn broken_links(sources: &[Source], exists: impl Fn(&str) -> bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in documents(sources) {
        for (number, line) in prose(source) {
            for target in links(line) {
                let (path, heading) = target.split_once('#').unwrap_or((target, ""));
                let path = beside(&source.path, path);
                let document = sources.iter().find(|other| other.path == path);
                let advice = if !exists(&path) {
                    format!("{path} does not exist; mend the link")
                } else if !heading.is_empty()
                    && document.is_some_and(|document| !has_heading(document, heading))
                {
                    format!("{path} has no heading #{heading}; mend the link")
                } else {
                    continue;
                };
                findings.push(Finding::line(&source.path, number, advice));
            }
        }
    }
    findings
}

/// Paths of this repository, written as code, that are not there.
pub fn stale_paths(sources: &[Source], exists: impl Fn(&str) -> bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in documents(sources) {
        for (number, line) in prose(source) {
            // What is between two of them is code.
            let code = line.split('`').skip(1).step_by(2);
            for path in code.filter(|code| is_path(code)) {
                let places = [path.to_owned(), format!("crates/{path}")];
                if !places.iter().any(|place| exists(place)) {
                    let advice = format!("{path} does not exist; it was renamed, or never was");
                    findings.push(Finding::line(&source.path, number, advice));
                }
            }
        }
    }
    findings
}

fn documents(sources: &[Source]) -> impl Iterator<Item = &Source> {
    sources.iter().filter(|source| source.has_extension(&["md"]))
}

/// The lines outside of blocks of code.
fn prose(source: &Source) -> impl Iterator<Item = (usize, &str)> {
    let mut in_block = false;
    source.lines().filter(move |(_, line)| {
        let is_fence = line.trim_start().starts_with("```");
        in_block ^= is_fence;
        !in_block && !is_fence
    })
}

/// Where the links of a line lead within the repository.
fn links(line: &str) -> impl Iterator<Item = &str> {
    let defined = line.strip_prefix('[').and_then(|rest| rest.split_once("]: "));
    let inline = line.match_indices("](").filter_map(move |(start, mark)| {
        let target = &line[start + mark.len()..];
        target.find(')').map(|end| &target[..end])
    });
    let all = inline.chain(defined.map(|(_, target)| target.trim()));
    all.filter(|target| !target.contains("://") && !target.contains(' '))
}

/// A path that is told in a document of that name, from the root.
fn beside(document: &str, path: &str) -> String {
    if path.is_empty() {
        return document.to_owned();
    }
    let mut parts: Vec<&str> = document.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            ".." => {
                parts.pop();
            }
            "." | "" => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// Whether a heading is called so in a link.
fn has_heading(document: &Source, name: &str) -> bool {
    prose(document)
        .filter_map(|(_, line)| line.strip_prefix('#'))
        .any(|heading| called(heading.trim_start_matches('#')) == name)
}

/// What a link calls a heading: in lower case, with hyphens for blanks, without signs.
fn called(heading: &str) -> String {
    let letters = heading.trim().chars().filter_map(|letter| match letter {
        ' ' => Some('-'),
        '-' | '_' => Some(letter),
        letter if letter.is_alphanumeric() => Some(letter),
        _ => None,
    });
    letters.flat_map(char::to_lowercase).collect()
}

/// Whether this is a path below one of the [`FOLDERS`], or below the sources of a crate.
fn is_path(code: &str) -> bool {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "._-/".contains(letter);
    let mut parts = code.split('/');
    let (first, second) = (parts.next().unwrap_or_default(), parts.next());
    code.chars().all(is_plain) && second.is_some() && (FOLDERS.contains(&first) || second == Some("src"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::assert_none;
    use crate::repository;

    fn document(path: &str, text: &str) -> Source {
        Source {
            path: path.into(),
            text: text.into(),
        }
    }

    fn exists_here(path: &str) -> bool {
        repository::root().unwrap().join(path).exists()
    }

    #[test]
    fn every_link_leads_somewhere() {
        assert_none(&broken_links(&repository::sources().unwrap(), exists_here));
    }

    #[test]
    fn every_path_is_there() {
        assert_none(&stale_paths(&repository::sources().unwrap(), exists_here));
    }

    #[test]
    fn links_are_followed_from_where_they_stand() {
        let sources = [
            document(
                "docs/a.md",
                "[one](b.md#two-words) [two](../README.md)\n[b]: b.md#gone\n[c](#here)\n# Here",
            ),
            document("docs/b.md", "# Title\n## `Two` words"),
            document(
                "README.md",
                "```sh\n[in code](nowhere)\n```\n[x](https://example.org) [y](docs/gone.md)",
            ),
        ];
        let exists = |path: &str| sources.iter().any(|source| source.path == path);
        let found: Vec<String> = broken_links(&sources, exists)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            found,
            [
                "docs/a.md:2: docs/b.md has no heading #gone; mend the link",
                "README.md:4: docs/gone.md does not exist; mend the link"
            ]
        );
    }

    #[test]
    fn what_is_no_path_may_stand_as_code() {
        let text = "`crates/there.rs` `there/src/lib.rs` `crates/gone` `gone/src/lib.rs` `audio/wav` `crates/<name>` `a b`";
        let exists = |path: &str| path.contains("there");
        let found: Vec<Option<usize>> = stale_paths(&[document("a.md", text)], exists)
            .iter()
            .map(|finding| finding.line)
            .collect();
        assert_eq!(found, [Some(1), Some(1)]);
    }
}
