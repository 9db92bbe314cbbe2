//! Bodies of the REST API under `/api/v1`. Failures are [`crate::problem::Problem`]s.

mod providers;
mod sessions;

pub use providers::{CredentialStatus, Language, Model, Provider, ProviderCapabilities, ProviderList, Voice};
pub use sessions::{LatencyStats, Page, Session, SessionDetail, SessionStatus, Statistics, Turn};
