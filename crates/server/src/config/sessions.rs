use std::time::Duration;

use anyhow::{Result, ensure};
use serde::Deserialize;
use viva_application::sessions::SessionSettings;
use viva_domain::turns::Limits;

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SessionsSettings {
    per_user: usize,
    utterance_s: u64,
    idle_min: u64,
    resume_s: u64,
}

impl SessionsSettings {
    pub(super) fn validate(self) -> Result<()> {
        ensure!(self.per_user >= 1, "sessions.per_user must be at least 1");
        ensure!(
            (15..=600).contains(&self.utterance_s),
            "sessions.utterance_s must be between 15 and 600"
        );
        ensure!(
            (2..=1_440).contains(&self.idle_min),
            "sessions.idle_min must be between 2 and 1440"
        );
        ensure!(self.resume_s <= 600, "sessions.resume_s must be at most 600");
        Ok(())
    }

    pub(crate) fn to_application(self) -> SessionSettings {
        SessionSettings {
            per_user: self.per_user,
            limits: Limits {
                utterance: Duration::from_secs(self.utterance_s),
                idle: Duration::from_mins(self.idle_min),
                resume: Duration::from_secs(self.resume_s),
                ..Limits::default()
            },
        }
    }
}
