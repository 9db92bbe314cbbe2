use serde_json::json;
use viva_domain::ports::SpeechToText;
use viva_fakes::CapturedLogs;
use viva_fakes::vendors::deepgram::Spoken;

use super::{KEY, NOVA, PROVIDER, Rig, config};
use crate::providers::ears::talk::logged;
use crate::providers::testing::account;

#[tokio::test]
async fn neither_key_nor_words_are_logged() {
    let logs = CapturedLogs::start();
    let rig = Rig::start().await;
    rig.server
        .hear(Spoken::of("top secret words").interim("top secret"));
    let mut talk = rig.talk(NOVA, &[]).await;
    talk.speak().await;
    talk.finalize().await;
    talk.text().await;
    rig.server
        .say(json!({"type": "Results", "start": "top secret nonsense"}));
    rig.server
        .say(json!({"type": "Error", "variant": "x", "description": format!("bad key {KEY}")}));
    let end = talk.end().await;
    assert!(end.to_string().contains("bad key [key]"), "{end}");

    // The server answers a wrong key with the key.
    let wrong = super::DeepgramSpeechToText {
        account: account(&rig.server.base_url(), Some("dg-wrong-key")),
        ..rig.ears.clone()
    };
    let err = wrong.connect(config("deepgram", NOVA, &[])).await.unwrap_err();
    let told = format!("{err} {err:?} {:?} {wrong:?} {:?}", err.source, rig.ears);
    rig.ends().await;
    let logged = logged(&logs);
    assert!(logged.contains(PROVIDER), "nothing was logged: {logged}");
    for secret in [KEY, "dg-wrong-key", "top secret"] {
        assert!(!logged.contains(secret), "{logged}");
        assert!(!told.contains(secret), "{told}");
    }
}
