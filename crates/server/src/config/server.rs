use std::net::SocketAddr;

use serde::Deserialize;
use viva_presentation::Exposure;

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ServerSettings {
    pub(crate) listen: SocketAddr,
    pub(super) behind_proxy: bool,
}

impl ServerSettings {
    /// Whether only this machine reaches it.
    pub(super) fn is_local(self) -> bool {
        self.listen.ip().is_loopback() && !self.behind_proxy
    }

    pub(crate) fn exposure(self) -> Exposure {
        if self.behind_proxy {
            Exposure::BehindProxy
        } else {
            Exposure::Direct
        }
    }
}
