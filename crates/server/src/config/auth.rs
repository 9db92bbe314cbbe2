use anyhow::{Result, bail, ensure};
use serde::Deserialize;

use super::server::ServerSettings;

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
    /// Without sign-in, whoever reaches the server is the same user.
    pub(super) fn validate(self, server: ServerSettings) -> Result<()> {
        let ServerSettings { listen, behind_proxy } = server;
        if self.mode == AuthMode::Token || server.is_local() {
            return Ok(());
        }
        ensure!(
            !behind_proxy,
            "server.behind_proxy is true, so others than this machine get in, and without sign-in (auth.mode = \"none\") \
             each of them sees and hears everything; let people sign in (auth.mode = \"token\")"
        );
        bail!(
            "server.listen is {listen}, but without sign-in (auth.mode = \"none\") only a loopback address such as \
             127.0.0.1:8080 is safe; let people sign in (auth.mode = \"token\"), or listen there"
        )
    }
}
