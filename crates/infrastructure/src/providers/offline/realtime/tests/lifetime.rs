use futures_util::StreamExt;
use tokio::time::timeout;
use viva_domain::ports::{RealtimeCommand, RealtimeEventKind};

use super::super::{EVENTS, OfflineRealtimeVoice};
use super::talk::{HOUR, SHORT, Talk, config, request, voice};

async fn nothing_runs(voice: &OfflineRealtimeVoice) {
    voice.tasks.close();
    timeout(HOUR, voice.tasks.wait())
        .await
        .expect("something still runs");
}

#[tokio::test(start_paused = true)]
async fn a_conversation_ends_with_its_channels() {
    let voice = voice();
    for options in [&[SHORT][..], &[SHORT, ("pace", "\"realtime\"")], &[]] {
        // Before it was used, and while it answers.
        drop(Talk::with(&voice, request(config(options))).await);
        let mut talk = Talk::with(&voice, request(config(options))).await;
        talk.commit().await;
        while !matches!(talk.next().await.kind, RealtimeEventKind::Audio(_)) {}
    }
    nothing_runs(&voice).await;
}

#[tokio::test(start_paused = true)]
async fn a_conversation_ends_when_nobody_gives_orders_any_more() {
    let voice = voice();
    let talk = Talk::with(&voice, request(config(&[SHORT]))).await;
    drop(talk.session.commands);
    assert_eq!(talk.session.events.collect::<Vec<_>>().await, []);
    nothing_runs(&voice).await;
}

#[tokio::test(start_paused = true)]
async fn a_conversation_ends_when_nobody_listens_any_more() {
    let voice = voice();
    let mut answering = Talk::with(&voice, request(config(&[SHORT]))).await;
    answering.commit().await;
    drop(answering.session.events);
    let mut listening = Talk::with(&voice, request(config(&[SHORT]))).await;
    let mut commands = listening.session.commands.clone();
    listening.speak(0, 20).await;
    drop(listening.session);
    // What is closed is noticed with the next command, and audio comes all the time.
    assert!(commands.try_send(RealtimeCommand::Audio([0; 320].into())).is_ok());
    nothing_runs(&voice).await;
}

#[tokio::test(start_paused = true)]
async fn a_listener_that_does_not_read_makes_the_answer_wait() {
    let mut talk = Talk::open(&[("delay_ms", "0")]).await;
    talk.commit().await;
    tokio::time::sleep(HOUR).await;
    let mut waiting = 0;
    while talk.session.events.try_recv().is_ok() {
        waiting += 1;
    }
    assert!(waiting <= EVENTS + 1, "{waiting} events wait");
    while !matches!(talk.next().await.kind, RealtimeEventKind::ResponseDone { .. }) {}
}

#[tokio::test(start_paused = true)]
async fn an_interruption_is_taken_while_nobody_listens() {
    let mut talk = Talk::open(&[("delay_ms", "0")]).await;
    talk.commit().await;
    let answered = talk.generation;
    tokio::time::sleep(HOUR).await;
    talk.interrupt().await;
    tokio::time::sleep(HOUR).await;
    let mut waiting = 0;
    while let Ok(event) = talk.session.events.try_recv() {
        assert_eq!(event.generation, answered, "{event:?}");
        waiting += 1;
    }
    assert!(waiting > 10);
    talk.stays_silent().await;
}

#[tokio::test(start_paused = true)]
async fn an_order_that_waits_goes_before_anything_else_is_said() {
    let mut talk = Talk::open(&[("delay_ms", "0")]).await;
    for _ in 0..16 {
        talk.commit().await;
        tokio::time::sleep(HOUR).await;
        // The conversation waits for room. It gets the order and the room at the same time.
        talk.generation = talk.generation.next();
        let interrupt = RealtimeCommand::Interrupt {
            generation: talk.generation,
            heard: None,
            taken: 0,
        };
        assert!(talk.session.commands.try_send(interrupt).is_ok());
        while talk.session.events.try_recv().is_ok() {}
        talk.stays_silent().await;
    }
}
