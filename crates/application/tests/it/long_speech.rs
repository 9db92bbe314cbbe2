//! Users who speak for longer than a turn may last.

use std::time::Duration;

use viva_application::sessions::{SessionInput, SessionSettings};
use viva_domain::ports::{RealtimeCommand, RealtimeEventKind};
use viva_domain::turns::{Event, Limits, NoticeCode};
use viva_fakes::Answer;

use crate::bench::{Bench, Caller, Detector, speech};

/// A turn lasts 2 s.
fn bench(detector: Detector) -> Bench {
    let settings = SessionSettings {
        limits: Limits {
            utterance: Duration::from_secs(2),
            utterance_warning: Duration::from_secs(1),
            ..Limits::default()
        },
        ..SessionSettings::default()
    };
    Bench::with(detector, settings, |voice| voice)
}

/// Speech without a pause.
async fn speak_on(caller: &mut Caller, ms: usize) {
    let question = speech("question-en");
    let voiced = &question[24 * 560..24 * 3_800];
    let speech: Vec<i16> = voiced.iter().copied().cycle().take(24 * ms).collect();
    caller.speak(&speech).await;
}

fn is_limit(event: &Event) -> bool {
    *event == Event::Notice(NoticeCode::UtteranceLimitReached)
}

#[tokio::test(start_paused = true)]
async fn what_is_said_after_the_limit_is_the_next_turn() {
    let bench = bench(Detector::Session);
    let short = || Answer::new().started().audio(2_400).done();
    bench.voice.answer(short());
    bench.voice.answer(short());
    let mut caller = bench.start().await;
    let started = caller.started().await;
    speak_on(&mut caller, 3_300).await;
    caller.until(is_limit).await;
    let first = caller.until_audio().await.turn;
    caller.hears_all(first, 100).await;
    caller.speak(&vec![0; 24 * 1_000]).await;
    let second = caller.until_audio().await.turn;
    assert_eq!(Some(second), first.next());
    caller.hears_all(second, 100).await;
    caller.say(SessionInput::End).await;
    caller.rest().await;
    let (_, turns) = bench.stored(&started).await;
    assert_eq!(turns.len(), 2);
    let began = turns[1].marks.speech_started.expect("it was spoken");
    let reached = turns[0].marks.speech_ended.expect("it was ended");
    let twice = reached.since(began);
    assert!(twice < Duration::from_millis(20), "{twice:?} belong to both");
    let said = bench.user_recording(&turns[1]).await;
    assert!(said.len() > 24 * 1_300, "{}", said.len());
}

#[tokio::test(start_paused = true)]
async fn who_speaks_on_after_the_limit_interrupts_an_answer_that_has_begun() {
    let bench = bench(Detector::Session);
    bench
        .voice
        .answer(Answer::new().started().audio(24 * 20_000).done());
    let mut caller = bench.start().await;
    speak_on(&mut caller, 3_800).await;
    caller.until(is_limit).await;
    caller
        .until(|event| matches!(event, Event::Interrupted { .. }))
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_finds_turns_is_told_of_the_limit() {
    let bench = bench(Detector::Provider);
    let mut caller = bench.start().await;
    bench.voice.say(RealtimeEventKind::SpeechStarted);
    speak_on(&mut caller, 2_500).await;
    caller.until(is_limit).await;
    let orders = bench.voice.recorded().control();
    assert_eq!(orders, [RealtimeCommand::EndTurn]);
}
