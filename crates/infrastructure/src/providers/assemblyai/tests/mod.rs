//! Conversations with a scripted `AssemblyAI`, on real sockets.

mod failures;
mod strict;
mod turns;

use viva_contract::speech_to_text_contract;
use viva_domain::ports::SpeechToText;
use viva_domain::sessions::ProviderConfig;
use viva_fakes::vendors::ears::EarsVendor;

use super::AssemblyAiSpeechToText;
use crate::providers::ears::cases::{Bench, ears_tests};
use crate::providers::ears::rig::{Kind, Rig};

const MODEL: &str = "universal-3-6";

fn kind() -> Kind<AssemblyAiSpeechToText> {
    Kind {
        vendor: EarsVendor::AssemblyAi,
        model: MODEL,
        make: AssemblyAiSpeechToText::new,
        address: "https://streaming.eu.assemblyai.com",
    }
}

async fn assemblyai(case: impl AsyncFnOnce(&dyn SpeechToText, ProviderConfig)) {
    Rig::start(kind()).await.keeps(case).await;
}

speech_to_text_contract!(assemblyai);

async fn ears() -> Bench {
    Rig::start(kind()).await.bench()
}

ears_tests!(ears);
