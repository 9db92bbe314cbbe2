//! Whole conversations with everybody who hears: how long that takes must be the truth.

use std::time::Duration;

use rstest::rstest;
use viva_fakes::vendors::ears::{EarsScript, EarsServer, EarsVendor, Spoken};
use viva_fakes::vendors::google_cloud::GoogleSpeechServer;

use crate::bench::{Folder, Server};
use crate::vendors::{KEY, STT, is_true, ms, part, talk};

/// A server whose provider of this id is at this address.
async fn serve(folder: &Folder, id: &str, base_url: String) -> Server {
    let setting = |name: &str| format!("VIVA__PROVIDERS__{}__{name}", id.to_uppercase().replace('-', "_"));
    let (address, key) = (setting("BASE_URL"), setting("API_KEY"));
    let settings = [(address.as_str(), base_url), (key.as_str(), KEY.to_owned())];
    folder.serve_with(&settings).await
}

fn script(turn_silence: Option<Duration>) -> EarsScript {
    EarsScript {
        api_key: KEY.to_owned(),
        turn_silence,
    }
}

#[rstest]
#[case::speechmatics("speechmatics", EarsVendor::Speechmatics)]
#[case::azure_speech("azure-speech", EarsVendor::AzureSpeech)]
#[case::elevenlabs("elevenlabs", EarsVendor::Scribe)]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_down_takes_as_long_as_is_reported(#[case] id: &str, #[case] vendor: EarsVendor) {
    let ears = EarsServer::start(vendor, script(None)).await.expect("it starts");
    let folder = Folder::new();
    let server = serve(&folder, id, ears.base_url()).await;
    let args = ["--mode", "cascade", "--stt", id];
    let call = || {
        ears.hear(Spoken::of("How late is it?").after(STT));
        talk(&folder, &server, &args)
    };
    is_true(call, &[part("stt_ms", STT, || ears.delays())]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whole_utterances_take_as_long_as_is_reported() {
    let ears = GoogleSpeechServer::start(KEY).await.expect("it starts");
    let folder = Folder::new();
    let server = serve(&folder, "google-cloud", ears.base_url()).await;
    let args = ["--mode", "cascade", "--stt", "google-cloud"];
    let call = || {
        ears.hear(Spoken::of("How late is it?").after(STT));
        talk(&folder, &server, &args)
    };
    is_true(call, &[part("stt_ms", STT, || ears.delays())]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_that_the_vendor_finds_is_answered() {
    let ears = EarsServer::start(EarsVendor::AssemblyAi, script(Some(Duration::from_millis(400))))
        .await
        .expect("it starts");
    ears.hear(Spoken::of("How late is it?"));
    let folder = Folder::new();
    let server = serve(&folder, "assemblyai", ears.base_url()).await;
    let latency = talk(&folder, &server, &["--mode", "cascade", "--stt", "assemblyai"]).await;
    // The vendor waits for so much silence before it says that the turn is over.
    assert!(ms(&latency, "total_ms") > 400.0, "{latency}");
    assert_eq!(ears.requests().len(), 1);
}
