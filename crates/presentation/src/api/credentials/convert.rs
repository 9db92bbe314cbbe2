use viva_application::credentials::{ProviderKey, ShownCredential};
use viva_domain::credentials::{CredentialField, CredentialState, FieldNeed, FormField};
use viva_protocol::rest;

pub(super) fn provider(key: ProviderKey) -> rest::ProviderCredential {
    let api_key = rest::CredentialField {
        name: rest::CredentialFieldName::ApiKey,
        required: true,
        example: None,
    };
    rest::ProviderCredential {
        provider: key.form.provider,
        name: key.form.name,
        key_url: key.form.key_url,
        fields: [api_key]
            .into_iter()
            .chain(key.form.fields.into_iter().map(field))
            .collect(),
        credential: key.own.map(credential),
    }
}

pub(super) fn credential(shown: ShownCredential) -> rest::Credential {
    rest::Credential {
        masked_key: shown.masked_key,
        base_url: shown.base_url.map(without_query),
        organization: shown.organization,
        status: match shown.state {
            CredentialState::Valid => rest::CredentialStatus::Valid,
            CredentialState::Invalid => rest::CredentialStatus::Invalid,
        },
        checked_at: shown.checked_at,
    }
}

/// Some servers take keys there.
fn without_query(url: String) -> String {
    match url.split_once('?') {
        Some((shown, _)) => shown.to_owned(),
        None => url,
    }
}

fn field(field: FormField) -> rest::CredentialField {
    rest::CredentialField {
        name: match field.field {
            CredentialField::BaseUrl => rest::CredentialFieldName::BaseUrl,
            CredentialField::Organization => rest::CredentialFieldName::Organization,
        },
        required: match field.need {
            FieldNeed::Needed => true,
            FieldNeed::Optional => false,
        },
        example: field.example,
    }
}
