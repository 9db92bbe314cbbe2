//! `/providers`.

use crate::bench::Server;

#[tokio::test]
async fn providers_are_listed_by_role() {
    let server = Server::start().await;
    insta::assert_json_snapshot!(server.get("/api/v1/interaction/providers").await.json());
}
