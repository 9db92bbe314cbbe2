use viva_fakes::vendors::gemini::live::LiveAnswer;

use super::*;
use crate::providers::transport::hanging_up;

fn endless() -> LiveScript {
    LiveScript {
        pace: Duration::from_millis(20),
        answers: vec![LiveAnswer::saying(&"word ".repeat(100), "")],
        ..quick()
    }
}

#[tokio::test]
async fn a_dropped_conversation_closes_its_connection_at_once() {
    hanging_up::is_noticed_at_once(async || {
        let rig = Rig::start(endless()).await;
        let mut talk = rig.talk(&[]).await;
        talk.speak().await;
        talk.commit().await;
        talk.until_audio().await;
        let dropped = Instant::now();
        drop(talk);
        let connections = patiently(rig.server.until(|connections| connections[0].closed.is_some())).await;
        let closed = connections[0].closed.unwrap();
        assert_eq!(closed.code, Some(1000));
        rig.ends().await;
        closed.at - dropped
    })
    .await;
}

#[tokio::test]
async fn either_channel_ends_the_conversation() {
    let rig = Rig::start(endless()).await;
    let talk = rig.talk(&[]).await;
    drop(talk.session.commands);
    assert_eq!(patiently(talk.session.events.collect::<Vec<_>>()).await, []);

    let mut talk = rig.talk(&[]).await;
    talk.speak().await;
    talk.commit().await;
    talk.until_audio().await;
    drop(talk.session.events);
    rig.ends().await;
    drop(talk.session.commands);
}

#[tokio::test]
async fn a_listener_that_does_not_read_can_still_interrupt() {
    let rig = Rig::start(endless()).await;
    let mut talk = rig.talk(&[]).await;
    talk.speak().await;
    talk.commit().await;
    patiently(rig.server.until(|connections| connections[0].answered.is_some())).await;
    talk.interrupt().await;
    let interrupted =
        |connection: &viva_fakes::vendors::gemini::live::LiveConnection| connection.turns.len() == 2;
    patiently(rig.server.until(|connections| interrupted(&connections[0]))).await;
}

#[tokio::test]
async fn conversations_that_come_and_go_leave_nothing_behind() {
    let rig = Rig::start(endless()).await;
    for _ in 0..50 {
        let mut talk = rig.talk(&[]).await;
        talk.speak().await;
        talk.commit().await;
        talk.until_audio().await;
    }
    rig.ends().await;
    let all_closed = |connections: &[_]| {
        connections
            .iter()
            .all(|connection: &viva_fakes::vendors::gemini::live::LiveConnection| connection.closed.is_some())
    };
    let connections = patiently(rig.server.until(all_closed)).await;
    assert_eq!(connections.len(), 50);
}
