use serde_json::json;
use viva_fakes::CapturedLogs;
use viva_fakes::vendors::gemini::live::LiveAnswer;

use super::*;

#[tokio::test]
async fn neither_key_nor_words_nor_handles_are_logged() {
    let logs = CapturedLogs::start();
    let mut script = quick();
    script.answers[0] = LiveAnswer::saying("top secret answer", "top secret question");
    let rig = Rig::start(script).await;
    let mut talk = rig.talk(&[]).await;
    talk.ask().await;
    rig.server.cut();
    talk.ask().await;
    rig.server
        .say(json!({"serverContent": {"inputTranscription": "top secret nonsense"}}));
    talk.ask().await;
    rig.server.close(1008, &format!("bad key {KEY}"));
    let refused = talk.fails().await;

    // The server answers a wrong key with the key.
    let wrong = voice(&rig.server.base_url(), Some("live-wrong-key"));
    let err = wrong.connect(request(config(&[]))).await.unwrap_err();
    let told = [&err, &refused]
        .map(|err| format!("{err} {err:?} {:?}", err.source.as_ref().map(ToString::to_string)));
    let told = format!("{told:?} {:?} {wrong:?}", rig.voice);
    rig.ends().await;
    let logged = logs.text();
    assert!(logged.contains(PROVIDER), "nothing was logged: {logged}");
    // The scripted server repeats the key in what it sends.
    let logged = without_frames(&logged);
    assert!(
        logged.contains("Left out a message"),
        "it was not logged: {logged}"
    );
    for secret in [KEY, "live-wrong-key", "top secret", "handle-1"] {
        assert!(!logged.contains(secret), "{secret} is in {logged}");
        assert!(!told.contains(secret), "{secret} is in {told}");
    }
}

/// The log without what the WebSocket library writes at `trace`, which is every frame, on the server's side too.
fn without_frames(logged: &str) -> String {
    let mut is_kept = true;
    let kept = logged.lines().filter(|line| {
        if line.contains(" TRACE ") {
            is_kept = !line.contains("tungstenite");
        } else if [" DEBUG ", " INFO ", " WARN ", " ERROR "]
            .iter()
            .any(|level| line.contains(level))
        {
            is_kept = true;
        }
        is_kept
    });
    kept.collect::<Vec<_>>().join("\n")
}
