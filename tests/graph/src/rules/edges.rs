//! Which crate may depend on which. A new edge is a decision: write it down in `docs/adr`, then here.

use crate::Finding;
use crate::repository::{Member, Source};

/// The crates each crate may use, besides those in `tests/` for its own tests.
const ALLOWED: [(&str, &[&str]); 12] = [
    ("viva-domain", &[]),
    ("viva-audio", &[]),
    ("viva-protocol", &[]),
    ("viva-migrations", &[]),
    ("viva-xtask", &[]),
    ("viva-application", &["viva-domain", "viva-audio"]),
    (
        "viva-infrastructure",
        &["viva-domain", "viva-audio", "viva-application", "viva-migrations"],
    ),
    (
        "viva-presentation",
        &[
            "viva-domain",
            "viva-application",
            "viva-protocol",
            "viva-frontend",
        ],
    ),
    ("viva-audio-worker", &["viva-protocol", "viva-audio"]),
    (
        "viva-frontend",
        &["viva-protocol", "viva-audio", "viva-audio-worker"],
    ),
    ("viva-client", &["viva-protocol", "viva-audio"]),
    (
        "viva-server",
        &[
            "viva-domain",
            "viva-audio",
            "viva-protocol",
            "viva-migrations",
            "viva-application",
            "viva-infrastructure",
            "viva-presentation",
            "viva-frontend",
            "viva-client",
        ],
    ),
];

/// What must not enter a crate: the domain knows no runtime, no format and no vendor; what the browser
/// shares knows no runtime.
const BANNED: [(&str, &[&str]); 4] = [
    (
        "viva-domain",
        &[
            "axum",
            "config",
            "hyper",
            "leptos",
            "object_store",
            "reqwest",
            "sea-orm",
            "serde",
            "serde_json",
            "sqlx",
            "tokio",
            "tokio-util",
            "tracing",
            "utoipa",
        ],
    ),
    ("viva-audio", &["tokio", "tokio-util"]),
    ("viva-protocol", &["tokio", "tokio-util"]),
    ("viva-audio-worker", &["leptos"]),
];

/// TLS comes from rustls everywhere, so that no C library has to be installed.
const BANNED_EVERYWHERE: [&str; 3] = ["native-tls", "openssl", "openssl-sys"];

/// Edges between crates of this workspace that are not in the table.
pub fn forbidden_edges(members: &[Member]) -> Vec<Finding> {
    let is_test = |name: &str| {
        members
            .iter()
            .any(|member| member.name == name && member.is_test())
    };
    let mut findings = Vec::new();
    // The crates in `tests/` may use whatever they test.
    for member in members.iter().filter(|member| !member.is_test()) {
        let Some((_, allowed)) = ALLOWED.iter().find(|(name, _)| *name == member.name) else {
            findings.push(Finding::file(
                &member.manifest,
                format!(
                    "{} is new; write an ADR and add its edges to the table in {}",
                    member.name,
                    file!()
                ),
            ));
            continue;
        };
        for dependency in member.dependencies.iter().filter(|dependency| dependency.ours) {
            let for_its_tests = dependency.dev && is_test(&dependency.name);
            if !allowed.contains(&dependency.name.as_str()) && !for_its_tests {
                let advice = format!(
                    "{} must not depend on {}; turn the edge around",
                    member.name, dependency.name
                );
                findings.push(Finding::file(&member.manifest, advice));
            }
        }
    }
    findings
}

/// Rows of the tables that speak of no crate.
pub fn stale_rows(members: &[Member]) -> Vec<Finding> {
    let rows = ALLOWED
        .iter()
        .map(|(name, _)| name)
        .chain(BANNED.iter().map(|(name, _)| name));
    rows.filter(|row| !members.iter().any(|member| member.name == **row))
        .map(|row| Finding::file(file!(), format!("there is no crate {row}; remove its row")))
        .collect()
}

/// The server links the half of the page that renders on a server; both halves at once do not work.
pub fn wrong_half_of_the_page(members: &[Member]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for member in members {
        for dependency in member
            .dependencies
            .iter()
            .filter(|dependency| dependency.name == "viva-frontend")
        {
            if dependency.features.iter().any(|feature| feature != "ssr") {
                findings.push(Finding::file(
                    &member.manifest,
                    "use viva-frontend with the feature ssr only",
                ));
            }
        }
    }
    findings
}

/// Libraries that must stay out of a crate.
pub fn banned_libraries(members: &[Member]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for member in members {
        let banned = BANNED
            .iter()
            .filter(|(name, _)| *name == member.name)
            .flat_map(|(_, banned)| *banned);
        for library in banned {
            if member
                .dependencies
                .iter()
                .any(|dependency| !dependency.dev && dependency.name == *library)
            {
                let advice = format!(
                    "{} must not depend on {library}; that belongs in an outer crate",
                    member.name
                );
                findings.push(Finding::file(&member.manifest, advice));
            }
        }
    }
    findings
}

