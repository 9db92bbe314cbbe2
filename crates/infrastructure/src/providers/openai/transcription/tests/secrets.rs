use viva_domain::ports::SpeechToText;
use viva_fakes::CapturedLogs;
use viva_fakes::vendors::openai_transcription::SpokenText;

use super::{FILES, KEY, REALTIME, Rig, config};
use crate::providers::ears::talk::{Talk, account, logged};

#[tokio::test]
async fn neither_key_nor_words_are_logged() {
    let logs = CapturedLogs::start();
    let rig = Rig::start().await;
    for model in [FILES, REALTIME] {
        rig.server.hear(SpokenText::of("top secret words"));
        let mut talk = rig.talk(model, &[("prompt", "\"top secret prompt\"")]).await;
        talk.speak().await;
        talk.finalize().await;
        assert_eq!(talk.text().await, "top secret words");
    }
    // The server answers a wrong key with the key.
    let wrong = super::OpenAiSpeechToText {
        account: account(&rig.server.base_url(), Some("sk-wrong-key")),
        ..rig.ears.clone()
    };
    let refused = wrong.connect(config("openai", REALTIME, &[])).await.unwrap_err();
    let mut talk = Talk::open(&wrong, &config("openai", FILES, &[])).await;
    talk.speak().await;
    talk.finalize().await;
    let failed = talk.answer().await;
    drop(talk);
    let told = format!("{refused} {refused:?} {failed:?} {wrong:?} {:?}", rig.ears);
    rig.ends().await;
    let logged = logged(&logs);
    assert!(logged.contains("openai"), "nothing was logged: {logged}");
    for secret in [KEY, "sk-wrong-key", "top secret"] {
        assert!(!logged.contains(secret), "{logged}");
        assert!(!told.contains(secret), "{told}");
    }
}
