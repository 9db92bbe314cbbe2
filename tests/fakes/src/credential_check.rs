use async_trait::async_trait;
use secrecy::ExposeSecret;
use tokio::sync::watch;
use viva_domain::credentials::{Credential, CredentialRefusal};
use viva_domain::ports::CredentialCheck;

use crate::FaultSwitch;

/// Accepts every key, unless it is told to refuse.
#[derive(Debug, Default)]
pub struct ScriptedCredentialCheck {
    refusals: FaultSwitch<CredentialRefusal>,
    asked: watch::Sender<Vec<(String, String)>>,
    is_silent: watch::Sender<bool>,
}

impl ScriptedCredentialCheck {
    /// Makes it refuse.
    pub fn refusals(&self) -> &FaultSwitch<CredentialRefusal> {
        &self.refusals
    }

    /// Which providers were asked, with which keys.
    pub fn asked(&self) -> Vec<(String, String)> {
        self.asked.borrow().clone()
    }

    /// Waits until providers were asked so often.
    pub async fn until_asked(&self, count: usize) {
        let mut asked = self.asked.subscribe();
        // The sender lives as long as `self`, so waiting cannot end early.
        let _ = asked.wait_for(|asked| asked.len() >= count).await;
    }

    /// No provider answers from now on, until [`Self::answer`].
    pub fn be_silent(&self) {
        self.is_silent.send_replace(true);
    }

    /// All that were asked answer, and those that are asked later.
    pub fn answer(&self) {
        self.is_silent.send_replace(false);
    }
}

#[async_trait]
impl CredentialCheck for ScriptedCredentialCheck {
    async fn check(&self, provider: &str, credential: &Credential) -> Result<(), CredentialRefusal> {
        let key = credential.api_key().expose_secret().to_owned();
        self.asked
            .send_modify(|asked| asked.push((provider.to_owned(), key)));
        let mut is_silent = self.is_silent.subscribe();
        let _ = is_silent.wait_for(|is_silent| !is_silent).await;
        self.refusals.check()
    }
}
