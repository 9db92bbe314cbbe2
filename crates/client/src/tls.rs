//! Encryption of a WebSocket, with the same provider and the same trust as the REST client has.

use std::sync::Arc;

use rustls::ClientConfig;
use rustls::crypto::aws_lc_rs;
use rustls_platform_verifier::BuilderVerifierExt;
use tokio_tungstenite::Connector;

/// A connector that trusts what the operating system trusts.
///
/// The provider is named, because other parts of a program may bring a second one, and then there is no default.
pub(crate) fn connector() -> Result<Connector, rustls::Error> {
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_platform_verifier()?
        .with_no_client_auth();
    Ok(Connector::Rustls(Arc::new(config)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_connector_does_not_depend_on_a_default_provider() {
        assert!(matches!(connector(), Ok(Connector::Rustls(_))));
    }
}
