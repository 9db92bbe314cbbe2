use chrono::{DateTime, Utc};
use viva_domain::credentials::CredentialState;
use viva_domain::ids::CredentialId;
use viva_domain::ports::{ProviderErrorKind, StoreErrorKind};
use viva_domain::providers::{CredentialStatus, OwnKey, ProviderCatalogue, VoiceGender};
use viva_fakes::{FixedProviderDirectory, ManualClock, ScriptedTextToSpeech};

use super::*;

const ACME: &str = "acme";

struct Bench {
    tts: Arc<ScriptedTextToSpeech>,
    directory: Arc<FixedProviderDirectory>,
    clock: Arc<ManualClock>,
    voices: Voices,
}

impl Bench {
    fn new(credential: CredentialStatus) -> Self {
        let tts = Arc::new(ScriptedTextToSpeech::new());
        let directory = Arc::new(FixedProviderDirectory::new(catalogue(&tts, credential)));
        let clock = Arc::new(ManualClock::default());
        let voices = Voices::new(directory.clone(), clock.clone());
        Self {
            tts,
            directory,
            clock,
            voices,
        }
    }

    async fn ids(&self) -> Vec<String> {
        let list = self.voices.list(UserId::LOCAL, ACME).await.unwrap();
        list.voices.into_iter().map(|voice| voice.id).collect()
    }
}

fn catalogue(tts: &Arc<ScriptedTextToSpeech>, credential: CredentialStatus) -> ProviderCatalogue {
    let mut catalogue = ProviderCatalogue::default();
    catalogue.tts.insert(info(credential), tts.clone());
    catalogue
}

fn info(credential: CredentialStatus) -> ProviderInfo {
    ProviderInfo {
        id: ACME.to_owned(),
        name: "Acme".to_owned(),
        models: Vec::new(),
        voices: vec![voice("anna"), voice("ben")],
        languages: Vec::new(),
        custom_names: true,
        credential,
        needs: Vec::new(),
    }
}

fn voice(id: &str) -> ProviderVoice {
    ProviderVoice {
        id: id.to_owned(),
        name: id.to_owned(),
        language: None,
        gender: None,
    }
}

#[tokio::test]
async fn what_a_provider_lists_is_kept_for_an_hour_and_the_default_is_the_first() {
    let bench = Bench::new(CredentialStatus::Present);
    bench.tts.list(vec![voice("zoe"), voice("anna")]);
    assert_eq!(bench.ids().await, ["anna", "zoe"]);
    bench.tts.list(vec![voice("zoe")]);
    bench.clock.advance(Duration::from_mins(59));
    assert_eq!(bench.ids().await, ["anna", "zoe"]);
    assert_eq!(bench.tts.listings(), 1);
    bench.clock.advance(Duration::from_mins(1));
    // A default that is not listed is one all the same.
    assert_eq!(bench.ids().await, ["anna", "zoe"]);
    assert_eq!(bench.tts.listings(), 2);
    let list = bench.voices.list(UserId::LOCAL, ACME).await.unwrap();
    assert!(list.is_from_provider);
}

#[tokio::test]
async fn what_a_provider_does_not_say_of_a_voice_is_as_it_is_known() {
    let bench = Bench::new(CredentialStatus::Present);
    let known = ["anna", "ben"].map(|id| ProviderVoice {
        language: Some("zh-TW".to_owned()),
        gender: Some(VoiceGender::Female),
        ..voice(id)
    });
    let mut catalogue = ProviderCatalogue::default();
    let info = ProviderInfo {
        voices: known.to_vec(),
        ..info(CredentialStatus::Present)
    };
    catalogue.tts.insert(info, bench.tts.clone());
    bench.directory.give(UserId::LOCAL, catalogue);
    let ben = ProviderVoice {
        name: "Benjamin".to_owned(),
        language: Some("ja".to_owned()),
        gender: Some(VoiceGender::Male),
        ..voice("ben")
    };
    bench.tts.list(vec![voice("anna"), voice("zoe"), ben.clone()]);
    // Both when it is asked and when its list is kept.
    for _ in 0..2 {
        let list = bench.voices.list(UserId::LOCAL, ACME).await.unwrap();
        assert!(list.is_from_provider);
        assert_eq!(list.voices, [known[0].clone(), voice("zoe"), ben.clone()]);
    }
}

