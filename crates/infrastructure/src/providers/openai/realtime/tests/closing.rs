use std::time::Instant;

use rstest::rstest;
use viva_domain::ports::RealtimeEventKind;
use viva_fakes::vendors::openai::realtime::{OpenAiRealtimeScript, RealtimeAnswer, RealtimeHost};

use super::bench::{Bench, KEY, ORDERED, config, settings};
use crate::providers::transport::hanging_up;

#[rstest]
#[tokio::test]
async fn hanging_up_in_the_middle_closes_the_connection_at_once(
    #[values(RealtimeHost::OpenAi, RealtimeHost::Azure)] host: RealtimeHost,
) {
    hanging_up::is_noticed_at_once(async || {
        let bench = Bench::at(host).await;
        bench
            .server
            .answer(RealtimeAnswer::of("Once upon a time").hangs(2));
        let mut talk = bench.talk(&[ORDERED]).await;
        talk.speak(3_000, 200).await;
        talk.commit().await;
        talk.until(|kind| matches!(kind, RealtimeEventKind::Audio(_)))
            .await;
        let hung_up = Instant::now();
        talk.hang_up().await;
        let lines = bench.until_told(|lines| lines[0].closed.is_some()).await;
        let closed = lines[0].closed.unwrap();
        assert_eq!(closed.code, Some(1_000));
        bench.until_over().await;
        closed.at - hung_up
    })
    .await;
}

#[tokio::test]
async fn dropping_a_conversation_leaves_nothing_running() {
    let bench = Bench::new().await;
    for _ in 0..20 {
        let mut talk = bench.talk(&[ORDERED]).await;
        talk.speak(3_000, 200).await;
        talk.commit().await;
        drop(talk);
    }
    bench.until_over().await;
    let lines = bench
        .until_told(|lines| lines.iter().all(|line| line.closed.is_some()))
        .await;
    assert_eq!(lines.len(), 20);
}

#[tokio::test]
async fn giving_up_while_it_connects_closes_the_connection() {
    let script = OpenAiRealtimeScript {
        accepts_sessions: false,
        ..OpenAiRealtimeScript::default()
    };
    let bench = Bench::with(script, settings(), Some(KEY)).await;
    let config = config(&[]);
    {
        let connecting = bench.connect(&config, Vec::new());
        let configured = bench.until_told(|lines| lines.len() == 1 && lines[0].texts.len() == 1);
        tokio::select! {
            _ = connecting => panic!("the session was never accepted"),
            _ = configured => {}
        }
    }
    bench.until_told(|lines| lines[0].closed.is_some()).await;
}

#[tokio::test]
async fn nobody_waits_for_a_connection_that_is_being_replaced() {
    let bench = Bench::new().await;
    let talk = bench.talk(&[ORDERED]).await;
    for _ in 0..10 {
        bench.server.refuse(503, "server_error", "Down.", None);
    }
    bench.server.cut();
    talk.hang_up().await;
    bench.until_over().await;
}
