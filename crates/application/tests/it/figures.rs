//! What is counted while sessions run.

use std::time::Duration;

use tokio::time::sleep;
use viva_application::sessions::{Outgoing, SessionInput};
use viva_domain::ports::{ProviderErrorKind, RealtimeEventKind, StoreErrorKind};
use viva_domain::turns::{Event, NoticeCode};

use crate::bench::{Bench, Caller, Detector, FRAME, exchange, failure, request};

impl Bench {
    fn count(&self, series: &str) -> u64 {
        let count = self.figures.counter(series);
        count.unwrap_or_else(|| panic!("there is no {series}: {:#?}", self.figures.series()))
    }

    /// `None` when there is no such gauge.
    fn level(&self, series: &str) -> Option<f64> {
        self.figures.gauge(series)
    }

    fn waiting(&self) -> [Option<f64>; 5] {
        ["outbox", "recorder", "keeper", "database", "storage"]
            .map(|queue| self.level(&format!("viva_queue_entries{{queue=\"{queue}\"}}")))
    }
}

/// Ends the session, and answers how many frames of audio came until then.
async fn hang_up(mut caller: Caller) -> u64 {
    caller.say(SessionInput::End).await;
    let mut frames = 0;
    while let Some(outgoing) = caller.next().await {
        frames += u64::from(matches!(outgoing, Outgoing::Audio(_)));
    }
    frames
}

const FRAMES_IN: &str = "viva_audio_frames_total{direction=\"in\"}";
const FRAMES_OUT: &str = "viva_audio_frames_total{direction=\"out\"}";

#[tokio::test(start_paused = true)]
async fn figures_agree_with_what_happened() {
    let bench = Bench::new(Detector::Provider);
    let mut caller = bench.start().await;
    caller.started().await;
    assert_eq!(bench.level("viva_sessions_active"), Some(1.0));
    assert_eq!(bench.count("viva_sessions_started_total{mode=\"realtime\"}"), 1);
    let before = bench.count(FRAMES_IN);
    caller.speak(&vec![0; 25 * FRAME]).await;
    for _ in 0..3 {
        exchange(&bench, &mut caller).await;
    }
    hang_up(caller).await;
    bench.sessions.shut_down().await;
    assert_eq!(bench.count(FRAMES_IN) - before, 25);
    let answered = "viva_turns_total{mode=\"realtime\",outcome=\"answered\"}";
    assert_eq!(bench.count(answered), 3);
    let total = "viva_turn_latency_seconds{stage=\"provider\",mode=\"realtime\",provider=\"scripted\"}";
    assert_eq!(bench.figures.histogram(total).len(), 3);
    assert_eq!(bench.count("viva_sessions_ended_total{status=\"completed\"}"), 1);
    assert_eq!(bench.level("viva_sessions_active"), Some(0.0));
    assert_eq!(bench.waiting(), [Some(0.0); 5]);
}

#[tokio::test(start_paused = true)]
async fn frames_that_are_handed_over_are_counted_and_those_that_are_cut_before() {
    let bench = Bench::new(Detector::Provider);
    let mut caller = bench.start().await;
    caller.started().await;
    bench.voice.say(RealtimeEventKind::SpeechStarted);
    bench.voice.say(RealtimeEventKind::SpeechEnded);
    bench.voice.say(RealtimeEventKind::ResponseStarted);
    for _ in 0..60 {
        bench.voice.say(RealtimeEventKind::Audio(vec![5; FRAME]));
    }
    // The client takes nothing: what does not fit on the line waits.
    sleep(Duration::from_secs(1)).await;
    let [outbox, ..] = bench.waiting();
    assert!(outbox > Some(40.0), "{outbox:?}");
    caller.say(SessionInput::Interrupt { played: None }).await;
    sleep(Duration::from_secs(1)).await;
    let dropped = bench.count("viva_audio_frames_dropped_total{cause=\"interrupted\"}");
    let taken = hang_up(caller).await;
    assert_eq!(taken, bench.count(FRAMES_OUT));
    assert_eq!(taken + dropped, 60);
    assert!(dropped > 40, "{dropped}");
    assert_eq!(
        bench.count("viva_turns_interruptions_total{reason=\"client\"}"),
        1
    );
}

#[tokio::test(start_paused = true)]
async fn sessions_that_are_taken_back_and_those_that_are_not_are_counted() {
    let bench = Bench::new(Detector::Provider);
    let mut caller = bench.start().await;
    let started = caller.started().await;
    caller.end.outgoing.close();
    sleep(Duration::from_secs(1)).await;
    assert_eq!(bench.count("viva_sessions_clients_lost_total"), 1);
    let mut back = bench.resume(&started, &caller).await.unwrap();
    drop(caller);
    back.next().await;
    let mut wrong = started.clone();
    wrong.resume_token = "guessed".to_owned();
    assert!(bench.resume(&wrong, &back).await.is_err());
    let resumes =
        |outcome: &str| bench.count(&format!("viva_sessions_resumes_total{{outcome=\"{outcome}\"}}"));
    assert_eq!(["resumed", "refused"].map(resumes), [1, 1]);
}

#[tokio::test(start_paused = true)]
async fn turns_that_wait_for_the_database_are_counted_until_it_is_back() {
    let bench = Bench::new(Detector::Provider);
    let mut caller = bench.start().await;
    caller.started().await;
    bench.session_store.faults().fail(StoreErrorKind::Unavailable);
    exchange(&bench, &mut caller).await;
    caller
        .until(|event| matches!(event, Event::Notice(NoticeCode::StorageDelayed)))
        .await;
    exchange(&bench, &mut caller).await;
    sleep(Duration::from_millis(10)).await;
    assert_eq!(bench.level("viva_journal_turns"), Some(2.0));
    assert_eq!(bench.waiting(), [0.0, 0.0, 0.0, 2.0, 0.0].map(Some));
    bench.session_store.faults().recover();
    sleep(Duration::from_secs(20)).await;
    assert_eq!(bench.level("viva_journal_turns"), Some(0.0));
    assert_eq!(bench.waiting(), [Some(0.0); 5]);
}

#[tokio::test(start_paused = true)]
async fn failures_of_providers_are_counted_by_kind() {
    let bench = Bench::new(Detector::Provider);
    let mut caller = bench.start().await;
    caller.started().await;
    bench.voice.say(RealtimeEventKind::SpeechStarted);
    bench.voice.say(RealtimeEventKind::SpeechEnded);
    let limited = failure(ProviderErrorKind::RateLimited);
    bench.voice.say(RealtimeEventKind::ResponseFailed(limited));
    caller.until(|event| matches!(event, Event::Failure { .. })).await;
    bench.voice.faults().fail(ProviderErrorKind::Unavailable);
    assert!(bench.try_start(request()).await.is_err());
    let errors = |kind: &str| {
        bench.count(&format!(
            "viva_provider_errors_total{{provider=\"scripted\",kind=\"{kind}\"}}"
        ))
    };
    assert_eq!(["rate_limited", "unavailable", "failed"].map(errors), [1, 1, 0]);
    caller.say(SessionInput::End).await;
    caller.rest().await;
    let failed = "viva_turns_total{mode=\"realtime\",outcome=\"failed\"}";
    assert_eq!(bench.count(failed), 1);
}
