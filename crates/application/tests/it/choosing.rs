//! What the catalogue knows about the providers that a session wants.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::NaiveDate;
use rstest::rstest;
use viva_application::modes::{ModeFactory, OpenModeError};
use viva_application::sessions::{SessionInput, StartSession};
use viva_domain::ports::{
    ProviderError, ProviderErrorKind, SpeechToText, SpeechToTextCapabilities, SpeechToTextSession,
};
use viva_domain::providers::{CredentialStatus, Model, ProviderCatalogue, ProviderInfo};
use viva_domain::sessions::{CascadeConfig, Interaction, ProviderConfig};
use viva_domain::turns::{Event, NoticeCode};
use viva_fakes::{ScriptedLanguageModel, ScriptedRealtimeVoice, ScriptedSpeechToText, ScriptedTextToSpeech};

use crate::bench::{Bench, Cascade, Detector, request};

fn factory(credential: CredentialStatus, needs: &[&str]) -> ModeFactory {
    let mut providers = ProviderCatalogue::default();
    let info = ProviderInfo {
        needs: needs.iter().map(|name| (*name).to_owned()).collect(),
        ..info("mine", credential, &[])
    };
    providers
        .realtime
        .insert(info, Arc::new(ScriptedRealtimeVoice::default()));
    ModeFactory::new(providers)
}

fn realtime(config: ProviderConfig) -> Interaction {
    Interaction::Realtime(config)
}

fn with_model(model: &str) -> Interaction {
    realtime(ProviderConfig {
        model: Some(model.to_owned()),
        ..ProviderConfig::of("scripted")
    })
}

#[test]
fn a_provider_that_is_not_set_up_says_what_to_set() {
    let refusal = |needs: &[&str]| {
        let modes = factory(CredentialStatus::Missing, needs);
        let OpenModeError(err) = modes.resolve(&realtime(ProviderConfig::of("mine"))).unwrap_err();
        err
    };
    assert_eq!(
        refusal(&["A_URL", "A_KEY"]).to_string(),
        "provider mine: it is not set up; set A_URL and A_KEY for the server and start it again"
    );
    assert_eq!(refusal(&[]).kind, ProviderErrorKind::CredentialMissing);
}

#[test]
fn a_provider_that_can_be_tried_is() {
    for credential in [
        CredentialStatus::NotNeeded,
        CredentialStatus::Present,
        CredentialStatus::Valid,
    ] {
        let modes = factory(credential, &[]);
        modes.resolve(&realtime(ProviderConfig::of("mine"))).unwrap();
    }
}

#[test]
fn a_key_that_was_refused_is_not_tried_again() {
    let modes = factory(CredentialStatus::Invalid, &[]);
    let OpenModeError(err) = modes.resolve(&realtime(ProviderConfig::of("mine"))).unwrap_err();
    assert_eq!(
        (&*err.provider, &err.kind),
        ("mine", &ProviderErrorKind::OwnCredentialInvalid)
    );
}

#[test]
fn failures_bear_the_name_that_was_asked_for() {
    let mut config = ProviderConfig::of("mine");
    config.options.insert("nonsense".to_owned(), "1".to_owned());
    let modes = factory(CredentialStatus::NotNeeded, &[]);
    let OpenModeError(err) = modes.resolve(&realtime(config)).unwrap_err();
    assert_eq!(err.provider, "mine");
}

/// Ears that understand no German.
struct EnglishOnly(ScriptedSpeechToText);

#[async_trait]
impl SpeechToText for EnglishOnly {
    fn capabilities(&self, config: &ProviderConfig) -> SpeechToTextCapabilities {
        self.0.capabilities(config)
    }

    fn resolve(&self, config: &ProviderConfig) -> Result<ProviderConfig, ProviderError> {
        if config.language.as_deref() == Some("de") {
            return Err(ProviderError {
                kind: ProviderErrorKind::InvalidConfig("no German".to_owned()),
                provider: config.provider.clone(),
                retry_after: None,
                source: None,
            });
        }
        self.0.resolve(config)
    }

    async fn connect(&self, config: ProviderConfig) -> Result<SpeechToTextSession, ProviderError> {
        self.0.connect(config).await
    }
}

fn day(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, day).expect("there is such a day")
}

fn info(id: &str, credential: CredentialStatus, models: &[(&str, Option<NaiveDate>)]) -> ProviderInfo {
    let model = |(id, retires): &(&str, Option<NaiveDate>)| Model {
        id: (*id).to_owned(),
        name: (*id).to_owned(),
        retires: *retires,
    };
    ProviderInfo {
        id: id.to_owned(),
        name: id.to_owned(),
        models: models.iter().map(model).collect(),
        voices: Vec::new(),
        languages: Vec::new(),
        custom_names: false,
        credential,
        needs: Vec::new(),
    }
}

/// A server with the key of OpenAI, and of these for the ears; the order is the catalogue's.
fn with_ears(ears: &[&str]) -> ProviderCatalogue {
    let mut providers = ProviderCatalogue::default();
    for id in ["openai", "offline"] {
        let info = info(id, CredentialStatus::Present, &[]);
        providers
            .llm
            .insert(info.clone(), Arc::new(ScriptedLanguageModel::new()));
        providers.tts.insert(info, Arc::new(ScriptedTextToSpeech::new()));
    }
    for id in ears {
        let info = info(id, CredentialStatus::Present, &[]);
        providers.stt.insert(info, Arc::new(ScriptedSpeechToText::new()));
    }
    providers
}

/// Who takes the place of a realtime provider that failed: ears, model and voice.
fn substitutes(providers: ProviderCatalogue, failed: &ProviderConfig) -> Option<[ProviderConfig; 3]> {
    match ModeFactory::new(providers).fallback(failed, day(5))? {
        Interaction::Cascade(config) => Some([config.stt, config.llm, config.tts]),
        Interaction::Realtime(config) => panic!("{config:?} is no cascade"),
    }
}

