//! A cascade that makes its answer ready while the user may still go on.

use viva_application::sessions::{SessionInput, StartSession, TurnDetectionChange};
use viva_domain::ports::{RealtimeCommand, SpeechToTextCommand};
use viva_domain::turns::Generation;
use viva_fakes::Transcript;

use crate::bench::{Bench, Cascade, Detector, request, speech};

/// Half of the silence is shorter than the pause of 350 ms in the recording.
fn detection(eager: Option<bool>) -> TurnDetectionChange {
    TurnDetectionChange {
        silence_ms: Some(500),
        eager,
        ..TurnDetectionChange::default()
    }
}

fn cascade_with(eager: Option<bool>) -> StartSession {
    StartSession {
        interaction: Cascade::wanted(),
        turn_detection: detection(eager),
        ..request()
    }
}

/// What the ears are told beside audio: `b` that the user began, `f` to write down what was said.
fn told(cascade: &Cascade) -> String {
    cascade
        .ears
        .recorded()
        .control()
        .iter()
        .map(|command| match command {
            SpeechToTextCommand::SpeechBegan { .. } => 'b',
            SpeechToTextCommand::Finalize { .. } => 'f',
            SpeechToTextCommand::Audio(_) => 'a',
        })
        .collect()
}

/// What the model was asked each time.
fn asked(cascade: &Cascade) -> Vec<String> {
    let asked = cascade.model.asked();
    asked
        .iter()
        .filter_map(|asked| asked.request.messages.last())
        .map(|last| last.text.clone())
        .collect()
}

fn hears_both_halves(cascade: &Cascade) {
    for half in ["Where is", "the station?", "", ""] {
        cascade.ears.hear(Transcript::of(half));
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_made_ready_in_a_pause_is_thrown_away() {
    let cascade = Cascade::new(|ears| ears);
    let bench = Bench::with_cascade(Detector::Session, |voice| voice, &cascade);
    hears_both_halves(&cascade);
    let mut caller = bench.try_start(cascade_with(Some(true))).await.unwrap();
    caller.speak(&speech("pause-en")).await;
    caller.until_audio().await;
    assert_eq!(told(&cascade), "bfbf");
    assert_eq!(asked(&cascade), ["Where is", "Where is the station?"]);
    let spoken = cascade.mouth.recorded().len();
    assert_eq!(spoken, 1, "nothing was said of the first answer");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_made_ready_unless_it_is_wished() {
    let cascade = Cascade::new(|ears| ears);
    let bench = Bench::with_cascade(Detector::Session, |voice| voice, &cascade);
    let mut caller = bench.try_start(cascade_with(None)).await.unwrap();
    caller.speak(&speech("pause-en")).await;
    caller.until_audio().await;
    assert_eq!(told(&cascade), "bf");
    assert_eq!(asked(&cascade), ["Hello."]);
}

#[tokio::test(start_paused = true)]
async fn the_wish_can_change_while_the_session_runs() {
    let cascade = Cascade::new(|ears| ears);
    let bench = Bench::with_cascade(Detector::Session, |voice| voice, &cascade);
    let update = |eager| SessionInput::Update {
        barge_in: None,
        turn_detection: detection(Some(eager)),
    };
    hears_both_halves(&cascade);
    let mut caller = bench.try_start(cascade_with(None)).await.unwrap();
    let sentence = speech("pause-en");
    caller.say(update(true)).await;
    // In the pause, after the answer to the first half was made ready.
    caller.speak(&sentence[..24 * 1_900]).await;
    assert_eq!(told(&cascade), "bf");
    caller.say(update(false)).await;
    caller.speak(&sentence[24 * 1_900..]).await;
    caller.until_audio().await;
    assert_eq!(told(&cascade), "bfbf");
    assert_eq!(
        asked(&cascade).last().map(String::as_str),
        Some("Where is the station?")
    );
}

#[tokio::test(start_paused = true)]
async fn a_realtime_provider_makes_nothing_ready() {
    let cascade = Cascade::new(|ears| ears);
    let bench = Bench::with_cascade(Detector::Session, |voice| voice, &cascade);
    let realtime = StartSession {
        turn_detection: detection(Some(true)),
        ..request()
    };
    let mut caller = bench.try_start(realtime).await.unwrap();
    caller.speak(&speech("pause-en")).await;
    caller.until_audio().await;
    let control = bench.voice.recorded().control();
    assert!(
        matches!(
            control.as_slice(),
            [RealtimeCommand::SpeechBegan { .. }, RealtimeCommand::Commit(generation)]
                if *generation == Generation::FIRST.next()
        ),
        "{control:?}"
    );
}
