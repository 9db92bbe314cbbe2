//! What every `Cargo.toml` of a crate looks like.

use anyhow::{Context, Result};
use toml::{Table, Value};

use crate::Finding;
use crate::repository::Source;

const DEPENDENCY_TABLES: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

/// Crates that do not take the shared lints.
///
/// # Errors
/// When a manifest is no TOML.
pub fn without_shared_lints(manifests: &[&Source]) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for source in manifests {
        let manifest = parse(source)?;
        if !manifest.get("lints").is_some_and(inherits) {
            findings.push(Finding::file(
                &source.path,
                "add `[lints]` with `workspace = true`",
            ));
        }
    }
    Ok(findings)
}

/// Dependencies whose version does not come from the top `Cargo.toml`.
///
/// # Errors
/// When a manifest is no TOML.
pub fn with_versions_of_their_own(manifests: &[&Source]) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for source in manifests {
        for (name, dependency) in dependencies(&parse(source)?) {
            if !inherits(&dependency) {
                let is_line =
                    |(_, line): &(usize, &str)| line.trim_start().trim_start_matches('"').starts_with(&name);
                let line = source.lines().find(is_line).map_or(1, |(number, _)| number);
                let advice = format!(
                    "move {name}'s version to the top Cargo.toml and write `{name}.workspace = true`"
                );
                findings.push(Finding::line(&source.path, line, advice));
            }
        }
    }
    Ok(findings)
}

/// Where an image is built with another Rust than the one that the top `Cargo.toml` names.
///
/// # Errors
/// When the manifest is no TOML, or names no version.
pub fn images_with_another_rust(top: &Source, dockerfile: &Source) -> Result<Vec<Finding>> {
    let manifest = parse(top)?;
    let package = manifest
        .get("workspace")
        .and_then(|workspace| workspace.get("package"));
    let version = package.and_then(|package| package.get("rust-version")?.as_str());
    let version = version.context("the top Cargo.toml names no rust-version")?;
    let other = |(number, line): (usize, &str)| {
        let named = ["FROM rust:", "ENV RUSTUP_TOOLCHAIN="];
        let named = named.iter().find_map(|start| line.strip_prefix(start))?;
        let advice = format!("build with Rust {version}, as the top Cargo.toml says");
        (!named.starts_with(version)).then(|| Finding::line(&dockerfile.path, number, advice))
    };
    Ok(dockerfile.lines().filter_map(other).collect())
}

fn parse(source: &Source) -> Result<Table> {
    toml::from_str(&source.text).with_context(|| source.path.clone())
}

/// The dependencies of all tables, those for certain targets included.
fn dependencies(manifest: &Table) -> Vec<(String, Value)> {
    let targets = manifest
        .get("target")
        .and_then(Value::as_table)
        .into_iter()
        .flat_map(Table::values);
    std::iter::once(manifest)
        .chain(targets.filter_map(Value::as_table))
        .flat_map(|table| {
            DEPENDENCY_TABLES
                .iter()
                .filter_map(|name| table.get(*name)?.as_table())
        })
        .flat_map(|table| table.iter().map(|(name, value)| (name.clone(), value.clone())))
        .collect()
}

fn inherits(value: &Value) -> bool {
    value.get("workspace").and_then(Value::as_bool) == Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::assert_none;
    use crate::repository;

    /// Runs a rule over the manifest of every member.
    fn on_members(rule: fn(&[&Source]) -> Result<Vec<Finding>>) -> Vec<Finding> {
        let (members, sources) = (repository::members().unwrap(), repository::sources().unwrap());
        let is_member = |source: &&Source| members.iter().any(|member| member.manifest == source.path);
        let manifests: Vec<&Source> = sources.iter().filter(is_member).collect();
        assert_eq!(manifests.len(), members.len());
        rule(&manifests).unwrap()
    }

    fn manifest(text: &str) -> Source {
        Source {
            path: "Cargo.toml".into(),
            text: text.into(),
        }
    }

    #[test]
    fn every_crate_takes_the_shared_lints() {
        assert_none(&on_members(without_shared_lints));
    }

    #[test]
    fn versions_stand_in_the_top_manifest_only() {
        assert_none(&on_members(with_versions_of_their_own));
    }

    #[test]
    fn a_crate_with_lints_of_its_own_is_found() {
        let good = manifest("[lints]\nworkspace = true");
        let bad = [
            manifest("[package]\nname = \"a\""),
            manifest("[lints]\nworkspace = false"),
        ];
        assert_eq!(without_shared_lints(&[&good]).unwrap(), []);
        assert_eq!(without_shared_lints(&[&bad[0], &bad[1]]).unwrap().len(), 2);
    }

    #[test]
    fn images_are_built_with_the_rust_of_the_workspace() {
        let sources = repository::sources().unwrap();
        let find = |path: &str| sources.iter().find(|source| source.path == path).unwrap();
        let found = images_with_another_rust(find("Cargo.toml"), find("deploy/Dockerfile")).unwrap();
        assert_none(&found);
        let top = manifest("[workspace.package]\nrust-version = \"1.95\"");
        let dockerfile = manifest("FROM rust:1.94-slim\nENV RUSTUP_TOOLCHAIN=1.95.0\nFROM debian");
        let found = images_with_another_rust(&top, &dockerfile).unwrap();
        let lines: Vec<_> = found.iter().map(|finding| finding.line).collect();
        assert_eq!(lines, [Some(1)]);
    }

    #[test]
    fn both_ways_to_inherit_are_fine() {
        let good =
            manifest("[dependencies]\na.workspace = true\nb = { workspace = true, features = [\"c\"] }");
        assert_eq!(with_versions_of_their_own(&[&good]).unwrap(), []);
    }

    #[test]
    fn a_version_is_found_in_every_kind_of_table() {
        for header in [
            "dependencies",
            "dev-dependencies",
            "build-dependencies",
            "target.'cfg(unix)'.dependencies",
        ] {
            let bad = manifest(&format!("[package]\nname = \"x\"\n[{header}]\nlibc = \"0.2\""));
            let findings = with_versions_of_their_own(&[&bad]).unwrap();
            assert_eq!(
                findings.iter().map(|finding| finding.line).collect::<Vec<_>>(),
                [Some(4)],
                "{header}"
            );
        }
    }
}