fn ids(substitutes: &[ProviderConfig; 3]) -> [&str; 3] {
    substitutes.each_ref().map(|config| config.provider.as_str())
}

#[rstest]
#[case::others_where_there_are_some(&["openai", "deepgram", "offline"], "openai", ["deepgram", "openai", "openai"])]
#[case::the_failed_one_before_offline(&["openai", "offline"], "openai", ["openai", "openai", "openai"])]
#[case::the_first_of_all_when_it_did_not_fail(&["openai", "deepgram", "offline"], "gemini", ["openai", "openai", "openai"])]
#[case::offline_when_there_is_nobody_else(&["offline"], "openai", ["offline", "openai", "openai"])]
#[case::offline_last_wherever_it_stands(&["offline", "openai"], "openai", ["openai", "openai", "openai"])]
fn whoever_failed_is_replaced_by_somebody_else(
    #[case] ears: &[&str],
    #[case] failed: &str,
    #[case] expected: [&str; 3],
) {
    let substitutes = substitutes(with_ears(ears), &ProviderConfig::of(failed)).unwrap();
    assert_eq!(ids(&substitutes), expected);
}

#[test]
fn who_does_not_take_the_language_is_passed_over() {
    let mut providers = with_ears(&["openai", "deepgram", "elevenlabs", "offline"]);
    let deepgram = info("deepgram", CredentialStatus::Present, &[]);
    providers
        .stt
        .insert(deepgram, Arc::new(EnglishOnly(ScriptedSpeechToText::new())));
    let mut failed = ProviderConfig::of("openai");
    let chosen = |failed: &ProviderConfig| substitutes(providers.clone(), failed).unwrap();
    assert_eq!(chosen(&failed)[0].provider, "deepgram");
    failed.language = Some("de".to_owned());
    let german = chosen(&failed);
    assert_eq!(german[0].provider, "elevenlabs");
    assert!(
        german
            .iter()
            .all(|config| config.language.as_deref() == Some("de"))
    );
}

#[test]
fn nobody_falls_back_on_a_model_that_is_not_served_any_more() {
    let models: [&[(&str, Option<NaiveDate>)]; 3] = [
        &[("old", Some(day(5)))],
        &[
            ("older", Some(day(1))),
            ("old", Some(day(5))),
            ("new", Some(day(6))),
        ],
        &[("new", None), ("old", Some(day(1)))],
    ];
    let mut providers = with_ears(&["a", "b", "c"]);
    for (id, models) in ["a", "b", "c"].into_iter().zip(models) {
        let info = info(id, CredentialStatus::Present, models);
        providers.stt.insert(info, Arc::new(ScriptedSpeechToText::new()));
    }
    let chosen = |failed| {
        let [ears, ..] = substitutes(providers.clone(), &ProviderConfig::of(failed)).unwrap();
        (ears.provider, ears.model)
    };
    assert_eq!(chosen("openai"), ("b".to_owned(), Some("new".to_owned())));
    // The default one is named by whoever resolves it.
    assert_eq!(chosen("b"), ("c".to_owned(), Some("scripted".to_owned())));
}

#[test]
fn without_anybody_who_can_be_used_there_is_no_fallback() {
    let failed = ProviderConfig::of("openai");
    let mut providers = with_ears(&[]);
    assert_eq!(substitutes(providers.clone(), &failed), None);
    for credential in [CredentialStatus::Missing, CredentialStatus::Invalid] {
        let deepgram = info("deepgram", credential, &[]);
        providers
            .stt
            .insert(deepgram, Arc::new(ScriptedSpeechToText::new()));
        assert_eq!(substitutes(providers.clone(), &failed), None);
    }
}

/// How often a session says that one of its models is not served any more.
async fn notices(bench: &Bench, interaction: Interaction) -> usize {
    let start = StartSession {
        interaction,
        ..request()
    };
    let mut caller = bench.try_start(start).await.expect("the session starts");
    caller.started().await;
    caller.say(SessionInput::End).await;
    let events = caller.rest().await;
    let is_it = |event: &&Event| matches!(event, Event::Notice(NoticeCode::ModelRetired));
    events.iter().filter(is_it).count()
}

#[tokio::test(start_paused = true)]
async fn a_model_whose_last_day_is_over_is_noticed_once() {
    let bench = Bench::new(Detector::Provider);
    for (wanted, is_noticed) in [("old", true), ("soon", false), ("new", false), ("unknown", false)] {
        let noticed = notices(&bench, with_model(wanted)).await;
        assert_eq!(noticed, usize::from(is_noticed), "{wanted}");
    }
}

#[rstest]
#[case::ears(["old", "new", "soon"], 1)]
#[case::model(["new", "old", "soon"], 1)]
#[case::voice(["new", "soon", "old"], 1)]
#[case::all(["old", "old", "old"], 1)]
#[case::none(["new", "soon", "unknown"], 0)]
#[tokio::test(start_paused = true)]
async fn of_a_cascade_any_model_is_noticed_and_all_of_them_once(
    #[case] models: [&str; 3],
    #[case] expected: usize,
) {
    let bench = Bench::with_cascade(Detector::Session, |voice| voice, &Cascade::new(|ears| ears));
    let [stt, llm, tts] = models.map(|model| ProviderConfig {
        model: Some(model.to_owned()),
        ..ProviderConfig::of("scripted")
    });
    let interaction = Interaction::Cascade(Box::new(CascadeConfig { stt, llm, tts }));
    assert_eq!(notices(&bench, interaction).await, expected);
}
