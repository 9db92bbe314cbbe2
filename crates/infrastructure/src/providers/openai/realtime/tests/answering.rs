use std::time::{Duration, Instant};

use rstest::rstest;
use viva_domain::ports::{RealtimeCommand, RealtimeEventKind};
use viva_domain::turns::Usage;
use viva_fakes::vendors::openai::realtime::{OpenAiRealtimeScript, RealtimeAnswer, RealtimeHost};

use super::bench::{Bench, KEY, ORDERED, patiently, settings};

/// What a machine that does something else may add to what is measured.
const SLACK: Duration = Duration::from_millis(250);
/// As often as it takes for one that is not held up by the machine.
const TRIES: usize = 10;

fn ramp(ms: usize) -> Vec<i16> {
    (1..=1_000).cycle().take(ms * 24).collect()
}

#[rstest]
#[tokio::test]
async fn a_turn_that_is_found_is_answered(
    #[values(RealtimeHost::OpenAi, RealtimeHost::Azure)] host: RealtimeHost,
) {
    let bench = Bench::at(host).await;
    bench.server.answer(
        RealtimeAnswer::of("It is noon already.")
            .heard("What time is it?")
            .lasting(330),
    );
    let mut talk = bench.talk(&[]).await;
    talk.say_something().await;
    let kinds = [talk.next().await.unwrap().kind, talk.next().await.unwrap().kind];
    assert_eq!(
        kinds,
        [RealtimeEventKind::SpeechStarted, RealtimeEventKind::SpeechEnded]
    );
    let answer = talk.answer().await;
    assert_eq!(answer.text, "It is noon already.");
    assert_eq!(answer.samples, ramp(330), "cut within samples, and joined");
    let usage = Some(Usage {
        input_tokens: Some(10),
        output_tokens: Some(20),
    });
    assert_eq!(answer.end, Some(RealtimeEventKind::ResponseDone { usage }));
    assert_eq!(answer.transcript.as_deref(), Some("What time is it?"));
    assert_eq!(bench.server.complaints(), Vec::<String>::new());
}

#[rstest]
#[case::ordered(true)]
#[case::found(false)]
#[tokio::test]
async fn the_first_audio_is_as_late_as_the_provider_makes_it(
    #[case] is_ordered: bool,
    #[values(RealtimeHost::OpenAi, RealtimeHost::Azure)] host: RealtimeHost,
) {
    let script = OpenAiRealtimeScript {
        host,
        first_audio: Duration::from_millis(300),
        ..OpenAiRealtimeScript::default()
    };
    let bench = Bench::with(script, settings(), Some(KEY)).await;
    let mut talk = bench.talk(if is_ordered { &[ORDERED] } else { &[] }).await;
    let expected = Duration::from_millis(300);
    let mut soonest = Duration::MAX;
    for _ in 0..TRIES {
        let ended = if is_ordered {
            talk.speak(3_000, 200).await;
            let ended = Instant::now();
            talk.commit().await;
            ended
        } else {
            talk.say_something().await;
            Instant::now()
        };
        let delay = talk.answer().await.first_audio.unwrap() - ended;
        assert!(delay >= expected, "{delay:?}");
        soonest = soonest.min(delay);
        if soonest < expected + SLACK {
            return;
        }
    }
    panic!("the first audio took {soonest:?} at best");
}

#[tokio::test]
async fn what_the_session_took_for_speech_is_all_that_is_sent() {
    let bench = Bench::new().await;
    let mut talk = bench.talk(&[ORDERED]).await;
    talk.speak(0, 2_000).await;
    talk.speak(3_000, 200).await;
    talk.send(RealtimeCommand::SpeechBegan {
        ago: Duration::from_millis(200),
    })
    .await;
    talk.speak(3_000, 100).await;
    talk.commit().await;
    assert!(talk.answer().await.is_done());
    let audio = &bench.server.requests()[0].audio;
    let expected = [vec![0; 300 * 24], vec![3_000; 300 * 24]].concat();
    assert_eq!(*audio, expected, "300 ms before the speech, and the speech");
}

