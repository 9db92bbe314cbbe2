//! Finds programs that other people installed.

use std::env;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The folders of the search path, in order.
pub(crate) fn search_path() -> Vec<PathBuf> {
    env::var_os("PATH")
        .map(|path| env::split_paths(&path).collect())
        .unwrap_or_default()
}

/// The first of these programs that the search path knows.
pub(crate) fn find(names: &[&str]) -> Option<PathBuf> {
    find_in(&search_path(), names)
}

/// The first of these programs that one of the folders holds.
pub(crate) fn find_in(folders: &[PathBuf], names: &[&str]) -> Option<PathBuf> {
    names.iter().find_map(|name| {
        folders
            .iter()
            .map(|folder| folder.join(name))
            .find(|path| is_program(path))
    })
}

fn is_program(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn program(folder: &Path, name: &str, mode: u32) {
        let path = folder.join(name);
        fs::write(&path, "").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn the_preferred_name_wins_over_the_order_of_the_folders() {
        let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        program(first.path(), "fallback", 0o755);
        program(second.path(), "preferred", 0o755);
        let folders = [first.path().to_owned(), second.path().to_owned()];
        assert_eq!(
            find_in(&folders, &["preferred", "fallback"]),
            Some(second.path().join("preferred"))
        );
    }

    #[test]
    fn a_file_that_cannot_be_executed_is_no_program() {
        let folder = tempfile::tempdir().unwrap();
        program(folder.path(), "notes", 0o644);
        assert_eq!(find_in(&[folder.path().to_owned()], &["notes"]), None);
    }
}
