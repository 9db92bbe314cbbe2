//! Turns: spoken, answered, interrupted.

use std::time::Duration;

use tokio::time::sleep;
use viva_application::sessions::{SessionInput, StartSession};
use viva_domain::latency::MeasuredAt;
use viva_domain::ports::{ProviderErrorKind, RealtimeCommand, RealtimeEventKind};
use viva_domain::sessions::EndStatus;
use viva_domain::turns::{BargeIn, Event, Generation, Greeting, InterruptReason, PlaybackEvent, TurnNumber};
use viva_fakes::Answer;

use crate::bench::{Bench, Detector, RATE, exchange, request, speech};

/// The question, which ends at 3,879 ms, with enough silence to end the turn and not a frame more.
fn question() -> Vec<i16> {
    let mut question = speech("question-en");
    question.truncate(RATE as usize * 445 / 100);
    question
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

#[tokio::test(start_paused = true)]
async fn a_spoken_question_is_answered_measured_and_kept() {
    let bench = Bench::new(Detector::Session);
    bench.voice.answer(
        Answer::new()
            .transcript("What time is it?")
            .wait(ms(300))
            .started()
            .text("Noon.")
            .audio(24_000)
            .done(),
    );
    let mut caller = bench.start().await;
    let started = caller.started().await;
    caller.speak(&question()).await;

    let Event::SpeechStarted { at } = caller
        .until(|event| matches!(event, Event::SpeechStarted { .. }))
        .await
    else {
        unreachable!()
    };
    assert!(
        at.elapsed().abs_diff(ms(520)) <= ms(60),
        "speech begins at 500 ms, got {at:?}"
    );
    let frame = caller.until_audio().await;
    assert_eq!((frame.turn, frame.position), (TurnNumber::FIRST, 0));
    caller.played(TurnNumber::FIRST, PlaybackEvent::Started, 0).await;
    let latency = caller
        .until(|event| matches!(event, Event::TurnLatency { .. }))
        .await;
    let Event::TurnLatency { latency, .. } = latency else {
        unreachable!()
    };
    assert_eq!(
        latency.total.map(|total| total.measured),
        Some(MeasuredAt::Client)
    );
    assert!(
        latency.endpointing.unwrap().abs_diff(ms(500)) <= ms(60),
        "{latency:?}"
    );
    assert_eq!(latency.provider, Some(ms(300)));
    assert_eq!(latency.unexplained, None);
    caller
        .played(TurnNumber::FIRST, PlaybackEvent::Finished, 1_000)
        .await;
    caller
        .until(|event| {
            matches!(
                event,
                Event::ResponseEnded {
                    interruption: None,
                    false_interruptions: 0,
                    ..
                }
            )
        })
        .await;
    caller.say(SessionInput::End).await;
    let rest = caller.rest().await;
    let Some(Event::SessionEnded {
        status: EndStatus::Completed,
        summary,
    }) = rest.last()
    else {
        panic!("the session ends, got {rest:?}")
    };
    assert_eq!((summary.turns, summary.interrupted), (1, 0));

    let (_, turns) = bench.stored(&started).await;
    let [turn] = turns.as_slice() else {
        panic!("one turn, got {turns:?}")
    };
    assert_eq!(turn.user_transcript.as_deref(), Some("What time is it?"));
    assert_eq!(turn.answer.heard, "Noon.");
    assert_eq!(turn.played, Some(ms(1_000)));
    let user_audio = turn.user_audio.as_ref().unwrap();
    let speech_and_more = ms(300 + 3_379 + 500);
    assert!(
        user_audio.duration() >= speech_and_more,
        "prefix, speech, silence: {:?}",
        user_audio.duration()
    );
    let began = turn.marks.user_audio_began.unwrap().elapsed();
    assert!(
        began.abs_diff(ms(220)) <= ms(60),
        "300 ms before the speech, got {began:?}"
    );
    assert_eq!(turn.ai_audio.as_ref().unwrap().samples, 24_000);
    assert_eq!(bench.blob_store.keys().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn speaking_while_the_ai_speaks_cuts_it() {
    let bench = Bench::new(Detector::Session);
    bench.voice.answer(Answer::spoken(
        "One two three four five six seven eight nine ten.",
        10 * RATE as usize,
    ));
    let mut caller = bench.start().await;
    let started = caller.started().await;
    let clip = speech("barge-in-en");
    caller.speak(&question()).await;
    caller.until_audio().await;
    caller.played(TurnNumber::FIRST, PlaybackEvent::Started, 0).await;
    let interruption = question().len()..RATE as usize * 69 / 10;
    caller.speak(&clip[interruption]).await;
    let cut = caller
        .until(|event| matches!(event, Event::Interrupted { .. }))
        .await;
    assert!(matches!(
        cut,
        Event::Interrupted {
            reason: InterruptReason::Speech,
            ..
        }
    ));
    caller
        .played(TurnNumber::FIRST, PlaybackEvent::Stopped, 2_000)
        .await;
    caller.say(SessionInput::End).await;
    caller.rest().await;

    let control = bench.voice.recorded().control();
    let heard = control.iter().find_map(|command| match command {
        RealtimeCommand::Interrupt { heard, .. } => *heard,
        _ => None,
    });
    let heard = heard.expect("the provider is told how much was heard");
    assert!(heard.audio > ms(300) && heard.audio < ms(3_000), "{heard:?}");
    let corrected = control.iter().find_map(|command| match command {
        RealtimeCommand::Heard(heard) => Some(heard.audio),
        _ => None,
    });
    assert_eq!(corrected, Some(ms(2_000)), "and how much it was indeed");
    let (_, turns) = bench.stored(&started).await;
    assert_eq!(turns[0].interruption, Some(InterruptReason::Speech));
    assert_eq!(turns[0].played, Some(ms(2_000)));
    assert!(
        turns[0].answer.heard.starts_with("One") && turns[0].answer.unheard.ends_with("ten."),
        "{turns:?}"
    );
    assert_eq!(turns.len(), 2, "the interruption is a turn of its own");
}

#[tokio::test(start_paused = true)]
async fn what_was_said_before_the_cut_is_dropped() {
    let bench = Bench::new(Detector::Provider);
    let mut caller = bench.start().await;
    caller.started().await;
    bench.voice.say(RealtimeEventKind::ResponseStarted);
    bench.voice.say(RealtimeEventKind::Audio(vec![1; 24_000]));
    caller.until_audio().await;
    caller.say(SessionInput::Interrupt { played: Some(ms(10)) }).await;
    caller
        .until(|event| {
            matches!(
                event,
                Event::ResponseEnded {
                    interruption: Some(_),
                    ..
                }
            )
        })
        .await;
    bench
        .voice
        .say_late(Generation::FIRST, RealtimeEventKind::Audio(vec![2; 24_000]));
    let turn = exchange(&bench, &mut caller).await;
    assert_eq!(
        turn.get(),
        2,
        "the late audio opened no turn and none of it was sent"
    );
}

#[tokio::test(start_paused = true)]
async fn the_greeting_waits_until_the_client_can_play() {
    let bench = Bench::new(Detector::Session);
    let request = StartSession {
        greeting: Greeting::WhenReady,
        ..request()
    };
    let mut caller = bench.try_start(request).await.unwrap();
    caller.started().await;
    assert_eq!(bench.voice.recorded().control(), []);
    caller.say(SessionInput::Ready).await;
    let frame = caller.until_audio().await;
    assert_eq!(frame.turn, TurnNumber::FIRST);
    assert!(matches!(
        bench.voice.recorded().control().as_slice(),
        [RealtimeCommand::Greet(_)]
    ));
}

#[tokio::test(start_paused = true)]
async fn the_user_may_end_the_turn_by_hand() {
    let bench = Bench::new(Detector::Session);
    let mut caller = bench.start().await;
    caller.started().await;
    caller.speak(&speech("question-en")[..RATE as usize * 2]).await;
    caller
        .until(|event| matches!(event, Event::SpeechStarted { .. }))
        .await;
    caller.say(SessionInput::EndTurn).await;
    caller
        .until(|event| matches!(event, Event::SpeechEnded { .. }))
        .await;
    caller.until_audio().await;
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_finds_turns_is_told_that_the_user_ended_one() {
    let bench = Bench::new(Detector::Provider);
    let mut caller = bench.start().await;
    caller.started().await;
    bench.voice.say(RealtimeEventKind::SpeechStarted);
    caller
        .until(|event| matches!(event, Event::SpeechStarted { .. }))
        .await;
    caller.say(SessionInput::EndTurn).await;
    caller.say(SessionInput::End).await;
    caller.rest().await;
    assert_eq!(bench.voice.recorded().control(), [RealtimeCommand::EndTurn]);
}

#[tokio::test(start_paused = true)]
async fn who_says_nothing_ends_no_turn() {
    let bench = Bench::new(Detector::Session);
    let mut caller = bench.start().await;
    let started = caller.started().await;
    caller.say(SessionInput::EndTurn).await;
    caller.say(SessionInput::End).await;
    caller.rest().await;
    assert_eq!(bench.voice.recorded().control(), []);
    assert_eq!(bench.stored(&started).await.1, []);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_sends_nothing_for_a_moment_leaves_no_gap_in_the_recording() {
    let bench = Bench::new(Detector::Session);
    let mut caller = bench.start().await;
    let started = caller.started().await;
    let sent = question();
    let (first, second) = sent.split_at(RATE as usize * 2);
    caller.speak(first).await;
    sleep(ms(300)).await;
    caller.speak(second).await;
    caller.until_audio().await;
    caller.say(SessionInput::End).await;
    caller.rest().await;

    let (_, turns) = bench.stored(&started).await;
    let [turn] = turns.as_slice() else {
        panic!("one turn, got {turns:?}")
    };
    let recorded = bench.user_recording(turn).await;
    assert_eq!(turn.user_audio.as_ref().unwrap().samples, recorded.len() as u64);
    let began = sent.windows(recorded.len()).position(|sent| sent == recorded);
    let began = began.expect("what was sent, sample by sample, and nothing in the gap");
    let ms_of = |samples: usize| ms(samples as u64 * 1_000 / u64::from(RATE));
    assert!(
        ms_of(began).abs_diff(ms(200)) <= ms(60),
        "300 ms before the speech, got {:?}",
        ms_of(began)
    );
    assert!(
        ms_of(began + recorded.len()) >= ms(3_879),
        "to the end of the speech"
    );
}

#[tokio::test(start_paused = true)]
async fn a_client_that_stops_sending_while_its_user_speaks_has_ended_the_turn() {
    let bench = Bench::new(Detector::Session);
    let mut caller = bench.start().await;
    caller.started().await;
    caller.speak(&speech("question-en")[..RATE as usize * 2]).await;
    caller
        .until(|event| matches!(event, Event::SpeechEnded { .. }))
        .await;
    caller.until_audio().await;
}

#[tokio::test(start_paused = true)]
async fn a_failed_answer_leaves_the_session_usable() {
    let bench = Bench::new(Detector::Provider);
    let mut caller = bench.start().await;
    let started = caller.started().await;
    bench.voice.say(RealtimeEventKind::SpeechStarted);
    bench.voice.say(RealtimeEventKind::SpeechEnded);
    caller
        .until(|event| matches!(event, Event::SpeechEnded { .. }))
        .await;
    bench
        .voice
        .say(RealtimeEventKind::ResponseFailed(std::sync::Arc::new(
            viva_domain::ports::ProviderError {
                kind: ProviderErrorKind::RateLimited,
                provider: "scripted".into(),
                retry_after: Some(ms(500)),
                source: None,
            },
        )));
    let failure = caller.until(|event| matches!(event, Event::Failure { .. })).await;
    assert!(
        matches!(
            failure,
            Event::Failure {
                recoverable: true,
                ..
            }
        ),
        "{failure:?}"
    );
    exchange(&bench, &mut caller).await;
    caller.say(SessionInput::End).await;
    caller.rest().await;
    let (_, turns) = bench.stored(&started).await;
    assert_eq!(turns.len(), 2);
    assert!(turns[0].failure.is_some() && turns[1].failure.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_hangs_up_ends_the_session_with_an_error() {
    let bench = Bench::new(Detector::Session);
    bench
        .voice
        .answer(Answer::new().started().audio(2_400).hangs_up());
    let mut caller = bench.start().await;
    let started = caller.started().await;
    caller.speak(&question()).await;
    let rest = caller.rest().await;
    let failure = rest.iter().find_map(|event| match event {
        Event::Failure {
            failure,
            recoverable: false,
        } => Some(failure.message.as_str()),
        _ => None,
    });
    assert_eq!(
        failure,
        Some("provider scripted: it failed: it closed the conversation")
    );
    assert!(
        matches!(
            rest.last(),
            Some(Event::SessionEnded {
                status: EndStatus::Error,
                ..
            })
        ),
        "{rest:?}"
    );
    let (_, turns) = bench.stored(&started).await;
    assert_eq!(turns.len(), 1, "what was finished is kept");
}

#[tokio::test(start_paused = true)]
async fn with_barge_in_off_the_ai_finishes() {
    let bench = Bench::new(Detector::Session);
    bench
        .voice
        .answer(Answer::spoken("A long answer.", 4 * RATE as usize));
    let request = StartSession {
        barge_in: BargeIn::Disabled,
        ..request()
    };
    let mut caller = bench.try_start(request).await.unwrap();
    caller.started().await;
    caller.speak(&speech("barge-in-en")).await;
    caller.say(SessionInput::End).await;
    let rest = caller.rest().await;
    let cut = rest.iter().any(|event| {
        matches!(
            event,
            Event::Interrupted {
                reason: InterruptReason::Speech,
                ..
            }
        )
    });
    assert!(!cut, "{rest:?}");
}