#[tokio::test]
async fn an_answer_is_interrupted_and_what_was_heard_is_remembered() {
    let bench = Bench::new().await;
    let long = RealtimeAnswer::of("Once upon a time there was a dragon").lasting(2_000);
    bench.server.answer(long.paced(Duration::from_millis(50)));
    bench.server.answer(RealtimeAnswer::of("Yes?"));
    let mut talk = bench.talk(&[]).await;
    talk.say_something().await;
    talk.until(|kind| matches!(kind, RealtimeEventKind::Audio(_)))
        .await;
    talk.speak(3_000, 200).await;
    talk.until(|kind| *kind == RealtimeEventKind::SpeechStarted).await;
    talk.interrupt(60, 4).await;
    talk.speak(0, 500).await;
    let told = bench
        .until_told(|lines| lines[0].types().contains(&"conversation.item.truncate"))
        .await;
    let truncate = told[0]
        .texts
        .iter()
        .find(|text| text["type"] == "conversation.item.truncate");
    assert_eq!(truncate.unwrap()["audio_end_ms"], 60);
    assert!(told[0].types().contains(&"response.cancel"));
    talk.until(|kind| *kind == RealtimeEventKind::SpeechEnded).await;
    assert_eq!(talk.answer().await.text, "Yes?");
    assert_eq!(bench.server.complaints(), Vec::<String>::new());
}

#[tokio::test]
async fn an_answer_that_was_not_heard_is_forgotten() {
    let bench = Bench::new().await;
    bench.server.answer(
        RealtimeAnswer::of("Too late")
            .announced_after(Duration::from_millis(50))
            .hangs(1),
    );
    let mut talk = bench.talk(&[ORDERED]).await;
    talk.speak(3_000, 200).await;
    talk.commit().await;
    talk.interrupt(0, 0).await;
    talk.speak(3_000, 200).await;
    talk.commit().await;
    assert_eq!(talk.answer().await.text, "Hello there, my friend.");
    assert_eq!(bench.server.complaints(), Vec::<String>::new());
    let types = bench.server.requests();
    let ask = types[0]
        .types()
        .iter()
        .filter(|kind| **kind == "response.create")
        .count();
    assert_eq!(ask, 2);
}

#[tokio::test]
async fn words_that_come_after_the_answer_belong_to_its_turn() {
    let bench = Bench::new().await;
    let late = RealtimeAnswer::of("Yes.")
        .heard("Now?")
        .heard_after(Duration::from_millis(100));
    bench.server.answer(late);
    let mut talk = bench.talk(&[ORDERED]).await;
    let answer = talk.ask().await;
    assert!(answer.is_done() && answer.transcript.is_none());
    let first = talk.generation;
    talk.interrupt(0, 0).await;
    let is_final =
        |kind: &RealtimeEventKind| matches!(kind, RealtimeEventKind::UserTranscript { is_final: true, .. });
    assert_eq!(talk.until(is_final).await.generation, first);
}

#[rstest]
#[tokio::test]
async fn who_was_not_understood_is_answered(
    #[values(RealtimeHost::OpenAi, RealtimeHost::Azure)] host: RealtimeHost,
) {
    let bench = Bench::at(host).await;
    bench.server.answer(RealtimeAnswer::of("Pardon?").heard(""));
    let mut talk = bench.talk(&[]).await;
    talk.say_something().await;
    let answer = talk.answer().await;
    assert_eq!((answer.text.as_str(), answer.transcript), ("Pardon?", None));
}

#[tokio::test]
async fn an_answer_without_audio_ends() {
    let bench = Bench::new().await;
    bench.server.answer(RealtimeAnswer::of("").lasting(0));
    let mut talk = bench.talk(&[ORDERED]).await;
    let answer = talk.ask().await;
    assert!(answer.is_done() && answer.samples.is_empty() && answer.text.is_empty());
    assert!(talk.ask().await.is_done());
}

#[tokio::test]
async fn answers_without_metadata_are_understood() {
    let script = OpenAiRealtimeScript {
        returns_metadata: false,
        ..OpenAiRealtimeScript::default()
    };
    let bench = Bench::with(script, settings(), Some(KEY)).await;
    let mut talk = bench.talk(&[ORDERED]).await;
    talk.greet().await;
    assert!(talk.answer().await.is_done());
    assert!(talk.ask().await.is_done());
    patiently(talk.hang_up()).await;
}
