//! Reads the repository: its text files, and its crates as cargo sees them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// Folders whose content nobody wrote; build folders under other names are known by their tag.
const NOT_SOURCE: [&str; 3] = [".git", "storage", "target"];
/// Cargo marks its build folders with this file.
const BUILD_TAG: &str = "CACHEDIR.TAG";

/// A text file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Relative to the root, with `/` between the parts.
    pub path: String,
    pub text: String,
}

impl Source {
    /// The lines with their numbers, from 1.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text
            .lines()
            .enumerate()
            .map(|(index, line)| (index + 1, line))
    }

    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    pub fn is_rust(&self) -> bool {
        self.has_extension(&["rs"])
    }

    pub fn has_extension(&self, extensions: &[&str]) -> bool {
        let extension = Path::new(&self.path)
            .extension()
            .and_then(|extension| extension.to_str());
        extension.is_some_and(|extension| extensions.contains(&extension))
    }
}

/// A crate of the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub name: String,
    /// Its `Cargo.toml`, relative to the root.
    pub manifest: String,
    /// The first file of its library and of each binary, relative to the root.
    pub entry_points: Vec<String>,
    pub dependencies: Vec<Dependency>,
}

impl Member {
    /// Whether it exists for tests only.
    pub fn is_test(&self) -> bool {
        self.manifest.starts_with("tests/")
    }
}

/// A line under `[dependencies]`, `[dev-dependencies]` or `[build-dependencies]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    pub name: String,
    /// Used by tests and benches only.
    pub dev: bool,
    /// A crate of this workspace.
    pub ours: bool,
    pub features: Vec<String>,
}

/// The folder of the top `Cargo.toml`.
///
/// # Errors
/// When the checkout is gone.
pub fn root() -> Result<PathBuf> {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .context("the checkout was moved away")
}

/// Every text file that somebody wrote, in the order of paths.
///
/// # Errors
/// When a folder or file cannot be read.
pub fn sources() -> Result<Vec<Source>> {
    let root = root()?;
    let mut sources = Vec::new();
    collect(&root, &root, &mut sources)?;
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(sources)
}

/// Every crate of the workspace.
///
/// # Errors
/// When cargo cannot read a manifest.
pub fn members() -> Result<Vec<Member>> {
    let root = root()?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .current_dir(&root)
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .output()
        .context("cargo could not be started")?;
    ensure!(
        output.status.success(),
        "cargo metadata: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    array(&metadata["packages"])?
        .iter()
        .map(|package| member(package, &root))
        .collect()
}

fn collect(folder: &Path, root: &Path, sources: &mut Vec<Source>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let entry = entry?;
        let path = entry.path();
        let kind = entry.file_type()?;
        if kind.is_dir() {
            let named_so = NOT_SOURCE.iter().any(|name| entry.file_name() == *name);
            if !named_so && !path.join(BUILD_TAG).exists() {
                collect(&path, root, sources)?;
            }
        } else if kind.is_file()
            && let Ok(text) = String::from_utf8(fs::read(&path)?)
        {
            sources.push(Source {
                path: relative(&path, root)?,
                text,
            });
        }
    }
    Ok(())
}

fn member(package: &Value, root: &Path) -> Result<Member> {
    let is_entry_point = |target: &&Value| {
        let kinds = target["kind"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str);
        kinds
            .into_iter()
            .any(|kind| ["lib", "rlib", "cdylib", "proc-macro", "bin"].contains(&kind))
    };
    let entry_points = array(&package["targets"])?
        .iter()
        .filter(is_entry_point)
        .map(|target| relative(Path::new(text(&target["src_path"])?), root));
    Ok(Member {
        name: text(&package["name"])?.to_owned(),
        manifest: relative(Path::new(text(&package["manifest_path"])?), root)?,
        entry_points: entry_points.collect::<Result<_>>()?,
        dependencies: array(&package["dependencies"])?
            .iter()
            .map(dependency)
            .collect::<Result<_>>()?,
    })
}

fn dependency(dependency: &Value) -> Result<Dependency> {
    let features = array(&dependency["features"])?
        .iter()
        .map(|feature| text(feature).map(str::to_owned));
    Ok(Dependency {
        name: text(&dependency["name"])?.to_owned(),
        dev: dependency["kind"] == "dev",
        ours: dependency.get("path").is_some_and(Value::is_string),
        features: features.collect::<Result<_>>()?,
    })
}

fn relative(path: &Path, root: &Path) -> Result<String> {
    let path = path
        .strip_prefix(root)
        .with_context(|| format!("{} is outside the checkout", path.display()))?;
    path.to_str()
        .map(str::to_owned)
        .with_context(|| format!("{} is not UTF-8", path.display()))
}

fn array(value: &Value) -> Result<&Vec<Value>> {
    value
        .as_array()
        .context("cargo metadata has another form than expected")
}

fn text(value: &Value) -> Result<&str> {
    value
        .as_str()
        .context("cargo metadata has another form than expected")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_file_is_among_the_sources() {
        let sources = sources().unwrap();
        let this = sources
            .iter()
            .find(|source| source.path == "tests/graph/src/repository.rs")
            .unwrap();
        assert_eq!(this.name(), "repository.rs");
        assert!(this.is_rust());
        assert!(sources.iter().all(|source| !source.path.starts_with("target/")));
    }

    #[test]
    fn this_crate_is_among_the_members() {
        let members = members().unwrap();
        let this = members
            .iter()
            .find(|member| member.name == "viva-graph-tests")
            .unwrap();
        assert_eq!(this.manifest, "tests/graph/Cargo.toml");
        assert_eq!(this.entry_points, ["tests/graph/src/lib.rs"]);
        assert!(this.is_test());
        assert!(
            this.dependencies
                .iter()
                .any(|dependency| dependency.name == "toml" && !dependency.ours)
        );
    }

    #[test]
    fn crates_of_the_workspace_are_told_from_others() {
        let members = members().unwrap();
        let server = members
            .iter()
            .find(|member| member.name == "viva-server")
            .unwrap();
        let ours = server.dependencies.iter().filter(|dependency| dependency.ours);
        assert!(ours.clone().count() > 0);
        assert!(
            ours.into_iter()
                .all(|dependency| dependency.name.starts_with("viva-"))
        );
    }
}
