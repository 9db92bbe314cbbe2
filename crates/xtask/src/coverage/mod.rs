//! Which lines of a crate were run: what `llvm-cov` counted, without the lines of the tests themselves, which
//! run whenever they pass and would only flatter.

mod lcov;
mod test_code;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

/// The lines of one file that are code, and not of a test.
#[derive(Debug)]
pub(crate) struct File {
    /// Relative to the sources of its crate.
    pub(crate) path: PathBuf,
    pub(crate) lines: usize,
    /// The numbers of the lines that nothing ran, in order.
    pub(crate) missed: Vec<usize>,
}

/// A crate with the files that have code.
#[derive(Debug)]
pub(crate) struct Crate {
    pub(crate) name: &'static str,
    pub(crate) files: Vec<File>,
}

impl Crate {
    pub(crate) fn lines(&self) -> usize {
        self.files.iter().map(|file| file.lines).sum()
    }

    pub(crate) fn covered(&self) -> usize {
        self.lines() - self.files.iter().map(|file| file.missed.len()).sum::<usize>()
    }

    pub(crate) fn reaches(&self, percent: usize) -> bool {
        self.covered() * 100 >= self.lines() * percent
    }

    /// The files with the most lines that nothing ran, most first.
    pub(crate) fn least_covered(&self) -> Vec<&File> {
        let mut files: Vec<_> = self.files.iter().filter(|file| !file.missed.is_empty()).collect();
        files.sort_by(|a, b| {
            let order = b.missed.len().cmp(&a.missed.len());
            order.then_with(|| a.path.cmp(&b.path))
        });
        files
    }
}

/// Reads what a report in the format `lcov` says about a crate whose sources are in `folder`.
pub(crate) fn read(report: &str, name: &'static str, folder: &Path) -> Result<Crate> {
    let mut files = Vec::new();
    for record in lcov::records(report)? {
        let Ok(path) = Path::new(record.file).strip_prefix(folder) else {
            continue;
        };
        let source = fs::read_to_string(record.file).with_context(|| format!("reading {}", record.file))?;
        let tests = test_code::ranges(&source);
        let mut file = File {
            path: path.to_owned(),
            lines: 0,
            missed: Vec::new(),
        };
        for (line, times) in record.lines {
            if tests.iter().any(|range| range.contains(&line)) {
                continue;
            }
            file.lines += 1;
            if times == 0 {
                file.missed.push(line);
            }
        }
        files.push(file);
    }
    // A crate that was not measured must not pass for one that is covered.
    ensure!(
        files.iter().any(|file| file.lines > 0),
        "the report has no line of {}",
        folder.display()
    );
    Ok(Crate { name, files })
}

/// A part of a whole with one decimal, rounded down: what is shown as 90.0 is no less.
pub(crate) fn percent(part: usize, whole: usize) -> String {
    let tenths = (part * 1000).checked_div(whole).unwrap_or(0);
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// Line numbers as people write them: `3, 7-9`.
pub(crate) fn ranges(lines: &[usize]) -> String {
    let together = lines.chunk_by(|a, b| a + 1 == *b);
    let ranges = together.map(|range| match range {
        [only] => only.to_string(),
        [first, .., last] => format!("{first}-{last}"),
        [] => String::new(),
    });
    ranges.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str =
        "fn run() {\n    work();\n    fail();\n}\n\n#[cfg(test)]\nmod tests {\n    fn it_runs() {}\n}\n";

    fn report(folder: &Path, lines: &str) -> String {
        let file = folder.join("sessions/end.rs");
        fs::create_dir_all(folder.join("sessions")).unwrap();
        fs::write(&file, SOURCE).unwrap();
        format!("SF:{}\n{lines}end_of_record\n", file.display())
    }

    #[test]
    fn lines_of_tests_do_not_count() {
        let folder = tempfile::tempdir().unwrap();
        let report = report(folder.path(), "DA:1,1\nDA:2,5\nDA:3,0\nDA:4,1\nDA:8,1\n");
        let measured = read(&report, "domain", folder.path()).unwrap();
        assert_eq!((measured.lines(), measured.covered()), (4, 3));
        let file = &measured.files[0];
        assert_eq!(
            (file.path.as_path(), &*file.missed),
            (Path::new("sessions/end.rs"), &[3][..])
        );
        assert!(measured.reaches(75) && !measured.reaches(76));
    }

    #[test]
    fn a_crate_that_was_not_measured_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let of_another = report(folder.path(), "DA:1,1\n");
        assert!(read(&of_another, "audio", Path::new("/elsewhere")).is_err());
        let of_tests_only = report(folder.path(), "DA:8,1\n");
        assert!(read(&of_tests_only, "domain", folder.path()).is_err());
    }

    #[test]
    fn files_with_the_most_missed_lines_come_first() {
        let file = |path: &str, missed: &[usize]| File {
            path: path.into(),
            lines: 10,
            missed: missed.to_vec(),
        };
        let measured = Crate {
            name: "domain",
            files: vec![file("a.rs", &[1]), file("b.rs", &[]), file("c.rs", &[1, 2])],
        };
        let order: Vec<_> = measured.least_covered().iter().map(|file| &*file.path).collect();
        assert_eq!(order, [Path::new("c.rs"), Path::new("a.rs")]);
    }

    #[test]
    fn a_percentage_is_never_rounded_up() {
        assert_eq!(percent(8_999, 10_000), "89.9");
        assert_eq!(percent(9, 10), "90.0");
        assert_eq!(percent(0, 0), "0.0");
    }

    #[test]
    fn lines_that_follow_each_other_are_a_range() {
        assert_eq!(ranges(&[3, 7, 8, 9, 11]), "3, 7-9, 11");
        assert_eq!(ranges(&[]), "");
    }
}
