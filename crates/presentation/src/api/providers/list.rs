use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use tracing::instrument;
use viva_domain::ports::RealtimeCapabilities;
use viva_domain::providers::{
    CredentialStatus, Language, Model, ProviderInfo, ProviderVoice, RealtimeProviders,
};
use viva_protocol::rest;

/// Who can play which role.
#[utoipa::path(
    get,
    path = "/api/v1/interaction/providers",
    operation_id = "list_providers",
    tag = "interaction",
    responses((status = 200, description = "The providers, the default of each role first", body = rest::ProviderList)),
)]
#[instrument(name = "api.providers.list", skip_all)]
pub(crate) async fn list(State(providers): State<Arc<RealtimeProviders>>) -> Json<rest::ProviderList> {
    let realtime = providers
        .iter()
        .map(|(info, voice)| provider(info, voice.capabilities()))
        .collect();
    Json(rest::ProviderList {
        realtime,
        ..rest::ProviderList::default()
    })
}

fn provider(info: &ProviderInfo, capabilities: RealtimeCapabilities) -> rest::Provider {
    rest::Provider {
        id: info.id.clone(),
        name: info.name.clone(),
        models: info.models.iter().map(model).collect(),
        voices: info.voices.iter().map(voice).collect(),
        languages: info.languages.iter().map(language).collect(),
        capabilities: rest::ProviderCapabilities {
            detects_turns: capabilities.detects_turns,
            greets: capabilities.greets,
        },
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
