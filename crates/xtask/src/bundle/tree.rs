//! Reads folders.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// A file below some folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct File {
    /// Its path below that folder, with `/` between the parts.
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

/// Every file below the folder in the order of names; hidden files are left out. A missing folder is empty.
pub(super) fn read(folder: &Path) -> Result<Vec<File>> {
    let mut files = Vec::new();
    if folder.is_dir() {
        collect(folder, "", &mut files)?;
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}

fn collect(folder: &Path, prefix: &str, files: &mut Vec<File>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry?.path();
        let Some(name) = path
            .file_name()
            .and_then(|name| name.to_str())
            .filter(|name| !name.starts_with('.'))
        else {
            continue;
        };
        let name = format!("{prefix}{name}");
        if path.is_dir() {
            collect(&path, &format!("{name}/"), files)?;
        } else {
            let bytes = fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
            files.push(File { name, bytes });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_come_sorted_with_their_folders_and_without_hidden_ones() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("icons")).unwrap();
        for name in ["worklet.js", "app.css", "icons/mic.svg", ".app.css.swp"] {
            fs::write(folder.path().join(name), name).unwrap();
        }
        let names: Vec<String> = read(folder.path())
            .unwrap()
            .into_iter()
            .map(|file| file.name)
            .collect();
        assert_eq!(names, ["app.css", "icons/mic.svg", "worklet.js"]);
    }

    #[test]
    fn a_missing_folder_is_empty() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(&folder.path().join("nothing")).unwrap(), []);
    }
}
