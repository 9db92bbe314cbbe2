//! What the catalogue knows about the providers that a session wants.

use std::sync::Arc;

use viva_application::modes::{ModeFactory, OpenModeError};
use viva_application::sessions::{SessionInput, StartSession};
use viva_domain::ports::ProviderErrorKind;
use viva_domain::providers::{CredentialStatus, ProviderCatalogue, ProviderInfo};
use viva_domain::sessions::{Interaction, ProviderConfig};
use viva_domain::turns::{Event, NoticeCode};
use viva_fakes::ScriptedRealtimeVoice;

use crate::bench::{Bench, Detector, request};

fn factory(credential: CredentialStatus, needs: &[&str]) -> ModeFactory {
    let mut providers = ProviderCatalogue::default();
    let info = ProviderInfo {
        id: "mine".to_owned(),
        name: "Mine".to_owned(),
        models: Vec::new(),
        voices: Vec::new(),
        languages: Vec::new(),
        custom_names: false,
        credential,
        needs: needs.iter().map(|name| (*name).to_owned()).collect(),
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
        CredentialStatus::Invalid,
    ] {
        let modes = factory(credential, &[]);
        modes.resolve(&realtime(ProviderConfig::of("mine"))).unwrap();
    }
}

#[test]
fn failures_bear_the_name_that_was_asked_for() {
    let mut config = ProviderConfig::of("mine");
    config.options.insert("nonsense".to_owned(), "1".to_owned());
    let modes = factory(CredentialStatus::NotNeeded, &[]);
    let OpenModeError(err) = modes.resolve(&realtime(config)).unwrap_err();
    assert_eq!(err.provider, "mine");
}

#[tokio::test(start_paused = true)]
async fn a_model_whose_last_day_is_over_is_noticed_once() {
    let bench = Bench::new(Detector::Provider);
    for (wanted, is_noticed) in [("old", true), ("soon", false), ("new", false), ("unknown", false)] {
        let start = StartSession {
            interaction: with_model(wanted),
            ..request()
        };
        let mut caller = bench.try_start(start).await.expect("the session starts");
        caller.started().await;
        caller.say(SessionInput::End).await;
        let notices = caller.rest().await;
        let notices = notices
            .iter()
            .filter(|event| matches!(event, Event::Notice(NoticeCode::ModelRetired)));
        assert_eq!(notices.count(), usize::from(is_noticed), "{wanted}");
    }
}
