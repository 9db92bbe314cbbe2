//! Sessions: how they start, supersede each other and end.

use std::time::Duration;

use tokio::time::Instant;
use viva_application::modes::OpenModeError;
use viva_application::sessions::{
    AudioRates, SessionInput, SessionSettings, StartSession, StartSessionError,
};
use viva_domain::ports::{ProviderErrorKind, StoreErrorKind};
use viva_domain::sessions::{CascadeConfig, EndStatus, Interaction, ProviderConfig, SessionState};
use viva_domain::turns::{Event, Limits};

use crate::bench::{Bench, Detector, exchange, request};

fn status(events: &[Event]) -> Option<EndStatus> {
    match events.last() {
        Some(Event::SessionEnded { status, .. }) => Some(*status),
        _ => None,
    }
}

#[tokio::test(start_paused = true)]
async fn another_session_ends_the_first_and_says_why() {
    let bench = Bench::new(Detector::Provider);
    let mut first = bench.start().await;
    let first_started = first.started().await;
    let mut second = bench.start().await;
    second.started().await;
    assert_eq!(status(&first.rest().await), Some(EndStatus::Superseded));
    assert_eq!(bench.sessions.live_count(), 1);
    let (session, _) = bench.stored(&first_started).await;
    assert!(matches!(
        session.state,
        SessionState::Ended {
            status: EndStatus::Superseded,
            ..
        }
    ));
    exchange(&bench, &mut second).await;
}

#[tokio::test(start_paused = true)]
async fn as_many_sessions_as_allowed_live_side_by_side() {
    let settings = SessionSettings {
        per_user: 2,
        ..SessionSettings::default()
    };
    let bench = Bench::with(Detector::Provider, settings, |voice| voice);
    let mut callers = Vec::new();
    for _ in 0..3 {
        callers.push(bench.start().await);
    }
    assert_eq!(bench.sessions.live_count(), 2);
    callers[0].started().await;
    assert_eq!(status(&callers[0].rest().await), Some(EndStatus::Superseded));
}

#[tokio::test(start_paused = true)]
async fn an_idle_session_is_warned_and_ends() {
    let limits = Limits {
        idle: Duration::from_mins(2),
        ..Limits::default()
    };
    let settings = SessionSettings {
        limits,
        ..SessionSettings::default()
    };
    let bench = Bench::with(Detector::Provider, settings, |voice| voice);
    let mut caller = bench.start().await;
    let began = Instant::now();
    caller.started().await;
    let events = caller.rest().await;
    assert!(
        matches!(events.as_slice(), [Event::Notice(_), Event::SessionEnded { .. }]),
        "{events:?}"
    );
    assert_eq!(status(&events), Some(EndStatus::Completed));
    assert!(began.elapsed() >= Duration::from_mins(2) && began.elapsed() < Duration::from_secs(121));
}

#[tokio::test(start_paused = true)]
async fn shutting_down_ends_every_session_and_leaves_nothing_running() {
    let settings = SessionSettings {
        per_user: 3,
        ..SessionSettings::default()
    };
    let bench = Bench::with(Detector::Provider, settings, |voice| voice);
    let mut caller = bench.start().await;
    let _lost = bench.start().await;
    let started = caller.started().await;
    exchange(&bench, &mut caller).await;
    let (events, ()) = tokio::join!(caller.rest(), bench.sessions.shut_down());
    assert_eq!(status(&events), Some(EndStatus::Disconnected));
    assert!(bench.tasks.is_empty());
    bench.voice.until_closed().await;
    let (session, turns) = bench.stored(&started).await;
    assert!(matches!(session.state, SessionState::Ended { .. }));
    assert_eq!(turns.len(), 1);
    assert!(matches!(
        bench.try_start(request()).await.err(),
        Some(StartSessionError::ShuttingDown)
    ));
}

#[tokio::test(start_paused = true)]
async fn a_session_that_ends_leaves_nothing_running() {
    let bench = Bench::new(Detector::Provider);
    let mut caller = bench.start().await;
    caller.started().await;
    exchange(&bench, &mut caller).await;
    caller.say(SessionInput::End).await;
    caller.rest().await;
    bench.tasks.close();
    bench.tasks.wait().await;
    bench.voice.until_closed().await;
    assert_eq!(bench.sessions.live_count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_does_not_answer_the_door_is_given_up_after_five_seconds() {
    let bench = Bench::with(Detector::Provider, SessionSettings::default(), |voice| {
        voice.connecting_for(Duration::from_mins(1))
    });
    let began = Instant::now();
    let err = bench.try_start(request()).await.err();
    assert!(
        matches!(&err, Some(StartSessionError::Mode(OpenModeError(err))) if err.kind == ProviderErrorKind::Unavailable),
        "{err:?}"
    );
    assert_eq!(began.elapsed(), Duration::from_secs(5));
    bench.voice.until_closed().await;
}

#[tokio::test(start_paused = true)]
async fn what_cannot_start_changes_nothing() {
    let bench = Bench::new(Detector::Provider);
    let mut running = bench.start().await;
    running.started().await;
    let wrong_rate = StartSession {
        audio: AudioRates {
            input: 22_050,
            output: 24_000,
        },
        ..request()
    };
    assert!(matches!(
        bench.try_start(wrong_rate).await.err(),
        Some(StartSessionError::SampleRate(_))
    ));
    let cascade = Interaction::Cascade(Box::new(CascadeConfig {
        stt: ProviderConfig::of("offline"),
        llm: ProviderConfig::of("offline"),
        tts: ProviderConfig::of("offline"),
    }));
    let err = bench
        .try_start(StartSession {
            interaction: cascade,
            ..request()
        })
        .await
        .err();
    assert!(
        matches!(&err, Some(StartSessionError::Mode(OpenModeError(err))) if err.kind == ProviderErrorKind::Unknown),
        "{err:?}"
    );
    bench
        .voice
        .faults()
        .fail_next(1, ProviderErrorKind::CredentialInvalid);
    assert!(matches!(
        bench.try_start(request()).await.err(),
        Some(StartSessionError::Mode(_))
    ));
    bench
        .session_store
        .faults()
        .fail_next(1, StoreErrorKind::Unavailable);
    assert!(matches!(
        bench.try_start(request()).await.err(),
        Some(StartSessionError::Store(_))
    ));
    exchange(&bench, &mut running).await;
    assert_eq!(bench.sessions.live_count(), 1);
}
