//! The pages as the browser gets them: the wasm modules with their loaders, style sheets, worklets and icons.
//!
//! Everything ends in `<target>/site` (`site-dev` for debug builds):
//!
//! - `pkg/<hash>/`: what wasm-bindgen wrote for one module, in a folder named after the content of all its files,
//!   since they import each other by relative path;
//! - `assets/`: the files of `frontend/assets`, each with the hash of its content in its name;
//! - `<file>.br` beside whatever gets smaller by it (release only: quality 11 takes seconds);
//! - `manifest.json`: from logical name to path, which the server reads to render the shell.
//!
//! What lies in `pkg` and `assets` never changes under its name, so it may be cached for good.

mod assets;
mod compress;
mod digest;
mod manifest;
mod tree;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result};
use tempfile::TempDir;
use wasm_bindgen_cli_support::Bindgen;

use self::digest::Digest;
use self::manifest::Manifest;
use self::tree::File;
use crate::report;
use crate::toolchain::{self, WASM};
use crate::workspace::{self, Build, Workspace};

/// A program that runs in the browser.
struct Program {
    /// The logical names of what wasm-bindgen writes are `<stem>.js` and `<stem>.wasm`.
    stem: &'static str,
    /// What cargo writes.
    wasm: &'static str,
}

/// The pages, and the worker that computes their audio: none has to load what only another needs.
const PROGRAMS: [Program; 6] = [
    Program {
        stem: "talk",
        wasm: "viva-talk.wasm",
    },
    Program {
        stem: "history",
        wasm: "viva-history.wasm",
    },
    Program {
        stem: "compare",
        wasm: "viva-compare.wasm",
    },
    Program {
        stem: "providers",
        wasm: "viva-providers.wasm",
    },
    Program {
        stem: "conversation",
        wasm: "viva-conversation.wasm",
    },
    Program {
        stem: "worker",
        wasm: "viva-audio-worker.wasm",
    },
];
/// What cargo makes them from, all at once: so they share what is compiled for them.
pub(crate) const CARGO_ARGS: [&str; 9] = [
    "--package",
    "viva-frontend",
    "--package",
    "viva-audio-worker",
    "--lib",
    "--bins",
    "--no-default-features",
    "--features",
    "viva-frontend/hydrate",
];
/// The fingerprint of what the folder was made from.
const STAMP: &str = "inputs.sha256";

/// Builds the page unless it is up to date, and returns its folder.
pub(crate) fn build(workspace: &Workspace, build: Build) -> Result<PathBuf> {
    toolchain::ensure_wasm_target(workspace)?;
    report::step("Building the page");
    let modules = compile(workspace, build)?;
    let assets = assets::collect(&workspace.root.join("frontend"))?;

    let site = workspace.target.join(site_folder(build));
    let stamp = stamp(&modules, &assets)?;
    if fs::read_to_string(site.join(STAMP)).is_ok_and(|last| last == stamp) {
        report::detail(&format!("up to date in {}", site.display()));
        return Ok(site);
    }
    let staging = tempfile::tempdir_in(&workspace.target)?;
    let packages = PROGRAMS
        .iter()
        .zip(modules)
        .map(|(program, wasm)| bindgen(program.stem, wasm, build, &workspace.target))
        .collect::<Result<Vec<_>>>()?;
    let sizes = assemble(staging.path(), &packages, &assets, build)?;
    for line in compress::table(&sizes) {
        report::detail(&line);
    }
    compress::check(&sizes, build)?;
    fs::write(staging.path().join(STAMP), stamp)?;
    publish(staging, &site)?;
    Ok(site)
}

/// The modules in the order of [`PROGRAMS`]. Cargo knows best whether the sources changed, so it is always asked.
fn compile(workspace: &Workspace, build: Build) -> Result<Vec<Vec<u8>>> {
    let (profile, folder) = match build {
        Build::Release => ("wasm-release", "wasm-release"),
        Build::Debug => ("dev", "debug"),
    };
    workspace::run(
        workspace
            .cargo(["build", "--target", WASM, "--profile", profile])
            .args(CARGO_ARGS),
    )?;
    let folder = workspace.target.join(WASM).join(folder);
    PROGRAMS
        .iter()
        .map(|program| {
            let path = folder.join(program.wasm);
            fs::read(&path).with_context(|| format!("cargo did not write {}", path.display()))
        })
        .collect()
}

/// Runs wasm-bindgen and returns the files it wrote.
fn bindgen(stem: &str, wasm: Vec<u8>, build: Build, target: &Path) -> Result<Vec<File>> {
    let folder = tempfile::tempdir_in(target)?;
    Bindgen::new()
        .input_bytes(stem, wasm)
        .web(true)?
        .typescript(false)
        .remove_producers_section(true)
        .remove_name_section(build == Build::Release)
        .generate(folder.path())
        .context("wasm-bindgen refused the module")?;
    tree::read(folder.path())
}

