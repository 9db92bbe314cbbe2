//! `/healthz`, `/readyz`.

use viva_domain::ports::{BlobErrorKind, StoreErrorKind};

use crate::bench::Server;

#[tokio::test]
async fn a_server_that_works_is_well_and_ready() {
    let server = Server::start().await;
    assert_eq!(server.get("/healthz").await.text(), "ok");
    assert_eq!(server.get("/readyz").await.text(), "ready");
}

#[tokio::test]
async fn without_its_database_it_is_well_but_not_ready() {
    let (server, store) = Server::on_fakes().await;
    store.faults().fail(StoreErrorKind::Unavailable);
    assert_eq!(
        server.get("/readyz").await.problem(),
        (503, "database-unavailable".to_owned())
    );
    assert_eq!(server.get("/healthz").await.text(), "ok");
    store.faults().recover();
    assert_eq!(server.get("/readyz").await.text(), "ready");
}

#[tokio::test]
async fn without_its_storage_it_is_well_but_not_ready() {
    let (server, _) = Server::on_fakes().await;
    let faults = server.blob_store.faults();
    for kind in [BlobErrorKind::Unavailable, BlobErrorKind::Full] {
        faults.fail(kind);
        assert_eq!(
            server.get("/readyz").await.problem(),
            (503, "storage-unavailable".to_owned())
        );
        assert_eq!(server.get("/healthz").await.text(), "ok");
        faults.recover();
        assert_eq!(server.get("/readyz").await.text(), "ready");
    }
}

#[tokio::test]
async fn a_server_that_shuts_down_takes_no_more() {
    let server = Server::start().await;
    server.stop();
    server.stopped().await;
    assert_eq!(
        server.get("/readyz").await.problem(),
        (503, "shutting-down".to_owned())
    );
}
