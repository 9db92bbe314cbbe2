use viva_contract::{realtime_voice_contract, realtime_voice_with_turns_contract};
use viva_domain::ports::RealtimeVoice;
use viva_domain::sessions::ProviderConfig;
use viva_fakes::vendors::gemini::live::LiveScript;

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

/// Of a server that does not say when the user speaks, that is known too late for the suite: `talking.rs` has what holds.
async fn server_that_tells_of_turns(case: impl AsyncFnOnce(&dyn RealtimeVoice, ProviderConfig)) {
    let script = LiveScript {
        tells_activity: true,
        ..quick()
    };
    let rig = Rig::start(script).await;
    case(&rig.voice, config(&[("turn_detection", "\"server\"")])).await;
    rig.ends().await;
    let connections = rig.server.connections();
    let refused: Vec<_> = connections
        .iter()
        .filter_map(|connection| connection.refused.as_deref())
        .collect();
    assert!(refused.is_empty(), "the provider was told nonsense: {refused:?}");
}

realtime_voice_contract!(newer_model);
realtime_voice_contract!(older_model);
realtime_voice_with_turns_contract!(server_that_tells_of_turns);
