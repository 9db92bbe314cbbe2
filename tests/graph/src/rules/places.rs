//! Nothing in the repository depends on whose machine it lies on or where packages come from.

use crate::Finding;
use crate::repository::Source;

/// Where checkouts and homes lie on somebody's machine.
const MACHINE_PATHS: [&str; 4] = [
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
    concat!("/Use", "rs/"),
];
/// Cargo and the system's package manager know where their packages are.
const REGISTRIES: [&str; 6] = [
    concat!("crates", ".io"),
    concat!("npmjs", ".com"),
    concat!("npmjs", ".org"),
    concat!("pypi", ".org"),
    concat!("proxy.golang", ".org"),
    concat!("deb.debian", ".org"),
];
/// Cargo writes the registry into it.
const LOCK_FILE: &str = "Cargo.lock";

/// Absolute paths of a particular machine.
pub fn machine_paths(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources {
        for (number, line) in source.lines() {
            if let Some(path) = MACHINE_PATHS.iter().find(|path| holds_path(line, path)) {
                let advice = format!("{path}… exists on one machine only; use a relative path or a setting");
                findings.push(Finding::line(&source.path, number, advice));
            }
        }
    }
    findings
}

/// Hosts of package registries.
pub fn registries(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources.iter().filter(|source| source.name() != LOCK_FILE) {
        for (number, line) in source.lines() {
            if let Some(host) = REGISTRIES.iter().find(|host| line.contains(*host)) {
                let advice = format!("remove {host}; where packages come from is set on each machine");
                findings.push(Finding::line(&source.path, number, advice));
            }
        }
    }
    findings
}

/// Whether the line names something below the folder, which is not itself a part of a longer path.
fn holds_path(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(start, _)| {
        let continues = |before: char| before.is_alphanumeric() || "._-*}~".contains(before);
        let named = |after: char| after.is_alphanumeric() || "._-".contains(after);
        !line[..start].ends_with(continues) && line[start + folder.len()..].starts_with(named)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::assert_none;
    use crate::repository;

    fn file(path: &str, text: &str) -> [Source; 1] {
        [Source {
            path: path.into(),
            text: text.into(),
        }]
    }

    #[test]
    fn no_file_names_a_path_of_somebodys_machine() {
        assert_none(&machine_paths(&repository::sources().unwrap()));
    }

    #[test]
    fn no_file_names_a_package_registry() {
        assert_none(&registries(&repository::sources().unwrap()));
    }

    #[test]
    fn every_machine_path_is_found_with_its_line() {
        for path in MACHINE_PATHS {
            for text in [
                format!("\nls {path}viva"),
                format!("\n\"file://{path}viva\""),
                format!("\nX={path}.cache"),
            ] {
                let found = machine_paths(&file("docs/a.md", &text));
                assert_eq!(
                    found.iter().map(|finding| finding.line).collect::<Vec<_>>(),
                    [Some(2)],
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn other_paths_may_hold_the_same_words() {
        for path in MACHINE_PATHS {
            for text in [
                format!("https://example.org{path}viva"),
                format!("${{DIR}}{path}viva"),
                format!("a {path} b"),
            ] {
                assert_eq!(machine_paths(&file("docs/a.md", &text)), [], "{text}");
            }
        }
    }

    #[test]
    fn every_registry_is_found_outside_of_the_lock_file() {
        for host in REGISTRIES {
            let text = format!("https://{host}/crates/viva");
            assert_eq!(registries(&file(".ci/run", &text)).len(), 1, "{host}");
            assert_eq!(registries(&file("Cargo.lock", &text)), [], "{host}");
        }
    }
}
