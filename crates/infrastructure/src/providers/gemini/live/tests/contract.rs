use viva_contract::realtime_voice_contract;
use viva_domain::ports::RealtimeVoice;
use viva_domain::sessions::ProviderConfig;

use super::{Rig, config, quick};

async fn newer_model(case: impl AsyncFnOnce(&dyn RealtimeVoice, ProviderConfig)) {
    let rig = Rig::start(quick()).await;
    case(&rig.voice, config(&[])).await;
    rig.ends().await;
}

async fn older_model(case: impl AsyncFnOnce(&dyn RealtimeVoice, ProviderConfig)) {
    let rig = Rig::start(quick()).await;
    let config = ProviderConfig {
        model: Some("gemini-2.5-flash-native-audio-preview-12-2025".to_owned()),
        ..config(&[])
    };
    case(&rig.voice, config).await;
    rig.ends().await;
}

realtime_voice_contract!(newer_model);
realtime_voice_contract!(older_model);