#[tokio::test]
async fn a_provider_that_lists_none_or_fails_has_those_that_are_known() {
    let bench = Bench::new(CredentialStatus::Valid);
    assert_eq!(bench.ids().await, ["anna", "ben"]);
    bench.tts.list(vec![voice("zoe")]);
    bench.tts.faults().fail(ProviderErrorKind::Unavailable);
    for minutes in [0, 1] {
        bench.clock.advance(Duration::from_mins(minutes));
        let list = bench.voices.list(UserId::LOCAL, ACME).await.unwrap();
        assert!(!list.is_from_provider);
        assert_eq!(list.voices, [voice("anna"), voice("ben")]);
        assert_eq!(bench.tts.listings(), 1 + usize::try_from(minutes).unwrap());
    }
    bench.tts.faults().recover();
    bench.clock.advance(Duration::from_mins(1));
    assert_eq!(bench.ids().await, ["anna", "zoe"]);
}

#[tokio::test]
async fn who_has_a_key_of_their_own_has_voices_of_their_own() {
    let bench = Bench::new(CredentialStatus::Present);
    bench.tts.list(vec![voice("zoe")]);
    assert_eq!(bench.ids().await, ["anna", "zoe"]);
    let own = Arc::new(ScriptedTextToSpeech::new());
    own.list(vec![voice("mine")]);
    let mut with_key = catalogue(&own, CredentialStatus::Valid);
    let key = OwnKey {
        id: CredentialId::from_uuid(uuid::Uuid::from_u128(1)),
        state: CredentialState::Valid,
        checked_at: DateTime::<Utc>::UNIX_EPOCH,
    };
    with_key.own_keys.insert(ACME.to_owned(), key);
    bench.directory.give(UserId::LOCAL, with_key);
    assert_eq!(bench.ids().await, ["anna", "mine"]);
}

#[tokio::test]
async fn nobody_is_asked_without_a_key() {
    let bench = Bench::new(CredentialStatus::Missing);
    bench.tts.list(vec![voice("zoe")]);
    assert_eq!(bench.ids().await, ["anna", "ben"]);
    assert_eq!(bench.tts.listings(), 0);
}

#[tokio::test]
async fn who_does_not_speak_has_no_voices() {
    let bench = Bench::new(CredentialStatus::Present);
    let unknown = bench.voices.list(UserId::LOCAL, "nobody").await;
    assert!(matches!(unknown, Err(ListVoicesError::UnknownProvider)));
    bench.directory.faults().fail(StoreErrorKind::Unavailable);
    let away = bench.voices.list(UserId::LOCAL, ACME).await;
    assert!(matches!(away, Err(ListVoicesError::Store(_))));
}

#[test]
fn of_too_many_lists_the_one_that_is_forgotten_soonest_makes_place() {
    let whose = |n: u128| Whose {
        provider: ACME.to_owned(),
        own_key: Some(CredentialId::from_uuid(uuid::Uuid::from_u128(n))),
    };
    let at = |seconds: i64| DateTime::<Utc>::UNIX_EPOCH + chrono::TimeDelta::seconds(seconds);
    let listed = || Some(Arc::from([voice("zoe")]));
    let mut kept = Kept::default();
    // The first that came is not the first of the order of keys.
    for (n, seconds) in (0..300).rev().zip(0..) {
        kept.keep(whose(n), listed(), at(seconds));
    }
    let mut left: Vec<u128> = (0..300)
        .filter(|n| kept.get(&whose(*n), at(300)).is_some())
        .collect();
    assert_eq!(left, (0..256).collect::<Vec<_>>());
    // What could not be asked is believed for less long, so it goes before all that was listed.
    kept.keep(whose(400), None, at(300));
    kept.keep(whose(401), listed(), at(300));
    left.retain(|n| kept.get(&whose(*n), at(300)).is_some());
    assert_eq!(left.len(), 255);
    assert!(kept.get(&whose(400), at(300)).is_none() && kept.get(&whose(401), at(300)).is_some());
}
