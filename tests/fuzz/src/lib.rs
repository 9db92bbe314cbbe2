//! Fuzz targets: bytes from outside go into what reads them. No byte may make it panic, and what always holds is asserted here, or in
//! `viva_infrastructure::providers::fuzzing` for what reads vendors' messages.
//!
//! `cargo xtask fuzz` runs them with libFuzzer, which follows what the code does; `cargo xtask test` runs all inputs in `seeds/`, so an
//! input that once broke something is kept there.
//!
//! Must not enter: anything that waits, reads a clock or a file, or decides by chance.
//!
//! To add a target: a function and its line in [`TARGETS`], three lines in `fuzz_targets/`, a `[[bin]]`, and some inputs in `seeds/`. A
//! vendor has its line in `viva_infrastructure::providers::fuzzing` and inputs here.

mod messages;
mod sound;
mod text;
mod vendors;

pub use messages::{client_messages, frame, server_messages};
pub use sound::wav;
pub use text::{pieces, sse, words};
pub use vendors::{bodies, ears, mouths, streams, voices};

/// A target and its name, which is that of its binary and of the folder of its seeds.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 12] = [
    ("bodies", bodies),
    ("client_messages", client_messages),
    ("ears", ears),
    ("frame", frame),
    ("mouths", mouths),
    ("pieces", pieces),
    ("server_messages", server_messages),
    ("sse", sse),
    ("streams", streams),
    ("voices", voices),
    ("wav", wav),
    ("words", words),
];

/// Takes a first byte away, which says where the rest is cut.
fn cut(data: &[u8]) -> (usize, &[u8]) {
    data.split_first()
        .map_or((1, data), |(first, rest)| (usize::from(*first).max(1), rest))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::panic::catch_unwind;
    use std::path::{Path, PathBuf};

    use super::*;

    fn here(folder: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)
    }

    /// What a folder has, sorted.
    fn listed(folder: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).unwrap_or_else(|err| panic!("{}: {err}", folder.display()));
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths
    }

    fn stems(folder: &Path) -> Vec<String> {
        let stem = |path: &PathBuf| path.file_stem().unwrap().to_string_lossy().into_owned();
        listed(folder).iter().map(stem).collect()
    }

    #[test]
    fn inputs_that_are_kept_break_nothing() {
        for (name, target) in TARGETS {
            let seeds = listed(&here("seeds").join(name));
            assert!(!seeds.is_empty(), "{name} has no inputs to begin with");
            for seed in seeds {
                let input = fs::read(&seed).unwrap();
                let stood = catch_unwind(|| target(&input));
                assert!(stood.is_ok(), "{name} breaks of {}", seed.display());
            }
            target(b"");
        }
    }

    #[test]
    fn every_target_has_a_binary_and_inputs() {
        let names: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
        let manifest: toml::Table = fs::read_to_string(here("Cargo.toml")).unwrap().parse().unwrap();
        let binaries = manifest["bin"].as_array().unwrap().iter();
        let binaries: Vec<&str> = binaries.map(|binary| binary["name"].as_str().unwrap()).collect();
        assert_eq!(binaries, names);
        assert_eq!(stems(&here("fuzz_targets")), names);
        assert_eq!(stems(&here("seeds")), names);
    }

    /// The files that describe messages from vendors, below the folder of providers. What vendors share (`transport`) describes
    /// none, nor do tests.
    fn wires(folder: &Path, root: &Path, found: &mut BTreeSet<String>) {
        for path in listed(folder) {
            if ["tests", "tests.rs", "transport"]
                .iter()
                .any(|name| path.ends_with(name))
            {
                continue;
            }
            if path.is_dir() {
                wires(&path, root, found);
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            let code = text.split("mod tests {").next().unwrap_or_default();
            let mut words = code.split(|c: char| !c.is_alphanumeric());
            if words.any(|word| word == "Deserialize") {
                found.insert(path.strip_prefix(root).unwrap().to_string_lossy().into_owned());
            }
        }
    }

    #[test]
    fn every_vendor_is_fuzzed() {
        let providers = here("../../crates/infrastructure/src/providers");
        let mut found = BTreeSet::new();
        wires(&providers, &providers, &mut found);
        let fuzzed: BTreeSet<String> = vendors::READERS
            .iter()
            .flat_map(|readers| *readers)
            .map(|reader| reader.wire.to_owned())
            .collect();
        assert_eq!(
            found, fuzzed,
            "describe what a vendor sends in its wire.rs, which has a line in a table of providers/fuzzing/mod.rs"
        );
    }

    #[test]
    fn the_first_byte_says_where_to_cut() {
        assert_eq!(cut(b"\x03abc"), (3, &b"abc"[..]));
        assert_eq!(cut(b"\0abc"), (1, &b"abc"[..]));
        assert_eq!(cut(b""), (1, &b""[..]));
    }
}
