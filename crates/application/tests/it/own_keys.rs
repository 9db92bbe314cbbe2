//! A user's own key: whose sessions use it, what is kept of that, and what happens when its provider refuses it.

use std::time::Duration;

use rstest::rstest;
use tokio::task::yield_now;
use tokio::time::timeout;
use viva_application::modes::OpenModeError;
use viva_application::sessions::{ResolveError, SessionInput, SessionSettings, StartSessionError};
use viva_contract::samples::{OWNER, audit_entry, stored_credential};
use viva_domain::credentials::{AuditAction, AuditEntry, AuditOutcome, CredentialState, StoredCredential};
use viva_domain::ids::{SessionId, UserId};
use viva_domain::ports::{
    CredentialStore as _, PageRequest, ProviderErrorKind, RealtimeEventKind, StoreErrorKind,
};
use viva_domain::sessions::{FallbackPolicy, Interaction, ProviderConfig};
use viva_domain::turns::Event;
use viva_fakes::ScriptedRealtimeVoice;

use crate::bench::{Bench, Cascade, Detector, PROVIDER, failure, request};
use crate::falling_back::with;

const REFUSED: &str = "provider scripted: it refused your own key; replace or delete it (on the page Providers, or PUT or DELETE /api/v1/credentials)";

/// The `n`th key that the user had for the provider.
fn key(n: u16) -> StoredCredential {
    StoredCredential {
        owner: UserId::LOCAL,
        provider: PROVIDER.to_owned(),
        ..stored_credential(n)
    }
}

/// Stores the key, and gives the user what is made of it.
async fn give(bench: &Bench, n: u16) {
    let entry = AuditEntry {
        owner: UserId::LOCAL,
        action: AuditAction::Create,
        ..audit_entry(n)
    };
    let put = bench.credential_store.put(&key(n), &entry).await;
    put.expect("it is stored");
    bench.give_key(&key(n)).await;
}

/// What was done beside giving keys, oldest first, once there are so many entries. Nobody waits for the log.
async fn uses(bench: &Bench, count: usize) -> Vec<(Option<SessionId>, AuditOutcome)> {
    // More often than any entry takes, also those that should not come.
    for _ in 0..100 {
        yield_now().await;
    }
    let page = bench
        .credential_store
        .audit(UserId::LOCAL, PageRequest::new(1, 100))
        .await;
    let entries = page.expect("it is read").items.into_iter().rev();
    let uses: Vec<_> = entries.filter(|entry| entry.action == AuditAction::Use).collect();
    assert!(uses.iter().all(|entry| entry.provider == PROVIDER), "{uses:?}");
    assert_eq!(uses.len(), count, "{uses:?}");
    uses.into_iter()
        .map(|entry| (entry.session, entry.outcome))
        .collect()
}

async fn state(bench: &Bench) -> CredentialState {
    let stored = bench.credential_store.find(UserId::LOCAL, PROVIDER).await;
    stored.expect("it is read").expect("it is stored").state
}

fn realtime() -> SessionInput {
    SessionInput::SwitchMode(Box::new(Interaction::Realtime(ProviderConfig::of(PROVIDER))))
}

#[tokio::test(start_paused = true)]
async fn a_use_is_written_down_once_per_session() {
    let cascade = Cascade::new(|ears| ears);
    let bench = Bench::with_cascade(Detector::Provider, |voice| voice, &cascade);
    give(&bench, 1).await;
    let mut caller = bench.try_start(with(FallbackPolicy::Off)).await.unwrap();
    let first = caller.started().await.id;
    let used = |session| (Some(session), AuditOutcome::Done);
    assert_eq!(uses(&bench, 1).await, [used(first)]);
    // The same key in three roles, and then in the first one again.
    for wish in [SessionInput::SwitchMode(Box::new(Cascade::wanted())), realtime()] {
        caller.say(wish).await;
        caller.until_switched().await;
    }
    assert_eq!(uses(&bench, 1).await, [used(first)]);
    caller.say(SessionInput::End).await;
    caller.rest().await;
    let mut caller = bench.start().await;
    let second = caller.started().await.id;
    assert_eq!(uses(&bench, 2).await, [used(first), used(second)]);
    assert_eq!(state(&bench).await, CredentialState::Valid);
}