/// Lays the site out in an empty folder.
fn assemble(
    site: &Path,
    packages: &[Vec<File>],
    assets: &[File],
    build: Build,
) -> Result<Vec<compress::Size>> {
    let mut manifest = Manifest::default();
    let mut sizes = Vec::new();
    let mut place = |name: &str, path: &str, bytes: &[u8]| {
        sizes.push(compress::write(site, path, bytes, build)?);
        manifest.add(name, path)
    };
    for package in packages {
        let version = digest::of_files(package);
        for file in package {
            let name = file.name.replace("_bg.wasm", ".wasm");
            place(&name, &format!("pkg/{version}/{}", file.name), &file.bytes)?;
        }
    }
    for file in assets {
        let path = format!("assets/{}", digest::hashed_name(&file.name, &file.bytes));
        place(&file.name, &path, &file.bytes)?;
    }
    fs::write(site.join("manifest.json"), manifest.to_json()?)?;
    Ok(sizes)
}

/// Puts the finished folder in the place of the old one.
fn publish(staging: TempDir, site: &Path) -> Result<()> {
    if site.exists() {
        fs::remove_dir_all(site).with_context(|| format!("removing {}", site.display()))?;
    }
    let staging = staging.keep();
    fs::rename(&staging, site).with_context(|| format!("moving the page to {}", site.display()))
}

/// Changes when the page has to be made anew: other wasm, other assets, or another bundler.
fn stamp(modules: &[Vec<u8>], assets: &[File]) -> Result<String> {
    let bundler = std::env::current_exe()?.metadata()?;
    let built = bundler.modified()?.duration_since(SystemTime::UNIX_EPOCH)?;
    let mut digest = Digest::default();
    digest.add(&built.as_nanos().to_le_bytes());
    for wasm in modules {
        digest.add(wasm);
    }
    for file in assets {
        digest.add(file.name.as_bytes());
        digest.add(&file.bytes);
    }
    Ok(digest.finish())
}

fn site_folder(build: Build) -> &'static str {
    match build {
        Build::Release => "site",
        Build::Debug => "site-dev",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, text: &str) -> File {
        File {
            name: name.into(),
            bytes: text.into(),
        }
    }

    #[test]
    fn the_manifest_names_files_that_exist() {
        let site = tempfile::tempdir().unwrap();
        let page = vec![
            file("talk.js", "import"),
            file("talk_bg.wasm", "\0asm"),
            file("snippets/a/inline0.js", "1"),
        ];
        let worker = vec![file("worker.js", "import"), file("worker_bg.wasm", "\0asm")];
        assemble(
            site.path(),
            &[page, worker],
            &[file("icons/mic.svg", "<svg/>")],
            Build::Debug,
        )
        .unwrap();

        let json = fs::read_to_string(site.path().join("manifest.json")).unwrap();
        let manifest: std::collections::BTreeMap<String, String> = serde_json::from_str(&json).unwrap();
        let names: Vec<&str> = manifest.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            [
                "icons/mic.svg",
                "snippets/a/inline0.js",
                "talk.js",
                "talk.wasm",
                "worker.js",
                "worker.wasm"
            ]
        );
        for path in manifest.values() {
            assert!(site.path().join(path.trim_start_matches('/')).is_file(), "{path}");
        }
    }

    #[test]
    fn relative_imports_of_the_loader_stay_valid() {
        let site = tempfile::tempdir().unwrap();
        let pkg = vec![
            file("talk.js", "import './snippets/a/inline0.js'"),
            file("snippets/a/inline0.js", "1"),
        ];
        let version = digest::of_files(&pkg);
        assemble(site.path(), &[pkg], &[], Build::Debug).unwrap();
        assert!(
            site.path()
                .join("pkg")
                .join(version)
                .join("snippets/a/inline0.js")
                .is_file()
        );
    }

    #[test]
    fn any_changed_input_changes_the_stamp() {
        let assets = [file("app.css", "a{}")];
        let modules = |page: &str, worker: &str| [page.into(), worker.into()];
        let wasm = modules("page", "worker");
        let stamps = [
            stamp(&wasm, &assets).unwrap(),
            stamp(&modules("other", "worker"), &assets).unwrap(),
            stamp(&modules("page", "other"), &assets).unwrap(),
            stamp(&wasm, &[file("app.css", "b{}")]).unwrap(),
            stamp(&wasm, &[file("renamed.css", "a{}")]).unwrap(),
            stamp(&wasm, &[]).unwrap(),
        ];
        let distinct: std::collections::BTreeSet<&String> = stamps.iter().collect();
        assert_eq!(distinct.len(), stamps.len());
        assert_eq!(stamps[0], stamp(&wasm, &assets).unwrap());
    }

    #[test]
    fn publishing_replaces_the_old_page_entirely() {
        let target = tempfile::tempdir().unwrap();
        let site = target.path().join("site");
        fs::create_dir(&site).unwrap();
        fs::write(site.join("old.js"), "").unwrap();
        let staging = tempfile::tempdir_in(target.path()).unwrap();
        fs::write(staging.path().join("new.js"), "").unwrap();
        publish(staging, &site).unwrap();
        assert!(site.join("new.js").is_file());
        assert!(!site.join("old.js").exists());
    }
}
