use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};
use uuid::Uuid;

use super::providers::CredentialStatus;

/// Body of `GET /credentials`: every provider that takes a key of your own.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CredentialList {
    /// The providers, in the order in which they are shown.
    pub items: Vec<ProviderCredential>,
}

/// A provider that takes a key of your own, and that key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProviderCredential {
    /// The provider's id.
    pub provider: String,
    /// The name that people know.
    pub name: String,
    /// The page on which its users make keys, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_url: Option<String>,
    /// What it wants to know, the key first.
    pub fields: Vec<CredentialField>,
    /// Your own key, when there is one; it is used in place of the server's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<Credential>,
}

/// A field of [`CredentialContent`] that a provider takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CredentialField {
    /// Which one.
    pub name: CredentialFieldName,
    /// Whether it has to be filled in.
    pub required: bool,
    /// What is used without it, or what it looks like where it is required.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub example: Option<String>,
}

/// The fields that there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CredentialFieldName {
    /// The key.
    ApiKey,
    /// Where the provider is.
    BaseUrl,
    /// Who pays.
    Organization,
}

/// As much of a key as is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Credential {
    /// The key, such as `sk-…abcd`.
    pub masked_key: String,
    /// Where the provider is, without what follows a `?`; absent for its usual address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// Who pays; absent when that is left to the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    /// What the provider thought of it: `valid` or `invalid`.
    pub status: CredentialStatus,
    /// When the provider said so last, UTC.
    pub checked_at: DateTime<Utc>,
}

/// Body of `PUT /credentials/{provider}`: your account at a provider. `GET /credentials` tells which fields it takes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CredentialContent {
    /// The key, at most 4,096 ASCII characters without space.
    #[serde(serialize_with = "exposed")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, min_length = 1, max_length = 4_096))]
    pub api_key: SecretString,
    /// Where the provider is, `http` or `https`, at most 2,048 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 2_048))]
    pub base_url: Option<String>,
    /// Who pays, at most 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 200))]
    pub organization: Option<String>,
}

/// Something that was done with a key of yours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditEntry {
    /// The entry's id.
    pub id: Uuid,
    /// When, UTC.
    pub at: DateTime<Utc>,
    /// What was done.
    pub action: AuditAction,
    /// The provider's id.
    pub provider: String,
    /// The session that used the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<Uuid>,
    /// How it went.
    pub outcome: AuditOutcome,
}

/// What is done with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AuditAction {
    /// The first one for a provider was given.
    Create,
    /// Another one took its place.
    Replace,
    /// The provider was asked again.
    Validate,
    /// A session took it.
    Use,
    /// It was forgotten.
    Delete,
}

/// How that went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AuditOutcome {
    /// As wished.
    Done,
    /// The provider does not know the key.
    BadKey,
    /// The key may not do what is needed.
    Forbidden,
    /// The account has nothing left to spend.
    QuotaExceeded,
    /// The provider could not be reached.
    NoNetwork,
    /// The provider took no more requests.
    RateLimited,
    /// The address is none, or belongs to another region or resource.
    WrongAddress,
    /// Anything else.
    Failed,
}

/// The one place where a key is written: on its way to the server.
fn exposed<S: Serializer>(key: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(key.expose_secret())
}
