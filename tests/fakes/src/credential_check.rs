use std::sync::Mutex;

use async_trait::async_trait;
use secrecy::ExposeSecret;
use viva_domain::credentials::{Credential, CredentialRefusal};
use viva_domain::ports::CredentialCheck;

use crate::{FaultSwitch, lock};

/// Accepts every key, unless it is told to refuse.
#[derive(Debug, Default)]
pub struct ScriptedCredentialCheck {
    refusals: FaultSwitch<CredentialRefusal>,
    asked: Mutex<Vec<(String, String)>>,
}

impl ScriptedCredentialCheck {
    /// Makes it refuse.
    pub fn refusals(&self) -> &FaultSwitch<CredentialRefusal> {
        &self.refusals
    }

    /// Which providers were asked, with which keys.
    pub fn asked(&self) -> Vec<(String, String)> {
        lock(&self.asked).clone()
    }
}

#[async_trait]
impl CredentialCheck for ScriptedCredentialCheck {
    async fn check(&self, provider: &str, credential: &Credential) -> Result<(), CredentialRefusal> {
        let key = credential.api_key().expose_secret().to_owned();
        lock(&self.asked).push((provider.to_owned(), key));
        self.refusals.check()
    }
}
