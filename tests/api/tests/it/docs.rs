//! `/api/docs`, `/api/v1/openapi.json`.

use crate::bench::Server;

#[tokio::test]
async fn the_document_describes_the_api() {
    let server = Server::start().await;
    insta::assert_json_snapshot!(server.get("/api/v1/openapi.json").await.json());
}

#[tokio::test]
async fn the_page_loads_nothing_from_elsewhere_and_runs_nothing() {
    let server = Server::start().await;
    let page = server.get("/api/docs").await;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(
        page.header("content-security-policy")
            .starts_with("default-src 'none'; style-src 'self';")
    );
    let html = page.text();
    assert!(
        html.contains("GET /api/v1/interaction/sessions/{id}/latency-stats"),
        "{html}"
    );
    assert!(
        !html.contains("http://") && !html.contains("https://") && !html.contains("<script"),
        "{html}"
    );
    let style = server.get("/api/docs/style.css").await;
    assert_eq!(style.header("content-type"), "text/css; charset=utf-8");
    assert!(html.contains("/api/docs/style.css") && style.status.is_success());
}
