//! Conversations with a scripted Speechmatics, on real sockets.

mod failures;
mod strict;
mod utterances;

use viva_contract::speech_to_text_contract;
use viva_domain::ports::SpeechToText;
use viva_domain::sessions::ProviderConfig;
use viva_fakes::vendors::ears::EarsVendor;

use super::SpeechmaticsSpeechToText;
use crate::providers::ears::cases::{Bench, ears_tests};
use crate::providers::ears::rig::{Kind, Rig};

const MODEL: &str = "enhanced";

fn kind() -> Kind<SpeechmaticsSpeechToText> {
    Kind {
        vendor: EarsVendor::Speechmatics,
        model: MODEL,
        make: SpeechmaticsSpeechToText::new,
        address: "https://eu2.rt.speechmatics.com",
    }
}

async fn speechmatics(case: impl AsyncFnOnce(&dyn SpeechToText, ProviderConfig)) {
    Rig::start(kind()).await.keeps(case).await;
}

speech_to_text_contract!(speechmatics);

async fn ears() -> Bench {
    Rig::start(kind()).await.bench()
}

ears_tests!(ears);
