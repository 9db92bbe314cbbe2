//! What a rule has to say.

use std::fmt;

/// One place that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Relative to the root of the repository.
    pub path: String,
    /// From 1; absent when the file as a whole is meant.
    pub line: Option<usize>,
    /// What is wrong and what to do.
    pub advice: String,
}

impl Finding {
    /// A finding about a file as a whole.
    pub fn file(path: &str, advice: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line: None,
            advice: advice.into(),
        }
    }

    /// A finding about one line of a file, counted from 1.
    pub fn line(path: &str, line: usize, advice: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line: Some(line),
            advice: advice.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.path, self.advice),
            None => write!(f, "{}: {}", self.path, self.advice),
        }
    }
}

/// Fails a test with one line per finding.
///
/// # Panics
/// When there is a finding.
#[track_caller]
pub fn assert_none(findings: &[Finding]) {
    let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert!(
        findings.is_empty(),
        "{} finding(s):\n{}",
        lines.len(),
        lines.join("\n")
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_says_where_and_what() {
        assert_eq!(
            Finding::line("src/lib.rs", 3, "too long").to_string(),
            "src/lib.rs:3: too long"
        );
        assert_eq!(
            Finding::file("src/lib.rs", "too long").to_string(),
            "src/lib.rs: too long"
        );
    }
}
