use std::io;

use thiserror::Error;

/// What is wrong with a catalogue.
#[derive(Debug, Error)]
pub enum CatalogueError {
    /// The file cannot be read.
    #[error("cannot read the catalogue {file}")]
    Unreadable {
        /// Its path.
        file: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It says something that makes no sense.
    #[error("{file}, line {line}: {problem}")]
    Wrong {
        /// Its path.
        file: String,
        /// From 1: where the problem is, or where the provider begins that it is about.
        line: usize,
        /// Names the field.
        problem: String,
    },
}

impl CatalogueError {
    /// A problem at a byte of the file.
    pub(super) fn at(file: &str, text: &str, byte: usize, problem: String) -> Self {
        let before = text.as_bytes().iter().take(byte);
        Self::Wrong {
            file: file.to_owned(),
            line: 1 + before.filter(|byte| **byte == b'\n').count(),
            problem,
        }
    }
}
