//! Writes down which files of the page the program carries, for `wiring/site.rs`: with the feature `embedded-web` those of
//! the folder that `VIVA_EMBED_SITE` names, none without.
//!
//! Must not enter: anything that the program could find out when it runs.
//!
//! To add something that is built in: a table of its own, written here and included where it is used.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

const SITE: &str = "VIVA_EMBED_SITE";
/// What the site consists of; what else lies in its folder is the bundler's.
const PARTS: [&str; 3] = ["manifest.json", "pkg", "assets"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed={SITE}");
    let mut files = Vec::new();
    if env::var_os("CARGO_FEATURE_EMBEDDED_WEB").is_some() {
        let site = PathBuf::from(env::var_os(SITE).unwrap_or_default());
        println!("cargo::rerun-if-changed={}", site.display());
        for part in PARTS {
            let is_found = walk(site.join(part), part, &mut files);
            is_found.map_err(|err| {
                format!("{SITE} does not name the folder of the built page ({part}: {err}); `cargo xtask dist` sets it")
            })?;
        }
        files.sort();
    }
    let mut table = String::from("&[\n");
    for (name, path) in files {
        writeln!(table, "    ({name:?}, include_bytes!({path:?})),")?;
    }
    table.push_str("]\n");
    let out = env::var_os("OUT_DIR").ok_or("cargo names no folder for what is made")?;
    Ok(fs::write(Path::new(&out).join("site.rs"), table)?)
}

/// A file, or every file below a folder: what it is called, and where it is.
fn walk(path: PathBuf, name: &str, files: &mut Vec<(String, String)>) -> Result<(), Box<dyn Error>> {
    if !path.is_dir() {
        let path = path.canonicalize()?;
        let path = path
            .to_str()
            .ok_or("the page lies in a folder with an odd name")?;
        files.push((name.to_owned(), path.to_owned()));
        return Ok(());
    }
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let below = entry.file_name();
        let below = below.to_str().ok_or("a file of the page has an odd name")?;
        walk(entry.path(), &format!("{name}/{below}"), files)?;
    }
    Ok(())
}
