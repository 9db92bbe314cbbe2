use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use tracing::instrument;
use viva_domain::ports::ProviderDirectory;
use viva_domain::providers::{
    CredentialStatus, Language, Model, OwnKey, ProviderCatalogue, ProviderInfo, ProviderVoice, VoiceGender,
};
use viva_domain::sessions::ProviderConfig;
use viva_protocol::rest;

use crate::extract::Identity;
use crate::problem::Problem;

/// Who can play which role.
#[utoipa::path(
    get,
    path = "/api/v1/interaction/providers",
    operation_id = "list_providers",
    tag = "interaction",
    responses((status = 200, description = "The providers of each role as you have them, those that can be used first", body = rest::ProviderList)),
)]
#[instrument(name = "api.providers.list", skip_all)]
pub(crate) async fn list(
    State(directory): State<Arc<dyn ProviderDirectory>>,
    Identity(user_id): Identity,
) -> Result<Json<rest::ProviderList>, Problem> {
    let catalogue = directory.catalogue(user_id).await;
    let catalogue = catalogue.map_err(|err| Problem::from(&err))?;
    Ok(Json(providers(&catalogue)))
}

fn providers(providers: &ProviderCatalogue) -> rest::ProviderList {
    let provider =
        |info: &ProviderInfo, capabilities| provider(info, capabilities, providers.own_keys.get(&info.id));
    let default = |info: &ProviderInfo| ProviderConfig::of(info.id.clone());
    let realtime = providers.realtime.iter().map(|(info, voice)| {
        let can = voice.capabilities(&default(info));
        let capabilities = rest::ProviderCapabilities {
            detects_turns: can.detects_turns,
            greets: can.greets,
        };
        provider(info, capabilities)
    });
    let stt = providers.stt.iter().map(|(info, ears)| {
        let capabilities = rest::ProviderCapabilities {
            detects_turns: ears.capabilities(&default(info)).detects_turns,
            greets: false,
        };
        provider(info, capabilities)
    });
    let plain = rest::ProviderCapabilities {
        detects_turns: false,
        greets: false,
    };
    rest::ProviderList {
        realtime: realtime.collect(),
        stt: stt.collect(),
        llm: providers
            .llm
            .iter()
            .map(|(info, _)| provider(info, plain))
            .collect(),
        tts: providers
            .tts
            .iter()
            .map(|(info, _)| provider(info, plain))
            .collect(),
    }
}

fn provider(
    info: &ProviderInfo,
    capabilities: rest::ProviderCapabilities,
    own_key: Option<&OwnKey>,
) -> rest::Provider {
    rest::Provider {
        id: info.id.clone(),
        name: info.name.clone(),
        models: info.models.iter().map(model).collect(),
        voices: info.voices.iter().map(voice).collect(),
        languages: info.languages.iter().map(language).collect(),
        custom_names: info.custom_names,
        capabilities,
        available: info.credential.is_usable(),
        credential_status: match info.credential {
            CredentialStatus::NotNeeded => rest::CredentialStatus::NotNeeded,
            CredentialStatus::Missing => rest::CredentialStatus::Missing,
            CredentialStatus::Present => rest::CredentialStatus::Present,
            CredentialStatus::Valid => rest::CredentialStatus::Valid,
            CredentialStatus::Invalid => rest::CredentialStatus::Invalid,
        },
        own_key: own_key.is_some(),
        checked_at: own_key.map(|key| key.checked_at),
    }
}

fn model(model: &Model) -> rest::Model {
    rest::Model {
        id: model.id.clone(),
        name: model.name.clone(),
        retires: model.retires,
    }
}

pub(super) fn voice(voice: &ProviderVoice) -> rest::Voice {
    rest::Voice {
        id: voice.id.clone(),
        name: voice.name.clone(),
        language: voice.language.clone(),
        gender: voice.gender.map(|gender| match gender {
            VoiceGender::Female => rest::VoiceGender::Female,
            VoiceGender::Male => rest::VoiceGender::Male,
        }),
    }
}

fn language(language: &Language) -> rest::Language {
    rest::Language {
        id: language.tag.clone(),
        name: language.name.clone(),
    }
}
