//! Conversations with a scripted Speech service, on real sockets.

mod failures;
mod strict;
mod turns;

use std::sync::Arc;

use viva_contract::speech_to_text_contract;
use viva_domain::ports::SpeechToText;
use viva_domain::sessions::ProviderConfig;
use viva_fakes::ManualClock;
use viva_fakes::vendors::ears::EarsVendor;

use super::AzureSpeechToText;
use crate::providers::ears::cases::{Bench, ears_tests};
use crate::providers::ears::rig::{Kind, Rig};

fn kind() -> Kind<AzureSpeechToText> {
    Kind {
        vendor: EarsVendor::AzureSpeech,
        model: "conversation",
        make: |account, http, defaults, tasks| {
            AzureSpeechToText::new(account, http, defaults, tasks, Arc::new(ManualClock::default()))
        },
        address: "https://westeurope.api.cognitive.microsoft.com",
    }
}

async fn azure_speech(case: impl AsyncFnOnce(&dyn SpeechToText, ProviderConfig)) {
    Rig::start(kind()).await.keeps(case).await;
}

speech_to_text_contract!(azure_speech);

async fn ears() -> Bench {
    Rig::start(kind()).await.bench()
}

ears_tests!(ears);
