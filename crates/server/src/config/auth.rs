use std::net::SocketAddr;

use anyhow::{Result, ensure};
use serde::Deserialize;

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AuthSettings {
    pub(crate) mode: AuthMode,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AuthMode {
    None,
    Token,
}

impl AuthSettings {
    pub(super) fn validate(self, listen: SocketAddr) -> Result<()> {
        match self.mode {
            AuthMode::None => ensure!(
                listen.ip().is_loopback(),
                "server.listen is {listen}, but without sign-in (auth.mode = \"none\") only a loopback address such as \
                 127.0.0.1:8080 is safe; let people sign in (auth.mode = \"token\"), or listen there"
            ),
            AuthMode::Token => {}
        }
        Ok(())
    }
}
