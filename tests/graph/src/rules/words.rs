//! What never stands in a source file.

use crate::Finding;
use crate::repository::Source;

const SOURCE_FILES: [&str; 5] = ["css", "js", "rs", "sh", "toml"];
/// Reminders, which nobody reads without an issue.
const REMINDERS: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
/// Code that Rust files do without, and what to do instead.
const CODE: [(&str, &str); 5] = [
    (concat!("#[", "ignore"), "run the test or delete it"),
    (concat!("#[should", "_panic"), "assert on the error instead"),
    (
        concat!("#[", "allow("),
        "fix it, or write `#[expect(lint, reason = \"…\")]`",
    ),
    (
        concat!("#![", "allow("),
        "fix it, or write `#![expect(lint, reason = \"…\")]`",
    ),
    (concat!("mod ", "prelude"), "import what is used by name"),
];

/// Reminders without a link to an issue.
pub fn reminders(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources
        .iter()
        .filter(|source| source.has_extension(&SOURCE_FILES))
    {
        for (number, line) in source.lines().filter(|(_, line)| !links_an_issue(line)) {
            if let Some(word) = words(line).find(|word| REMINDERS.contains(word)) {
                let advice = format!("{word} without an issue; do it now, or link one (#12)");
                findings.push(Finding::line(&source.path, number, advice));
            }
        }
    }
    findings
}

/// Attributes and modules that the style guide rules out; comments may speak of them.
pub fn ruled_out_code(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources.iter().filter(|source| source.is_rust()) {
        for (number, line) in source
            .lines()
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
        {
            if let Some((code, advice)) = CODE.iter().find(|(code, _)| line.contains(code)) {
                findings.push(Finding::line(&source.path, number, format!("`{code}`: {advice}")));
            }
        }
    }
    findings
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|letter: char| !letter.is_alphanumeric() && letter != '_')
}

/// `#12`, or the address of an issue.
fn links_an_issue(line: &str) -> bool {
    let numbered = line
        .split('#')
        .skip(1)
        .any(|rest| rest.starts_with(|letter: char| letter.is_ascii_digit()));
    numbered || line.contains("/issues/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::assert_none;
    use crate::repository;

    fn rust(text: &str) -> [Source; 1] {
        [Source {
            path: "src/lib.rs".into(),
            text: text.into(),
        }]
    }

    #[test]
    fn reminders_link_an_issue() {
        assert_none(&reminders(&repository::sources().unwrap()));
    }

    #[test]
    fn sources_do_without_what_is_ruled_out() {
        assert_none(&ruled_out_code(&repository::sources().unwrap()));
    }

    #[test]
    fn every_reminder_without_an_issue_is_found() {
        for word in REMINDERS {
            assert_eq!(
                reminders(&rust(&format!("fn a() {{}}\n// {word}: later"))).len(),
                1,
                "{word}"
            );
            assert_eq!(reminders(&rust(&format!("// {word}(#12): later"))), [], "{word}");
            assert_eq!(
                reminders(&rust(&format!("// {word} https://example.org/issues/12"))),
                [],
                "{word}"
            );
        }
    }

    #[test]
    fn a_reminder_is_a_word_of_its_own() {
        assert_eq!(
            reminders(&rust(concat!("mktemp(\"viva-XX", "XXXX\"); let TO", "DOS = 1;"))),
            []
        );
    }

    #[test]
    fn every_ruled_out_code_is_found_outside_of_comments() {
        for (code, _) in CODE {
            let found: Vec<_> = ruled_out_code(&rust(&format!("\n    {code}x")));
            assert_eq!(
                found.iter().map(|finding| finding.line).collect::<Vec<_>>(),
                [Some(2)],
                "{code}"
            );
            assert_eq!(ruled_out_code(&rust(&format!("// {code}x"))), [], "{code}");
        }
    }
}
