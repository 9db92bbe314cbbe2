use viva_contract::speech_to_text_contract;
use viva_domain::ports::SpeechToText;
use viva_domain::sessions::ProviderConfig;

use super::{FLUX, NOVA, Rig, config, patiently};

async fn nova(case: impl AsyncFnOnce(&dyn SpeechToText, ProviderConfig)) {
    run(NOVA, case).await;
}

async fn flux(case: impl AsyncFnOnce(&dyn SpeechToText, ProviderConfig)) {
    run(FLUX, case).await;
}

async fn run(model: &str, case: impl AsyncFnOnce(&dyn SpeechToText, ProviderConfig)) {
    let rig = Rig::start().await;
    case(&rig.ears, config("deepgram", model, &[])).await;
    rig.ends().await;
    let closed = rig
        .server
        .until(|lines| lines.iter().all(|line| line.closed.is_some()));
    patiently(closed).await;
}

speech_to_text_contract!(nova);
speech_to_text_contract!(flux);
