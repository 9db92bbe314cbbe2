use viva_fakes::CapturedLogs;
use viva_fakes::vendors::openai_transcription::SpokenText;

use super::{FILES, KEY, PROVIDER, Rig, config};
use crate::providers::ears::talk::{Talk, logged};
use crate::providers::testing::account;

#[tokio::test]
async fn neither_key_nor_words_of_files_are_logged() {
    let logs = CapturedLogs::start();
    let rig = Rig::start().await;
    rig.server.hear(SpokenText::of("top secret words"));
    let mut talk = rig.talk(FILES, &[("prompt", "\"top secret prompt\"")]).await;
    talk.speak().await;
    talk.finalize().await;
    assert_eq!(talk.text().await, "top secret words");
    drop(talk);
    // The server answers a wrong key with the key.
    let wrong = super::OpenAiSpeechToText {
        account: account(&rig.server.base_url(), Some("sk-wrong-key")),
        ..rig.ears.clone()
    };
    let mut talk = Talk::open(&wrong, &config(PROVIDER, FILES, &[])).await;
    talk.speak().await;
    talk.finalize().await;
    let failed = talk.answer().await;
    drop(talk);
    let told = format!("{failed:?} {wrong:?} {:?}", rig.ears);
    rig.ends().await;
    let logged = logged(&logs);
    assert!(
        logged.contains("provider.openai.stt.connect"),
        "nothing was logged: {logged}"
    );
    for secret in [KEY, "sk-wrong-key", "top secret"] {
        assert!(!logged.contains(secret), "{logged}");
        assert!(!told.contains(secret), "{told}");
    }
}
