//! Who is heard while the AI speaks: the user, and not the AI itself.

use viva_application::sessions::{SessionInput, StartSession};
use viva_domain::ports::RealtimeEventKind;
use viva_domain::turns::{Event, InterruptReason, PlaybackEvent, TurnNumber};
use viva_fakes::Answer;

use crate::bench::{Bench, Caller, Detector, RATE, request, speech};

/// How much later the microphone hears what is played.
const ECHO_DELAY_MS: usize = 80;
/// How much quieter it is then: 25 dB.
const ECHO_GAIN: f64 = 0.056;

fn samples(ms: usize) -> usize {
    ms * RATE as usize / 1_000
}

/// What the AI says: seven seconds of real speech, as loud as the user's.
fn answer() -> Vec<i16> {
    let mut answer = speech("question-zh");
    answer.truncate(samples(3_700));
    answer.repeat(2)
}

/// What the microphone hears of it.
fn echo(played: &[i16]) -> Vec<i16> {
    #[expect(clippy::cast_possible_truncation, reason = "it is quieter than a sample")]
    let quieter = |sample: &i16| (f64::from(*sample) * ECHO_GAIN).round() as i16;
    let late = std::iter::repeat_n(0, samples(ECHO_DELAY_MS));
    late.chain(played.iter().map(quieter)).collect()
}

/// The words that interrupt, alone.
fn interruption() -> Vec<i16> {
    speech("barge-in-en")[samples(6_379)..samples(8_184)].to_vec()
}

/// Asks a question and waits until the answer is heard.
async fn asks(bench: &Bench, request: StartSession) -> Caller {
    bench.voice.answer(
        Answer::new()
            .started()
            .text("One two three four five six seven eight nine ten.")
            .say(RealtimeEventKind::Audio(answer()))
            .done(),
    );
    let mut caller = bench.try_start(request).await.expect("the session starts");
    caller.speak(&speech("question-en")[..samples(4_450)]).await;
    caller.until_audio().await;
    caller.played(TurnNumber::FIRST, PlaybackEvent::Started, 0).await;
    caller
        .until(|event| matches!(event, Event::TurnLatency { .. }))
        .await;
    caller
}

#[tokio::test(start_paused = true)]
async fn the_ai_does_not_interrupt_itself() {
    let bench = Bench::new(Detector::Session);
    let mut caller = asks(&bench, request()).await;
    let played = answer();
    caller.speak(&echo(&played)[..played.len()]).await;
    caller
        .played(TurnNumber::FIRST, PlaybackEvent::Finished, 7_400)
        .await;
    let told = caller
        .until(|event| matches!(event, Event::SpeechStarted { .. } | Event::ResponseEnded { .. }))
        .await;
    assert!(
        matches!(
            told,
            Event::ResponseEnded {
                interruption: None,
                ..
            }
        ),
        "it heard itself: {told:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn who_speaks_over_the_echo_interrupts_the_ai() {
    let bench = Bench::new(Detector::Session);
    let mut caller = asks(&bench, request()).await;
    let mut heard = echo(&answer());
    let began = samples(2_000);
    let voice = interruption();
    for (sample, voice) in heard[began..].iter_mut().zip(&voice) {
        *sample = sample.saturating_add(*voice);
    }
    let spoken_until = began + samples(600);
    caller.speak(&heard[..spoken_until]).await;
    let cut = caller
        .until(|event| matches!(event, Event::Interrupted { .. }))
        .await;
    assert!(
        matches!(
            cut,
            Event::Interrupted {
                turn: TurnNumber::FIRST,
                reason: InterruptReason::Speech,
                ..
            }
        ),
        "{cut:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_pause_for_what_was_no_speech_is_stored_with_the_turn() {
    let bench = Bench::new(Detector::Session);
    let mut caller = bench.start().await;
    let started = caller.started().await;
    bench.voice.answer(Answer::spoken("Noon.", samples(1_000)));
    caller.speak(&speech("question-en")[..samples(4_450)]).await;
    caller.until_audio().await;
    for (event, played_ms) in [
        (PlaybackEvent::Started, 0),
        (PlaybackEvent::Paused, 300),
        (PlaybackEvent::Resumed, 300),
        (PlaybackEvent::Finished, 1_000),
    ] {
        caller.played(TurnNumber::FIRST, event, played_ms).await;
    }
    let ended = caller
        .until(|event| matches!(event, Event::ResponseEnded { .. }))
        .await;
    assert!(
        matches!(
            ended,
            Event::ResponseEnded {
                interruption: None,
                false_interruptions: 1,
                ..
            }
        ),
        "{ended:?}"
    );
    caller.say(SessionInput::End).await;
    caller.rest().await;
    let (_, turns) = bench.stored(&started).await;
    assert_eq!((turns[0].false_interruptions, turns[0].interruption), (1, None));
}
