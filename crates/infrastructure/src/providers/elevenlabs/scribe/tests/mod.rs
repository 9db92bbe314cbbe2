//! Conversations with a scripted Scribe, on real sockets.

mod failures;
mod strict;
mod utterances;

use viva_contract::speech_to_text_contract;
use viva_domain::ports::SpeechToText;
use viva_domain::sessions::ProviderConfig;
use viva_fakes::vendors::ears::EarsVendor;

use super::ElevenLabsSpeechToText;
use crate::providers::ears::cases::{Bench, ears_tests};
use crate::providers::ears::rig::{Kind, Rig};

const MODEL: &str = "scribe_v2_realtime";

fn kind() -> Kind<ElevenLabsSpeechToText> {
    Kind {
        vendor: EarsVendor::Scribe,
        model: MODEL,
        make: ElevenLabsSpeechToText::new,
        address: "https://api.us.elevenlabs.io/v1",
    }
}

async fn scribe(case: impl AsyncFnOnce(&dyn SpeechToText, ProviderConfig)) {
    Rig::start(kind()).await.keeps(case).await;
}

speech_to_text_contract!(scribe);

async fn ears() -> Bench {
    Rig::start(kind()).await.bench()
}

ears_tests!(ears);
