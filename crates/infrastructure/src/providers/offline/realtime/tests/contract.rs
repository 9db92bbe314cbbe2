use viva_contract::realtime_voice_contract;
use viva_domain::ports::RealtimeVoice;
use viva_domain::sessions::ProviderConfig;

use super::talk::{SHORT, config, voice};

async fn offline(case: impl AsyncFnOnce(&dyn RealtimeVoice, ProviderConfig)) {
    let voice = voice();
    case(&voice, config(&[SHORT, ("delay_ms", "0")])).await;
    voice.tasks.close();
    voice.tasks.wait().await;
}

async fn offline_at_speaking_speed(case: impl AsyncFnOnce(&dyn RealtimeVoice, ProviderConfig)) {
    tokio::time::pause();
    let voice = voice();
    case(&voice, config(&[SHORT, ("pace", "\"realtime\"")])).await;
    voice.tasks.close();
    voice.tasks.wait().await;
}

realtime_voice_contract!(offline);
realtime_voice_contract!(offline_at_speaking_speed);
