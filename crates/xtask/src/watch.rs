//! Notices that a source file changed, by looking. Every half second that costs about a millisecond,
//! works on every file system, and needs no library.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

const INTERVAL: Duration = Duration::from_millis(500);
/// What the server and the page are made of, relative to the root.
const WATCHED: [&str; 5] = ["Cargo.lock", "Cargo.toml", "crates", "frontend", "migrations"];

/// The sources as they were when a build began.
pub(crate) struct Sources {
    root: PathBuf,
    seen: Snapshot,
}

impl Sources {
    pub(crate) fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            seen: Snapshot::take(root),
        }
    }

    /// Waits for a change since the last call and names one file of it, relative to the root.
    pub(crate) fn wait_for_change(&mut self) -> PathBuf {
        loop {
            let now = Snapshot::take(&self.root);
            if let Some(changed) = self.seen.first_difference(&now) {
                let changed = changed.to_owned();
                self.seen = self.settled(now);
                return changed
                    .strip_prefix(&self.root)
                    .map(Path::to_owned)
                    .unwrap_or(changed);
            }
            thread::sleep(INTERVAL);
        }
    }

    /// Editors and version control write many files one after the other; building halfway through is vain.
    fn settled(&self, mut last: Snapshot) -> Snapshot {
        loop {
            thread::sleep(INTERVAL);
            let now = Snapshot::take(&self.root);
            if now == last {
                return now;
            }
            last = now;
        }
    }
}

/// Every watched file with the time of its last change and its length.
#[derive(Debug, PartialEq, Eq, Default)]
struct Snapshot(BTreeMap<PathBuf, (Option<SystemTime>, u64)>);

impl Snapshot {
    fn take(root: &Path) -> Self {
        let mut snapshot = Self::default();
        for path in WATCHED {
            snapshot.visit(&root.join(path));
        }
        snapshot
    }

    /// A file that vanishes while it is looked at is one that is not there.
    fn visit(&mut self, path: &Path) {
        let Ok(metadata) = path.metadata() else { return };
        if metadata.is_dir() {
            for entry in fs::read_dir(path).into_iter().flatten().flatten() {
                self.visit(&entry.path());
            }
        } else {
            self.0.insert(path.to_owned(), mark(&metadata));
        }
    }

    /// The first file in the order of paths that is new, gone or different.
    fn first_difference<'a>(&'a self, other: &'a Self) -> Option<&'a Path> {
        let changed = self
            .0
            .iter()
            .find(|(path, mark)| other.0.get(*path) != Some(mark));
        let added = other.0.keys().find(|path| !self.0.contains_key(*path));
        changed.map(|(path, _)| path).or(added).map(PathBuf::as_path)
    }
}

fn mark(metadata: &Metadata) -> (Option<SystemTime>, u64) {
    (metadata.modified().ok(), metadata.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkout() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("crates/domain/src")).unwrap();
        fs::write(root.path().join("crates/domain/src/lib.rs"), "//! Domain").unwrap();
        root
    }

    #[test]
    fn nothing_changed_when_nothing_changed() {
        let root = checkout();
        let (before, after) = (Snapshot::take(root.path()), Snapshot::take(root.path()));
        assert_eq!(before.first_difference(&after), None);
    }

    #[test]
    fn a_changed_a_new_and_a_removed_file_are_noticed() {
        let root = checkout();
        let lib = root.path().join("crates/domain/src/lib.rs");
        let new = root.path().join("crates/domain/src/turn.rs");
        let first = Snapshot::take(root.path());
        fs::write(&lib, "//! The domain").unwrap();
        let changed = Snapshot::take(root.path());
        assert_eq!(first.first_difference(&changed), Some(lib.as_path()));

        fs::write(&new, "").unwrap();
        let added = Snapshot::take(root.path());
        assert_eq!(changed.first_difference(&added), Some(new.as_path()));
        assert_eq!(added.first_difference(&changed), Some(new.as_path()));
    }

    #[test]
    fn a_file_that_was_only_touched_is_noticed() {
        let root = checkout();
        let before = Snapshot::take(root.path());
        let lib = fs::File::options()
            .append(true)
            .open(root.path().join("crates/domain/src/lib.rs"))
            .unwrap();
        lib.set_modified(SystemTime::UNIX_EPOCH).unwrap();
        assert!(before.first_difference(&Snapshot::take(root.path())).is_some());
    }

    #[test]
    fn what_the_server_writes_is_not_watched() {
        let root = checkout();
        let before = Snapshot::take(root.path());
        for folder in ["storage", "target"] {
            fs::create_dir(root.path().join(folder)).unwrap();
            fs::write(root.path().join(folder).join("file.rs"), "").unwrap();
        }
        assert_eq!(before, Snapshot::take(root.path()));
    }
}
