//! A realtime provider that refuses at the start, and the session that begins without it.

use std::time::Duration;

use rstest::rstest;
use tokio::time::Instant;
use viva_application::modes::OpenModeError;
use viva_application::sessions::StartSessionError;
use viva_domain::ports::{MessageRole, ProviderErrorKind};
use viva_domain::sessions::{FallbackPolicy, Interaction};
use viva_fakes::ScriptedRealtimeVoice;

use crate::bench::{Bench, Cascade, Detector, speech};
use crate::falling_back::{Scene, assert_replayed, assert_resolved, message, samples, with};

#[rstest]
#[case::unreachable(ProviderErrorKind::Unavailable, "it cannot be reached")]
#[case::wrong_key(ProviderErrorKind::CredentialInvalid, "it refused the key")]
#[case::too_often(ProviderErrorKind::RateLimited, "it received too many requests")]
#[case::no_money(ProviderErrorKind::QuotaExceeded, "the quota is used up")]
#[case::failed(ProviderErrorKind::Failed("it is down".to_owned()), "it failed: it is down")]
#[tokio::test(start_paused = true)]
async fn a_session_starts_without_its_provider(
    #[values(FallbackPolicy::Ask, FallbackPolicy::Auto)] policy: FallbackPolicy,
    #[case] kind: ProviderErrorKind,
    #[case] reason: &str,
) {
    let cascade = Cascade::new(|ears| ears);
    let bench = Bench::with_cascade(Detector::Provider, |voice| voice, &cascade);
    bench.voice.faults().fail_next(1, kind);
    let mut caller = bench.try_start(with(policy)).await.unwrap();
    let started = caller.started().await;
    assert!(matches!(started.interaction, Interaction::Realtime(_)));
    let mut scene = Scene {
        bench,
        cascade,
        caller,
        started,
    };
    let question = speech("question-en");
    if policy == FallbackPolicy::Ask {
        // Nobody waits with talking until they have read an offer.
        scene.caller.speak(&question[..samples(2_000)]).await;
        scene.accept_because(reason).await;
        scene.caller.speak(&question[samples(2_000)..]).await;
    } else {
        let why = scene.caller.until_switched_because().await;
        assert_eq!(why, Some(format!("provider scripted: {reason}")));
        scene.caller.speak(&question).await;
    }
    scene.caller.until_audio().await;
    assert_eq!(scene.messages(), [message(MessageRole::User, "Hello.")]);
    let recording = scene.recording().await;
    if policy == FallbackPolicy::Ask {
        assert_replayed(&scene.cascade, &recording);
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_fallback_a_session_does_not_start_without_its_provider() {
    let cascade = Cascade::new(|ears| ears);
    let bench = Bench::with_cascade(Detector::Provider, |voice| voice, &cascade);
    bench.voice.faults().fail_next(1, ProviderErrorKind::Unavailable);
    let refused = bench.try_start(with(FallbackPolicy::Off)).await;
    assert!(matches!(refused, Err(StartSessionError::Mode(_))));
}

/// Nobody else would do what was wished for.
#[rstest]
#[case(FallbackPolicy::Ask)]
#[case(FallbackPolicy::Auto)]
#[tokio::test(start_paused = true)]
async fn a_wish_that_the_provider_does_not_take_is_refused(#[case] policy: FallbackPolicy) {
    let cascade = Cascade::new(|ears| ears);
    let bench = Bench::with_cascade(Detector::Provider, |voice| voice, &cascade);
    let wrong = ProviderErrorKind::InvalidConfig("there is no such voice".to_owned());
    bench.voice.faults().fail_next(1, wrong.clone());
    match bench.try_start(with(policy)).await {
        Err(StartSessionError::Mode(OpenModeError(err))) => assert_eq!(err.kind, wrong),
        other => panic!("{:?}", other.err()),
    }
    assert_eq!(bench.sessions.live_count(), 0);
    assert_eq!(cascade.ears.recorded().requests, []);
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_does_not_answer_within_five_seconds_is_out_of_order() {
    let cascade = Cascade::new(|ears| ears);
    let slow = |voice: ScriptedRealtimeVoice| voice.connecting_for(Duration::from_mins(1));
    let bench = Bench::with_cascade(Detector::Provider, slow, &cascade);
    let began = Instant::now();
    let mut caller = bench.try_start(with(FallbackPolicy::Ask)).await.unwrap();
    assert_eq!(began.elapsed(), Duration::from_secs(5));
    caller.started().await;
    assert_resolved(&caller.until_offered().await.interaction);
}
