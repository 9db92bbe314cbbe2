//! What is told of turns to whoever follows them one by one.

use std::time::Duration;

use tokio::time::sleep;
use viva_application::sessions::SessionInput;
use viva_domain::ports::{ProviderErrorKind, RealtimeEventKind};
use viva_domain::sessions::{FallbackPolicy, InteractionMode};
use viva_domain::turns::{Event, InterruptReason, TurnOutcome};
use viva_fakes::{Answer, Transcript};

use crate::bench::{Bench, Detector, FRAME, RATE, exchange, failure, speech};
use crate::falling_back::Scene;

#[tokio::test(start_paused = true)]
async fn a_turn_is_traced_as_it_is_stored() {
    let bench = Bench::new(Detector::Provider);
    let mut caller = bench.start().await;
    let started = caller.started().await;
    exchange(&bench, &mut caller).await;
    exchange(&bench, &mut caller).await;
    caller.say(SessionInput::End).await;
    caller.rest().await;
    let (session, turns) = bench.stored(&started).await;
    let traced = bench.traced();
    assert_eq!((turns.len(), traced.len()), (2, 2));
    for (traced, stored) in traced.iter().zip(&turns) {
        assert_eq!(
            (traced.id, traced.number, traced.session_id),
            (stored.id, stored.number, session.id)
        );
        assert_eq!((traced.marks, traced.latency), (stored.marks, stored.latency));
        assert_eq!(
            (traced.started_at, traced.ended_at),
            (stored.started_at, stored.ended_at)
        );
        assert_eq!(traced.session_started_at, session.started_at);
        assert_eq!((traced.outcome, traced.failed), (TurnOutcome::Answered, None));
        assert_eq!(traced.interaction, session.interaction);
    }
}

#[tokio::test(start_paused = true)]
async fn what_failed_and_what_was_cut_is_told() {
    let bench = Bench::new(Detector::Provider);
    let mut caller = bench.start().await;
    caller.started().await;
    bench.voice.say(RealtimeEventKind::SpeechStarted);
    bench.voice.say(RealtimeEventKind::SpeechEnded);
    let limited = failure(ProviderErrorKind::RateLimited);
    bench.voice.say(RealtimeEventKind::ResponseFailed(limited));
    caller.until(|event| matches!(event, Event::Failure { .. })).await;
    bench.voice.say(RealtimeEventKind::SpeechStarted);
    bench.voice.say(RealtimeEventKind::SpeechEnded);
    bench.voice.say(RealtimeEventKind::ResponseStarted);
    bench.voice.say(RealtimeEventKind::Audio(vec![5; 60 * FRAME]));
    caller.until_audio().await;
    caller.say(SessionInput::Interrupt { played: None }).await;
    caller.say(SessionInput::End).await;
    caller.rest().await;
    let traced = bench.traced();
    let told: Vec<_> = traced
        .iter()
        .map(|turn| (turn.outcome, turn.failed, turn.interruption))
        .collect();
    assert_eq!(
        told,
        [
            (TurnOutcome::Failed, Some("rate_limited"), None),
            (TurnOutcome::Interrupted, None, Some(InterruptReason::Client)),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_that_of_the_stack_that_gave_it() {
    let mut scene = Scene::new(Detector::Session, FallbackPolicy::Auto).await;
    let broken = Answer::new()
        .transcript("How are you?")
        .started()
        .text("Fine, thanks.")
        .audio(RATE as usize)
        .breaks_off(ProviderErrorKind::Unavailable);
    scene.bench.voice.answer(broken);
    scene
        .caller
        .speak(&speech("question-en")[..4_420 * RATE as usize / 1_000])
        .await;
    let turn = scene.caller.until_audio().await.turn;
    scene.caller.until_switched().await;
    // What was sent before is heard while the cascade is there already.
    scene.caller.hears_all(turn, 1_000).await;
    scene.cascade.ears.hear(Transcript::of("And now?"));
    scene.caller.speak(&speech("question-en")).await;
    let turn = scene.caller.until_audio().await.turn;
    scene.caller.hears_all(turn, 1_000).await;
    sleep(Duration::from_secs(1)).await;
    let traced = scene.bench.traced();
    let told: Vec<_> = traced
        .iter()
        .map(|turn| {
            (
                turn.interaction.mode(),
                turn.failed,
                turn.latency.llm_ttft.is_some(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (InteractionMode::Realtime, Some("unavailable"), false),
            (InteractionMode::Cascade, None, true),
        ]
    );
}
