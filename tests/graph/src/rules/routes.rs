//! Every route of the server is described in its OpenAPI document, from which a test learns whom to ask it as.

use crate::Finding;
use crate::repository::Source;

/// What makes the routes.
const PRESENTATION: &str = "crates/presentation/src/";
/// The page and its files, which are not of the API; who gets them is tested by name.
const PAGE: &str = "crates/presentation/src/web/mod.rs";
/// How a router gets a route without a word about it.
const UNDESCRIBED: [&str; 7] = [
    ".route(",
    ".route_service(",
    ".nest(",
    ".nest_service(",
    ".fallback(",
    ".fallback_service(",
    ".leptos_routes",
];

/// Routes that no document describes.
pub fn undescribed_routes(sources: &[Source]) -> Vec<Finding> {
    let routes = |source: &&Source| source.path.starts_with(PRESENTATION) && source.path != PAGE;
    let mut findings = Vec::new();
    for source in sources.iter().filter(routes) {
        for (number, line) in source.lines() {
            if let Some(call) = UNDESCRIBED.iter().find(|call| line.contains(*call)) {
                let advice = format!(
                    "{call}…) adds what the OpenAPI document does not describe; use .routes(routes!(…))"
                );
                findings.push(Finding::line(&source.path, number, advice));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::assert_none;
    use crate::repository;

    fn file(path: &str, text: &str) -> [Source; 1] {
        [Source {
            path: path.into(),
            text: text.into(),
        }]
    }

    #[test]
    fn every_route_is_described() {
        assert_none(&undescribed_routes(&repository::sources().unwrap()));
    }

    #[test]
    fn every_way_around_the_document_is_found_with_its_line() {
        for call in UNDESCRIBED {
            let text = format!("Router::new()\n    {call}\"/hidden\", get(hidden))");
            let found = undescribed_routes(&file("crates/presentation/src/api/mod.rs", &text));
            let lines: Vec<_> = found.iter().map(|finding| finding.line).collect();
            assert_eq!(lines, [Some(2)], "{call}");
            assert_eq!(undescribed_routes(&file(PAGE, &text)), [], "{call}");
        }
    }

    #[test]
    fn described_routes_and_routes_of_others_are_fine() {
        let described = "router.routes(routes!(list::list))";
        assert_eq!(
            undescribed_routes(&file("crates/presentation/src/a.rs", described)),
            []
        );
        let vendor = "Router::new().route(\"/v1\", get(answer))";
        assert_eq!(undescribed_routes(&file("tests/fakes/src/a.rs", vendor)), []);
    }
}
