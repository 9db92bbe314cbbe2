//! Variables that documents and files for operators name are settings.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::load::{PREFIX, load_from};
use super::providers;

/// Where variables are named, seen from the top of the checkout.
const PLACES: [&str; 3] = ["README.md", "docs", "deploy"];

/// Every text file below a path.
fn texts(path: &Path, found: &mut Vec<(PathBuf, String)>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            texts(&entry.unwrap().path(), found);
        }
    } else if let Ok(text) = String::from_utf8(fs::read(path).unwrap()) {
        found.push((path.to_owned(), text));
    }
}

/// The names in a text. What is left open, such as `VIVA__PROVIDERS__<ID>__API_KEY`, is none.
fn names(text: &str) -> BTreeSet<&str> {
    let is_part = |letter: char| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_';
    let starts = text.match_indices(PREFIX).map(|(start, _)| &text[start..]);
    let names = starts.map(|rest| &rest[..rest.find(|letter| !is_part(letter)).unwrap_or(rest.len())]);
    names.filter(|name| !name.ends_with('_')).collect()
}

/// Whether a variable is read. A provider may be one that a catalogue of somebody's own has.
fn is_setting(name: &str) -> bool {
    let of_provider = name
        .strip_prefix(PREFIX)
        .and_then(|key| key.strip_prefix("PROVIDERS__"));
    if let Some((_, field)) = of_provider.and_then(|key| key.split_once("__")) {
        return providers::FIELDS.contains(&field.to_lowercase().as_str());
    }
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.toml");
    fs::write(&empty, "").unwrap();
    let environment = [(name.to_owned(), String::new())];
    // A value that is wrong is one of a setting.
    load_from(Some(&empty), &environment, &[]).map_or(true, |loaded| loaded.unknown_variables.is_empty())
}

#[test]
fn every_variable_that_is_named_is_a_setting() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut found = Vec::new();
    for place in PLACES {
        texts(&top.join(place), &mut found);
    }
    let mut count = 0;
    for (path, text) in &found {
        for name in names(text) {
            assert!(is_setting(name), "{}: {name} is no setting", path.display());
            count += 1;
        }
    }
    assert!(count > 30, "they are found: {count}");
}

#[test]
fn what_is_no_setting_is_noticed() {
    for name in [
        "VIVA__SERVER__LISTEN",
        "VIVA__PROVIDERS__MINE__API_KEY",
        "VIVA__AUTH__MODE",
    ] {
        assert!(is_setting(name), "{name}");
    }
    for name in ["VIVA__SERVER__LISTENS", "VIVA__PROVIDERS__MINE__KEY", "VIVA__X"] {
        assert!(!is_setting(name), "{name}");
    }
    let text = "`VIVA__A__B=1 $VIVA__C` VIVA__PROVIDERS__<ID>__API_KEY VIVA__";
    assert_eq!(
        names(text).into_iter().collect::<Vec<_>>(),
        ["VIVA__A__B", "VIVA__C"]
    );
}
