//! Finds what a source file has for tests only.

use std::ops::RangeInclusive;

const ATTRIBUTE: &str = "#[cfg(test)]";

/// The lines of the items below `#[cfg(test)]`, counted from 1.
///
/// In a formatted file an item ends at the first line with its own indentation that closes it.
pub(super) fn ranges(source: &str) -> Vec<RangeInclusive<usize>> {
    let mut ranges = Vec::new();
    let mut lines = source.lines().zip(1_usize..);
    while let Some((line, first)) = lines.next() {
        if line.trim_start() != ATTRIBUTE {
            continue;
        }
        let indentation = line.len() - line.trim_start().len();
        let last = lines.find(|(line, _)| closes(line, indentation));
        ranges.push(first..=last.map_or(usize::MAX, |(_, number)| number));
    }
    ranges
}

/// Whether a line is the last of an item that starts so far from the margin.
fn closes(line: &str, indentation: usize) -> bool {
    let text = line.trim_start();
    line.len() - text.len() == indentation
        && (text == "}" || text.ends_with(';') || (text.ends_with('}') && text.contains('{')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_of_tests_goes_to_its_closing_brace() {
        let source = "fn run() {}\n\n#[cfg(test)]\nmod tests {\n    fn it_runs() {\n    }\n}\n";
        assert_eq!(ranges(source), [3..=7]);
    }

    #[test]
    fn code_around_what_is_for_tests_counts() {
        let source = "#[cfg(test)]\nmod tests;\nmod end;\n\nimpl End {\n    #[cfg(test)]\n    fn stamps(&self) -> usize {\n        1\n    }\n\n    fn run(&self) {}\n}\n";
        assert_eq!(ranges(source), [1..=2, 6..=9]);
    }

    #[test]
    fn an_item_may_be_one_line() {
        assert_eq!(ranges("#[cfg(test)]\nfn nothing() {}\nfn run() {}\n"), [1..=2]);
    }

    #[test]
    fn what_is_not_closed_goes_to_the_end() {
        assert_eq!(ranges("#[cfg(test)]\nmod tests {\n"), [1..=usize::MAX]);
    }
}