/// Libraries that no dependency may bring along either.
pub fn banned_in_the_lock_file(lock: &Source) -> Vec<Finding> {
    lock.lines()
        .filter_map(|(number, line)| {
            let name = line.strip_prefix("name = \"")?.strip_suffix('"')?;
            let banned = BANNED_EVERYWHERE.contains(&name);
            let advice =
                format!("{name} came in; `cargo tree --invert {name}` says how, choose rustls there");
            banned.then(|| Finding::line(&lock.path, number, advice))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::assert_none;
    use crate::repository::{self, Dependency};

    fn member(name: &str, manifest: &str, dependencies: &[(&str, bool)]) -> Member {
        let dependency = |(name, dev): &(&str, bool)| Dependency {
            name: (*name).to_owned(),
            dev: *dev,
            ours: name.starts_with("viva-"),
            features: vec![],
        };
        Member {
            name: name.to_owned(),
            manifest: manifest.to_owned(),
            entry_points: vec![],
            dependencies: dependencies.iter().map(dependency).collect(),
        }
    }

    #[test]
    fn crates_use_only_the_crates_they_may() {
        assert_none(&forbidden_edges(&repository::members().unwrap()));
    }

    #[test]
    fn the_tables_name_crates_that_exist() {
        assert_none(&stale_rows(&repository::members().unwrap()));
    }

    #[test]
    fn the_server_uses_the_server_half_of_the_page() {
        assert_none(&wrong_half_of_the_page(&repository::members().unwrap()));
    }

    #[test]
    fn inner_crates_stay_free_of_runtimes_and_formats() {
        assert_none(&banned_libraries(&repository::members().unwrap()));
    }

    #[test]
    fn tls_is_rustls() {
        let sources = repository::sources().unwrap();
        let lock = sources.iter().find(|source| source.path == "Cargo.lock").unwrap();
        assert_none(&banned_in_the_lock_file(lock));
    }

    #[test]
    fn an_edge_outwards_is_found() {
        let domain = member(
            "viva-domain",
            "crates/domain/Cargo.toml",
            &[("viva-application", false)],
        );
        assert_eq!(forbidden_edges(&[domain]).len(), 1);
    }

    #[test]
    fn test_crates_serve_tests_only() {
        let fakes = member("viva-fakes", "tests/fakes/Cargo.toml", &[("viva-server", false)]);
        let in_tests = member(
            "viva-application",
            "crates/application/Cargo.toml",
            &[("viva-fakes", true)],
        );
        assert_eq!(forbidden_edges(&[fakes.clone(), in_tests]), []);

        let in_production = member(
            "viva-application",
            "crates/application/Cargo.toml",
            &[("viva-fakes", false)],
        );
        assert_eq!(forbidden_edges(&[fakes, in_production]).len(), 1);
    }

    #[test]
    fn a_crate_without_a_row_is_found() {
        assert_eq!(
            forbidden_edges(&[member("viva-new", "crates/new/Cargo.toml", &[])]).len(),
            1
        );
    }

    #[test]
    fn a_row_without_a_crate_is_found() {
        assert_eq!(stale_rows(&[]).len(), ALLOWED.len() + BANNED.len());
    }

    #[test]
    fn the_browser_half_in_the_server_is_found() {
        let mut server = member(
            "viva-presentation",
            "crates/presentation/Cargo.toml",
            &[("viva-frontend", false)],
        );
        server.dependencies[0].features = vec!["ssr".into(), "hydrate".into()];
        assert_eq!(wrong_half_of_the_page(&[server]).len(), 1);
    }

    #[test]
    fn a_banned_library_is_found_outside_of_tests() {
        let domain = |dev| member("viva-domain", "crates/domain/Cargo.toml", &[("serde", dev)]);
        assert_eq!(banned_libraries(&[domain(false)]).len(), 1);
        assert_eq!(banned_libraries(&[domain(true)]), []);
    }

    #[test]
    fn openssl_in_the_lock_file_is_found_with_its_line() {
        let text = "[[package]]\nname = \"openssl-probe\"\n\n[[package]]\nname = \"openssl-sys\"\n";
        let findings = banned_in_the_lock_file(&Source {
            path: "Cargo.lock".into(),
            text: text.into(),
        });
        assert_eq!(
            findings.iter().map(|finding| finding.line).collect::<Vec<_>>(),
            [Some(5)]
        );
    }
}
