use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use viva_presentation::{CertificateUnreadable, SelfTestRuns, SelfTests};
use viva_protocol::rest::{SelfTest, SelfTestProgress};

/// Self-tests that run until they are told what they found.
#[derive(Debug, Default)]
pub(crate) struct ScriptedSelfTests {
    /// `None`: what was found before cannot be read.
    state: Mutex<Option<SelfTest>>,
}

impl ScriptedSelfTests {
    pub(crate) fn new() -> Self {
        Self {
            state: Mutex::new(Some(SelfTest::default())),
        }
    }

    /// What there is from now on; `None`: it cannot be read.
    pub(crate) fn set(&self, state: Option<SelfTest>) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }
}

#[async_trait]
impl SelfTests for ScriptedSelfTests {
    async fn state(&self) -> Result<SelfTest, CertificateUnreadable> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state
            .clone()
            .ok_or_else(|| CertificateUnreadable("bad bytes in /secret/folder".into()))
    }

    fn start(&self) -> Result<SelfTestProgress, SelfTestRuns> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let state = state.get_or_insert_default();
        if state.progress.is_some() {
            return Err(SelfTestRuns);
        }
        let begins = SelfTestProgress { done: 0, total: 200 };
        state.progress = Some(begins);
        Ok(begins)
    }
}