#[tokio::test(start_paused = true)]
async fn the_servers_key_is_nobodys_business() {
    let bench = Bench::new(Detector::Provider);
    let mut caller = bench.start().await;
    caller.started().await;
    bench.voice.say(RealtimeEventKind::Failed(failure(
        ProviderErrorKind::CredentialInvalid,
    )));
    let failed = caller.until(|event| matches!(event, Event::Failure { .. })).await;
    let Event::Failure { failure, .. } = failed else {
        unreachable!()
    };
    assert_eq!(failure.message, "provider scripted: it refused the key");
    assert_eq!(uses(&bench, 0).await, []);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_refused_at_the_start_is_marked() {
    let cascade = Cascade::new(|ears| ears);
    let bench = Bench::with_cascade(Detector::Provider, |voice| voice, &cascade);
    give(&bench, 1).await;
    bench
        .voice
        .faults()
        .fail_next(1, ProviderErrorKind::CredentialInvalid);
    match bench.try_start(with(FallbackPolicy::Off)).await {
        Err(StartSessionError::Mode(OpenModeError(err))) => {
            assert_eq!(
                (err.to_string().as_str(), &err.kind),
                (REFUSED, &ProviderErrorKind::OwnCredentialInvalid)
            );
        }
        other => panic!("{:?}", other.err()),
    }
    assert_eq!(uses(&bench, 1).await, [(None, AuditOutcome::BadKey)]);
    assert_eq!(state(&bench).await, CredentialState::Invalid);

    // With others to go on with the session starts, and says the same.
    give(&bench, 2).await;
    bench
        .voice
        .faults()
        .fail_next(1, ProviderErrorKind::CredentialInvalid);
    let mut caller = bench.try_start(with(FallbackPolicy::Ask)).await.unwrap();
    let session = Some(caller.started().await.id);
    assert_eq!(caller.until_offered().await.reason, REFUSED);
    assert_eq!(uses(&bench, 2).await[1], (session, AuditOutcome::BadKey));
    assert_eq!(state(&bench).await, CredentialState::Invalid);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_may_not_do_something_stays_valid() {
    let bench = Bench::new(Detector::Provider);
    give(&bench, 1).await;
    let mut caller = bench.start().await;
    let session = Some(caller.started().await.id);
    bench.voice.say(RealtimeEventKind::SpeechStarted);
    bench.voice.say(RealtimeEventKind::SpeechEnded);
    let forbidden = failure(ProviderErrorKind::CredentialForbidden);
    bench.voice.say(RealtimeEventKind::ResponseFailed(forbidden));
    let failed = caller.until(|event| matches!(event, Event::Failure { .. })).await;
    let Event::Failure { failure, .. } = failed else {
        unreachable!()
    };
    assert_eq!(failure.kind, ProviderErrorKind::CredentialForbidden);
    let expected = [(session, AuditOutcome::Done), (session, AuditOutcome::Forbidden)];
    assert_eq!(uses(&bench, 2).await, expected);
    assert_eq!(state(&bench).await, CredentialState::Valid);
}

#[rstest]
#[case::forbidden(ProviderErrorKind::CredentialForbidden, AuditOutcome::Forbidden)]
#[case::no_money(ProviderErrorKind::QuotaExceeded, AuditOutcome::QuotaExceeded)]
#[case::too_often(ProviderErrorKind::RateLimited, AuditOutcome::RateLimited)]
#[case::unreachable(ProviderErrorKind::Unavailable, AuditOutcome::NoNetwork)]
#[case::failed(ProviderErrorKind::Failed("it is down".to_owned()), AuditOutcome::Failed)]
#[case::wrong_wish(ProviderErrorKind::InvalidConfig("no such model".to_owned()), AuditOutcome::Failed)]
#[tokio::test(start_paused = true)]
async fn a_use_that_failed_is_written_down_with_its_outcome(
    #[case] kind: ProviderErrorKind,
    #[case] outcome: AuditOutcome,
) {
    let cascade = Cascade::new(|ears| ears);
    let bench = Bench::with_cascade(Detector::Provider, |voice| voice, &cascade);
    give(&bench, 1).await;
    bench.voice.faults().fail_next(1, kind.clone());
    let refused = bench.try_start(with(FallbackPolicy::Off)).await;
    assert!(matches!(refused, Err(StartSessionError::Mode(_))));
    assert_eq!(uses(&bench, 1).await, [(None, outcome)]);

    // In a session there is its id, and one entry however often it happens.
    let mut caller = bench.try_start(with(FallbackPolicy::Off)).await.unwrap();
    let session = Some(caller.started().await.id);
    for _ in 0..2 {
        bench.voice.faults().fail_next(1, kind.clone());
        caller.say(realtime()).await;
        caller.until(|event| matches!(event, Event::Failure { .. })).await;
    }
    let used = [(None, outcome), (session, AuditOutcome::Done), (session, outcome)];
    assert_eq!(uses(&bench, 3).await, used);
    assert_eq!(state(&bench).await, CredentialState::Valid);
}

#[tokio::test(start_paused = true)]
async fn a_use_that_failed_at_the_start_is_one_of_the_session_that_starts_all_the_same() {
    let cascade = Cascade::new(|ears| ears);
    let bench = Bench::with_cascade(Detector::Provider, |voice| voice, &cascade);
    give(&bench, 1).await;
    bench.voice.faults().fail_next(1, ProviderErrorKind::RateLimited);
    let mut caller = bench.try_start(with(FallbackPolicy::Auto)).await.unwrap();
    let session = Some(caller.started().await.id);
    caller.until_switched().await;
    let expected = [
        (session, AuditOutcome::RateLimited),
        (session, AuditOutcome::Done),
    ];
    assert_eq!(uses(&bench, 2).await, expected);
}

#[tokio::test(start_paused = true)]
async fn a_use_of_which_no_session_came_is_written_down() {
    let slow = |voice: ScriptedRealtimeVoice| voice.connecting_for(Duration::from_secs(1));
    let bench = Bench::with(Detector::Provider, SessionSettings::default(), slow);
    give(&bench, 1).await;
    bench
        .session_store
        .faults()
        .fail_next(1, StoreErrorKind::Unavailable);
    let not_stored = bench.try_start(request()).await;
    assert!(matches!(not_stored, Err(StartSessionError::Store(_))));
    assert_eq!(uses(&bench, 1).await, [(None, AuditOutcome::Done)]);
    // Nor does one come when nobody waits for it.
    let waited = timeout(Duration::from_millis(500), bench.try_start(request())).await;
    assert!(waited.is_err());
    assert_eq!(uses(&bench, 2).await[1], (None, AuditOutcome::Failed));
}

#[tokio::test(start_paused = true)]
async fn a_use_that_another_wish_cuts_short_is_written_down() {
    let cascade = Cascade::new(|ears| ears.connecting_for(Duration::from_secs(1)));
    let bench = Bench::with_cascade(Detector::Provider, |voice| voice, &cascade);
    give(&bench, 1).await;
    let mut caller = bench.try_start(with(FallbackPolicy::Off)).await.unwrap();
    let session = Some(caller.started().await.id);
    caller
        .say(SessionInput::SwitchMode(Box::new(Cascade::wanted())))
        .await;
    assert_eq!(uses(&bench, 1).await, [(session, AuditOutcome::Done)]);
    caller.say(realtime()).await;
    caller.until_switched().await;
    assert_eq!(uses(&bench, 2).await[1], (session, AuditOutcome::Failed));
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_refused_midway_is_marked_once() {
    let bench = Bench::new(Detector::Provider);
    give(&bench, 1).await;
    let mut caller = bench.start().await;
    let session = Some(caller.started().await.id);
    for _ in 0..2 {
        bench.voice.say(RealtimeEventKind::SpeechStarted);
        bench.voice.say(RealtimeEventKind::SpeechEnded);
        caller
            .until(|event| matches!(event, Event::SpeechEnded { .. }))
            .await;
        let refused = failure(ProviderErrorKind::CredentialInvalid);
        bench.voice.say(RealtimeEventKind::ResponseFailed(refused));
        let failed = caller.until(|event| matches!(event, Event::Failure { .. })).await;
        let Event::Failure { failure, recoverable } = failed else {
            unreachable!()
        };
        assert_eq!((failure.message.as_str(), recoverable), (REFUSED, true));
    }
    let expected = [(session, AuditOutcome::Done), (session, AuditOutcome::BadKey)];
    assert_eq!(uses(&bench, 2).await, expected);
    assert_eq!(state(&bench).await, CredentialState::Invalid);
    bench.voice.say(RealtimeEventKind::Failed(failure(
        ProviderErrorKind::CredentialInvalid,
    )));
    let failed = caller
        .until(|event| {
            matches!(
                event,
                Event::Failure {
                    recoverable: false,
                    ..
                }
            )
        })
        .await;
    let Event::Failure { failure, .. } = failed else {
        unreachable!()
    };
    assert_eq!(failure.message, REFUSED);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_took_the_place_of_a_refused_one_is_not_to_blame() {
    let bench = Bench::new(Detector::Provider);
    give(&bench, 1).await;
    let mut caller = bench.start().await;
    caller.started().await;
    give(&bench, 2).await;
    bench.voice.say(RealtimeEventKind::Failed(failure(
        ProviderErrorKind::CredentialInvalid,
    )));
    caller.rest().await;
    assert_eq!(uses(&bench, 2).await[1].1, AuditOutcome::BadKey);
    assert_eq!(state(&bench).await, CredentialState::Valid);
}

#[tokio::test(start_paused = true)]
async fn a_session_takes_the_keys_that_are_there_when_it_goes_on_in_another_mode() {
    let cascade = Cascade::new(|ears| ears);
    let bench = Bench::with_cascade(Detector::Provider, |voice| voice, &cascade);
    let mut caller = bench.try_start(with(FallbackPolicy::Off)).await.unwrap();
    let session = Some(caller.started().await.id);
    give(&bench, 1).await;
    assert_eq!(uses(&bench, 0).await, []);
    caller
        .say(SessionInput::SwitchMode(Box::new(Cascade::wanted())))
        .await;
    caller.until_switched().await;
    assert_eq!(uses(&bench, 1).await, [(session, AuditOutcome::Done)]);
    // One that cannot be opened is to blame too.
    bench
        .voice
        .faults()
        .fail_next(1, ProviderErrorKind::CredentialInvalid);
    caller.say(realtime()).await;
    let failed = caller.until(|event| matches!(event, Event::Failure { .. })).await;
    let Event::Failure { failure, recoverable } = failed else {
        unreachable!()
    };
    assert_eq!((failure.message.as_str(), recoverable), (REFUSED, true));
    assert_eq!(uses(&bench, 2).await[1], (session, AuditOutcome::BadKey));
    assert_eq!(state(&bench).await, CredentialState::Invalid);
}

#[tokio::test(start_paused = true)]
async fn keys_of_others_are_not_used() {
    let bench = Bench::new(Detector::Provider);
    give(&bench, 1).await;
    let mut stranger = request();
    stranger.user_id = OWNER;
    bench.try_start(stranger).await.unwrap().started().await;
    assert_eq!(uses(&bench, 0).await, []);
    assert_eq!(bench.credential_store.find(OWNER, PROVIDER).await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn keys_that_cannot_be_read_keep_a_session_from_starting_and_not_from_going_on() {
    let cascade = Cascade::new(|ears| ears);
    let bench = Bench::with_cascade(Detector::Provider, |voice| voice, &cascade);
    let mut caller = bench.try_start(with(FallbackPolicy::Off)).await.unwrap();
    caller.started().await;
    bench
        .provider_directory
        .faults()
        .fail(StoreErrorKind::Unavailable);
    let refused = bench.try_start(with(FallbackPolicy::Off)).await;
    assert!(matches!(refused, Err(StartSessionError::Store(_))));
    let resolved = bench.sessions.resolve(UserId::LOCAL, &Cascade::wanted()).await;
    assert!(matches!(resolved, Err(ResolveError::Store(_))));
    caller
        .say(SessionInput::SwitchMode(Box::new(Cascade::wanted())))
        .await;
    assert_eq!(caller.until_switched().await, Cascade::wanted());
}
