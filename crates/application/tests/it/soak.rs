//! A long session.

use std::time::Duration;

use tokio::time::Instant;
use viva_application::sessions::SessionInput;
use viva_domain::sessions::EndStatus;
use viva_domain::turns::{Event, PlaybackEvent, Summary, Turn};

use crate::bench::{Bench, Detector, RATE, speech};

/// Half an hour of questions, one every ten seconds.
const TURNS: u16 = 180;
const EVERY: Duration = Duration::from_secs(10);

#[tokio::test(start_paused = true)]
async fn after_half_an_hour_everything_is_as_at_the_beginning() {
    let bench = Bench::new(Detector::Session);
    let mut caller = bench.start().await;
    let started = caller.started().await;
    let mut question = speech("question-en");
    question.truncate(RATE as usize * 445 / 100);
    let silence = vec![0; RATE as usize / 50];
    let began = Instant::now();
    for number in 1..=u32::from(TURNS) {
        caller.speak(&question).await;
        let turn = caller.until_audio().await.turn;
        assert_eq!(u32::from(turn.get()), number);
        caller.played(turn, PlaybackEvent::Started, 0).await;
        caller.played(turn, PlaybackEvent::Finished, 100).await;
        caller
            .until(|event| matches!(event, Event::ResponseEnded { .. }))
            .await;
        while began.elapsed() < EVERY * number {
            caller.speak(&silence).await;
        }
    }
    // The driver, the recorder, the keeper and the carrier; no turn left anything running or lying about.
    assert_eq!(bench.tasks.len(), 4);
    assert_eq!(bench.audio_spool.keys(), []);
    caller.say(SessionInput::End).await;
    let rest = caller.rest().await;
    let Some(Event::SessionEnded {
        status: EndStatus::Completed,
        summary,
    }) = rest.last()
    else {
        panic!("the session ends, got {rest:?}")
    };
    assert!(
        matches!(
            summary,
            Summary {
                turns: 180,
                interrupted: 0,
                ..
            }
        ),
        "{summary:?}"
    );
    let totals = summary.latency.unwrap();
    let spread = totals.max.abs_diff(totals.min);
    assert!(
        spread <= Duration::from_millis(40),
        "the clocks do not drift apart: {totals:?}"
    );

    let (_, turns) = bench.stored(&started).await;
    assert_eq!(turns.len(), usize::from(TURNS));
    for pair in turns.windows(2) {
        let [first, second] = pair else { unreachable!() };
        let ended = |turn: &Turn| turn.marks.speech_ended.unwrap();
        let distance = ended(second).since(ended(first));
        assert!(
            distance.abs_diff(EVERY) <= Duration::from_millis(40),
            "{distance:?}"
        );
    }
    assert_eq!(bench.blob_store.keys().len(), 2 * usize::from(TURNS));
}
