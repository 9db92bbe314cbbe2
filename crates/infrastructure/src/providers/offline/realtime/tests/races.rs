use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use tokio::runtime::Builder;
use tokio_util::task::TaskTracker;
use viva_domain::ports::{RealtimeEvent, RealtimeEventKind};
use viva_domain::turns::Generation;

use super::super::OfflineRealtimeVoice;
use super::talk::{SHORT, Talk, config, request};
use crate::providers::speech::SpeechSynthesizer;

#[derive(Debug, Clone, Copy)]
enum Act {
    Commit,
    Greet,
    Interrupt,
    Audio,
    /// Time passes.
    Wait(u64),
    /// Up to so many events are read.
    Read(usize),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => Just(Act::Commit),
        1 => Just(Act::Greet),
        3 => Just(Act::Interrupt),
        1 => Just(Act::Audio),
        4 => (0..150_u64).prop_map(Act::Wait),
        4 => (0..40_usize).prop_map(Act::Read),
    ]
}

fn options() -> impl Strategy<Value = Vec<(&'static str, &'static str)>> {
    let delay = prop_oneof![Just("0"), Just("1"), Just("70")];
    let pace = prop_oneof![Just("\"fast\""), Just("\"realtime\"")];
    let fault = prop_oneof![
        3 => Just(None),
        1 => Just(Some("fail_after_chunks")),
        1 => Just(Some("hang_after_chunks")),
    ];
    (delay, pace, fault).prop_map(|(delay, pace, fault)| {
        let mut options = vec![SHORT, ("delay_ms", delay), ("pace", pace)];
        options.extend(fault.map(|fault| (fault, "4")));
        options
    })
}

/// What was ordered in each generation, and what came.
#[derive(Debug, Default)]
struct Record {
    orders: BTreeMap<Generation, Act>,
    events: Vec<RealtimeEvent>,
}

async fn play(voice: &OfflineRealtimeVoice, options: &[(&str, &str)], acts: &[Act]) -> Record {
    let mut talk = Talk::with(voice, request(config(options))).await;
    let mut record = Record::default();
    for act in acts {
        match act {
            Act::Commit => talk.commit().await,
            Act::Greet => talk.greet().await,
            Act::Interrupt => talk.interrupt().await,
            Act::Audio => talk.speak(3_000, 40).await,
            Act::Wait(ms) => tokio::time::sleep(Duration::from_millis(*ms)).await,
            Act::Read(most) => {
                let read = std::iter::from_fn(|| talk.session.events.try_recv().ok());
                record.events.extend(read.take(*most));
            }
        }
        if matches!(act, Act::Commit | Act::Greet | Act::Interrupt) {
            record.orders.insert(talk.generation, *act);
        }
    }
    // Everything that was ordered comes to its end, at the latest with this.
    talk.interrupt().await;
    record.orders.insert(talk.generation, Act::Interrupt);
    tokio::time::sleep(Duration::from_mins(1)).await;
    record
        .events
        .extend(std::iter::from_fn(|| talk.session.events.try_recv().ok()));
    talk.stays_silent().await;
    record
}

fn check(record: &Record) -> Result<(), TestCaseError> {
    for pair in record.events.windows(2) {
        prop_assert!(pair[0].generation <= pair[1].generation, "{pair:?}");
        prop_assert!(pair[0].at <= pair[1].at, "{pair:?}");
    }
    for (generation, order) in &record.orders {
        let said: Vec<&RealtimeEventKind> = record
            .events
            .iter()
            .filter(|event| event.generation == *generation)
            .map(|event| &event.kind)
            .collect();
        check_answer(*order, &said)?;
    }
    let ordered = |event: &RealtimeEvent| record.orders.contains_key(&event.generation);
    prop_assert!(record.events.iter().all(ordered));
    Ok(())
}

/// An answer is a prefix of: transcript (not of a greeting), start, text and audio, end.
fn check_answer(order: Act, said: &[&RealtimeEventKind]) -> Result<(), TestCaseError> {
    let is_transcript = |kind: &&RealtimeEventKind| matches!(kind, RealtimeEventKind::UserTranscript { .. });
    let rest = match order {
        Act::Commit if said.first().is_some_and(is_transcript) => &said[1..],
        Act::Commit | Act::Greet => said,
        _ => {
            prop_assert!(said.is_empty(), "an interruption was answered with {said:?}");
            return Ok(());
        }
    };
    if let Some(first) = rest.first() {
        prop_assert_eq!(*first, &RealtimeEventKind::ResponseStarted);
    }
    for (at, kind) in rest.iter().enumerate().skip(1) {
        match kind {
            RealtimeEventKind::TextDelta(_) | RealtimeEventKind::Audio(_) => {}
            RealtimeEventKind::ResponseDone { .. } | RealtimeEventKind::ResponseFailed(_) => {
                prop_assert_eq!(at, rest.len() - 1);
            }
            other => prop_assert!(false, "{other:?} within an answer"),
        }
    }
    Ok(())
}

#[test]
fn whatever_the_order_nothing_old_is_said_as_new() {
    // What was spoken once is remembered for all cases.
    let speech = SpeechSynthesizer::synthetic();
    let cases = (options(), prop::collection::vec(act(), 0..40));
    let outcome = TestRunner::default().run(&cases, |(options, acts)| {
        let mut runtime = Builder::new_current_thread();
        let runtime = runtime.enable_all().start_paused(true).build().unwrap();
        let voice = OfflineRealtimeVoice::new(speech.clone(), TaskTracker::new());
        let record = runtime.block_on(async {
            let record = play(&voice, &options, &acts).await;
            voice.tasks.close();
            voice.tasks.wait().await;
            record
        });
        check(&record)
    });
    outcome.unwrap();
}

/// Stopped during the delay, in the middle, and at speaking speed.
#[tokio::test(start_paused = true)]
async fn an_interruption_stops_the_answer_at_once() {
    for (options, wait_ms) in [
        (&[("delay_ms", "300")][..], 299),
        (&[("delay_ms", "0"), ("pace", "\"realtime\"")], 200),
    ] {
        let mut talk = Talk::open(options).await;
        talk.commit().await;
        tokio::time::sleep(Duration::from_millis(wait_ms)).await;
        while talk.session.events.try_recv().is_ok() {}
        talk.interrupt().await;
        talk.stays_silent().await;
        assert!(talk.answer().await.failure.is_none());
    }
}
