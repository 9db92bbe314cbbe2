use viva_contract::speech_to_text_contract;
use viva_domain::ports::SpeechToText;
use viva_domain::sessions::ProviderConfig;
use viva_fakes::vendors::openai_transcription::OpenAiTranscriptionScript;

use super::{FILES, REALTIME, Rig, config, patiently};

async fn files(case: impl AsyncFnOnce(&dyn SpeechToText, ProviderConfig)) {
    run(Rig::start().await, FILES, case).await;
}

async fn files_of_a_plain_server(case: impl AsyncFnOnce(&dyn SpeechToText, ProviderConfig)) {
    let script = OpenAiTranscriptionScript {
        api_key: None,
        streams: false,
        ..OpenAiTranscriptionScript::default()
    };
    run(Rig::with(script).await, "whisper-tiny", case).await;
}

async fn realtime(case: impl AsyncFnOnce(&dyn SpeechToText, ProviderConfig)) {
    run(Rig::start().await, REALTIME, case).await;
}

async fn run(rig: Rig, model: &str, case: impl AsyncFnOnce(&dyn SpeechToText, ProviderConfig)) {
    case(&rig.ears, config("openai", model, &[])).await;
    rig.ends().await;
    let closed = rig
        .server
        .until(|lines| lines.iter().all(|line| line.closed.is_some()));
    patiently(closed).await;
}

speech_to_text_contract!(files);
speech_to_text_contract!(files_of_a_plain_server);
speech_to_text_contract!(realtime);
