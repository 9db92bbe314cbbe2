use std::net::SocketAddr;

use serde::Deserialize;
use viva_presentation::Exposure;

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ServerSettings {
    pub(crate) listen: SocketAddr,
    behind_proxy: bool,
}

impl ServerSettings {
    pub(crate) fn exposure(self) -> Exposure {
        if self.behind_proxy {
            Exposure::BehindProxy
        } else {
            Exposure::Direct
        }
    }
}
