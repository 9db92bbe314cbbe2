use viva_contract::{realtime_voice_contract, realtime_voice_with_turns_contract, samples};
use viva_domain::ports::RealtimeVoice;
use viva_domain::sessions::ProviderConfig;
use viva_fakes::vendors::openai::realtime::RealtimeHost;

use super::bench::Bench;

async fn with(
    host: RealtimeHost,
    provider: &str,
    detection: &str,
    case: impl AsyncFnOnce(&dyn RealtimeVoice, ProviderConfig),
) {
    let bench = Bench::at(host).await;
    let mut config = samples::realtime_config(provider);
    let detection = format!("\"{detection}\"");
    config.options.insert("turn_detection".to_owned(), detection);
    case(&bench.voice, config).await;
    bench.until_over().await;
    let mut complaints = bench.server.complaints();
    // An answer may be complete when it is cancelled, while the news of that is under way.
    complaints.retain(|code| code != "response_cancel_not_active");
    assert!(
        complaints.is_empty(),
        "the provider was told nonsense: {complaints:?}"
    );
}

async fn openai(case: impl AsyncFnOnce(&dyn RealtimeVoice, ProviderConfig)) {
    with(RealtimeHost::OpenAi, "openai", "none", case).await;
}

async fn openai_that_finds_turns(case: impl AsyncFnOnce(&dyn RealtimeVoice, ProviderConfig)) {
    with(RealtimeHost::OpenAi, "openai", "server_vad", case).await;
}

async fn openai_that_understands_turns(case: impl AsyncFnOnce(&dyn RealtimeVoice, ProviderConfig)) {
    with(RealtimeHost::OpenAi, "openai", "semantic_vad", case).await;
}

async fn azure_openai(case: impl AsyncFnOnce(&dyn RealtimeVoice, ProviderConfig)) {
    with(RealtimeHost::Azure, "azure-openai", "none", case).await;
}

async fn azure_openai_that_finds_turns(case: impl AsyncFnOnce(&dyn RealtimeVoice, ProviderConfig)) {
    with(RealtimeHost::Azure, "azure-openai", "server_vad", case).await;
}

realtime_voice_contract!(openai);
realtime_voice_contract!(azure_openai);
realtime_voice_with_turns_contract!(openai_that_finds_turns);
realtime_voice_with_turns_contract!(openai_that_understands_turns);
realtime_voice_with_turns_contract!(azure_openai_that_finds_turns);
