use viva_protocol::rest::CredentialStatus;
use viva_protocol::ws::ErrorCode;

use super::{OPENAI, OWN, give, problem, refused, serve, serve_with, shown, start, vendor};
use crate::bench::Folder;

const FORBIDDEN: (&str, &str) = ("VIVA__PROVIDERS__ALLOW_PRIVATE_ADDRESSES", "false");

#[tokio::test]
async fn an_address_of_a_user_is_checked_whenever_it_is_connected_to() {
    let (folder, vendor) = (Folder::new(), vendor().await);
    // A name is checked by what it means, which nobody knows before it is looked up.
    let by_name = vendor.base_url().replace("127.0.0.1", "localhost");
    assert!(by_name.contains("localhost"), "{by_name}");
    let server = serve(&folder, &vendor).await;
    give(&server, OWN, Some(by_name.clone()))
        .await
        .expect("a server on loopback allows it");
    start(&server).await.expect("the vendor takes the key");
    assert_eq!(vendor.attempts(), 1);
    server.kill().await;

    let server = serve_with(&folder, &vendor, &[FORBIDDEN]).await;
    let error = refused(&server).await;
    assert_eq!(error.code, ErrorCode::InvalidConfig);
    assert!(
        error.message.contains("must not lead to a private network"),
        "{}",
        error.message
    );
    assert_eq!(vendor.attempts(), 1, "nobody was called");
    let said = problem(server.client().validate_credential(OPENAI).await);
    assert_eq!(said.0, 422);
    assert!(said.1.contains("providers.allow_private_addresses"), "{}", said.1);
    assert_eq!(
        shown(&server).await.status,
        CredentialStatus::Valid,
        "nothing is known about the key"
    );
    for address in [by_name, vendor.base_url(), "http://0x7f.1:1/v1".to_owned()] {
        let said = problem(give(&server, OWN, Some(address.clone())).await);
        assert_eq!(said.0, 422, "{address}");
        assert!(
            said.1.contains("must not lead to a private network"),
            "{address}: {}",
            said.1
        );
    }

    // What whoever runs the server chose is theirs: the same place without an address of one's own.
    give(&server, OWN, None).await.expect("the vendor takes it");
    start(&server).await.expect("the vendor takes the key");
}

#[tokio::test]
async fn nobody_leads_the_server_to_the_metadata_of_a_cloud() {
    let (folder, vendor) = (Folder::new(), vendor().await);
    let server = serve(&folder, &vendor).await;
    for address in [
        "http://169.254.169.254/latest/meta-data",
        "http://2852039166",
        "http://[::ffff:a9fe:a9fe]",
        "http://[fd00:ec2::254]",
        "http://[fe80::1]",
        "http://0.0.0.0:1",
        "https://me:hidden@api.openai.com/v1",
        "file:///etc/passwd",
    ] {
        let (status, why) = problem(give(&server, OWN, Some(address.to_owned())).await);
        assert_eq!(status, 422, "{address}");
        assert!(why.starts_with("the base URL must "), "{address}: {why}");
        assert!(!why.contains("hidden"), "{why}");
    }
}
