use viva_domain::ports::{Message, MessageRole, ProviderErrorKind};
use viva_fakes::vendors::gemini::live::LiveConnection;

use super::*;

#[tokio::test]
async fn a_conversation_moves_when_it_is_told_to_and_goes_on() {
    let rig = Rig::start(quick()).await;
    let mut talk = rig.talk(&[]).await;
    assert_eq!(talk.ask().await.text, "It is noon.");
    rig.server.go_away(Duration::from_secs(10));
    let connections = patiently(rig.server.until(|connections| connections.len() == 2)).await;
    // A handle is refused while its connection is open.
    assert_eq!(connections[0].closed.unwrap().code, Some(1000));
    assert_eq!(talk.ask().await.text, "You are welcome.");
    let connections = rig.server.connections();
    assert_eq!(connections.len(), 2);
    assert_eq!(connections[1].refused, None);
    assert!(connections[1].messages[0]["setup"]["historyConfig"].is_null());
}

#[tokio::test]
async fn a_conversation_that_moves_is_set_up_as_before() {
    let rig = Rig::start(quick()).await;
    let chosen = ProviderConfig {
        voice: Some("Puck".to_owned()),
        language: Some("de-DE".to_owned()),
        ..config(&[
            ("temperature", "0.5"),
            ("turn_detection", "\"server\""),
            ("silence_ms", "100"),
        ])
    };
    let before = Message {
        role: MessageRole::User,
        text: "Hello.".to_owned(),
    };
    let request = RealtimeRequest {
        history: vec![before],
        ..request(chosen)
    };
    let _talk = Talk::of(patiently(rig.voice.connect(request)).await.unwrap());
    // The setup and the history; what the server had to say about them is on its way.
    patiently(rig.server.until(|connections| connections[0].messages.len() == 2)).await;
    rig.server.cut();
    let is_set_up =
        |connections: &[LiveConnection]| connections.len() == 2 && !connections[1].messages.is_empty();
    let connections = patiently(rig.server.until(is_set_up)).await;
    let [mut first, mut second] = [0, 1].map(|at| connections[at].messages[0]["setup"].clone());
    for (setup, is_first) in [(&mut first, true), (&mut second, false)] {
        let setup = setup.as_object_mut().unwrap();
        let resumption = setup.remove("sessionResumption").unwrap();
        assert_eq!(resumption["handle"].is_null(), is_first);
        // What was said before is known behind the handle.
        assert_eq!(setup.remove("historyConfig").is_some(), is_first);
    }
    assert_eq!(second, first);
    let told = first.to_string();
    for chosen in ["Puck", "de-DE", "0.5", "100", "Be brief."] {
        assert!(told.contains(chosen), "{chosen} is not in {told}");
    }
}

#[tokio::test]
async fn who_speaks_while_the_conversation_moves_is_heard_completely() {
    let rig = Rig::start(quick()).await;
    let mut talk = rig.talk(&[]).await;
    talk.speak().await;
    patiently(
        rig.server
            .until(|connections| connections[0].audio.len() == 3_200),
    )
    .await;
    // Too little time to wait until the turn is over.
    rig.server.go_away(Duration::from_millis(2));
    patiently(rig.server.until(|connections| connections[0].closed.is_some())).await;
    for _ in 0..10 {
        talk.audio(8_000).await;
    }
    talk.commit().await;
    assert_eq!(talk.told().await.text, "It is noon.");
    let connections = rig.server.connections();
    assert_eq!(connections.len(), 2);
    assert_eq!(connections[1].turns, [talk.sent.clone()]);
}

#[tokio::test]
async fn a_connection_that_breaks_between_turns_is_not_noticed() {
    let rig = Rig::start(quick()).await;
    let mut talk = rig.talk(&[]).await;
    assert_eq!(talk.ask().await.text, "It is noon.");
    rig.server.cut();
    let told = talk.ask().await;
    assert_eq!((told.text.as_str(), told.failure), ("You are welcome.", None));
    assert_eq!(rig.server.connections().len(), 2);
}

#[tokio::test]
async fn a_close_after_the_announcement_is_no_failure() {
    let rig = Rig::start(quick()).await;
    let mut talk = rig.talk(&[]).await;
    talk.speak().await;
    rig.server.go_away(Duration::from_secs(100));
    rig.server.close(1008, "session duration reached");
    talk.commit().await;
    assert_eq!(talk.told().await.text, "It is noon.");
}

#[tokio::test]
async fn where_nothing_can_be_gone_on_with_the_conversation_ends() {
    let rig = Rig::start(quick()).await;
    let mut talk = rig.talk(&[]).await;
    rig.server.close(1007, "Request contains an invalid argument.");
    assert!(matches!(talk.fails().await.kind, ProviderErrorKind::Failed(_)));
    rig.ends().await;
}

#[tokio::test]
async fn a_server_that_takes_no_handle_ends_the_conversation() {
    let script = LiveScript {
        setup_closes: vec![None, Some((1008, "session not found".to_owned()))],
        ..quick()
    };
    let rig = Rig::start(script).await;
    let mut talk = rig.talk(&[]).await;
    talk.ask().await;
    rig.server.cut();
    assert!(matches!(talk.fails().await.kind, ProviderErrorKind::Failed(_)));
    rig.ends().await;
}

#[tokio::test]
async fn going_on_is_tried_again() {
    let out_of_order = || Some((1011, "Internal error encountered.".to_owned()));
    let script = LiveScript {
        setup_closes: vec![None, out_of_order(), out_of_order()],
        ..quick()
    };
    let rig = Rig::start(script).await;
    let mut talk = rig.talk(&[]).await;
    talk.ask().await;
    rig.server.cut();
    assert_eq!(talk.ask().await.text, "You are welcome.");
    assert_eq!(rig.server.connections().len(), 4);
}
