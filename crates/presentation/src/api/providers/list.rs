use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use tracing::instrument;
use viva_domain::providers::{
    CredentialStatus, Language, Model, ProviderCatalogue, ProviderInfo, ProviderVoice,
};
use viva_domain::sessions::ProviderConfig;
use viva_protocol::rest;

use crate::extract::Identity;

/// Who can play which role.
#[utoipa::path(
    get,
    path = "/api/v1/interaction/providers",
    operation_id = "list_providers",
    tag = "interaction",
    responses((status = 200, description = "The providers of each role, those that can be used first", body = rest::ProviderList)),
)]
#[instrument(name = "api.providers.list", skip_all)]
pub(crate) async fn list(
    State(providers): State<Arc<ProviderCatalogue>>,
    _user: Identity,
) -> Json<rest::ProviderList> {
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
    Json(rest::ProviderList {
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
    })
}

fn provider(info: &ProviderInfo, capabilities: rest::ProviderCapabilities) -> rest::Provider {
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
    }
}

fn model(model: &Model) -> rest::Model {
    rest::Model {
        id: model.id.clone(),
        name: model.name.clone(),
        retires: model.retires,
    }
}

fn voice(voice: &ProviderVoice) -> rest::Voice {
    rest::Voice {
        id: voice.id.clone(),
        name: voice.name.clone(),
    }
}

fn language(language: &Language) -> rest::Language {
    rest::Language {
        id: language.tag.clone(),
        name: language.name.clone(),
    }
}
