//! The part of the format `lcov` that says how often which line was run.

use anyhow::{Context, Result};

/// What a report says about one file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Record<'a> {
    pub(super) file: &'a str,
    /// The number of each line that is code, and how often it was run.
    pub(super) lines: Vec<(usize, u64)>,
}

/// The files of a report, in its order.
pub(super) fn records(report: &str) -> Result<Vec<Record<'_>>> {
    let mut records: Vec<Record<'_>> = Vec::new();
    for line in report.lines() {
        if let Some(file) = line.strip_prefix("SF:") {
            records.push(Record {
                file,
                lines: Vec::new(),
            });
        } else if let Some(data) = line.strip_prefix("DA:") {
            let counted = counted(data).with_context(|| format!("not a counted line: {line}"))?;
            let record = records
                .last_mut()
                .context("a line is counted before its file is named")?;
            record.lines.push(counted);
        }
    }
    Ok(records)
}

/// A number of a line and how often it was run; a checksum may follow.
fn counted(data: &str) -> Option<(usize, u64)> {
    let mut fields = data.split(',');
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_and_totals_are_passed_over() {
        let report = "SF:/a.rs\nFN:1,run\nFNDA:2,run\nDA:1,2\nDA:2,0\nLF:2\nLH:1\nend_of_record\nSF:/b.rs\nDA:7,1,f00\nend_of_record\n";
        let expected = [
            Record {
                file: "/a.rs",
                lines: vec![(1, 2), (2, 0)],
            },
            Record {
                file: "/b.rs",
                lines: vec![(7, 1)],
            },
        ];
        assert_eq!(records(report).unwrap(), expected);
    }

    #[test]
    fn a_report_that_makes_no_sense_is_refused() {
        assert!(records("DA:1,2\n").is_err());
        assert!(records("SF:/a.rs\nDA:one,2\n").is_err());
    }
}
