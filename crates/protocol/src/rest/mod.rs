//! Bodies of the REST API under `/api/v1`. Failures are [`crate::problem::Problem`]s.

mod credentials;
mod deletions;
mod me;
mod prompts;
mod providers;
mod recordings;
mod self_test;
mod sessions;
mod templates;

pub use credentials::{
    AuditAction, AuditEntry, AuditOutcome, Credential, CredentialContent, CredentialField,
    CredentialFieldName, CredentialList, ProviderCredential,
};
pub use deletions::{DeletionOutcome, SessionDeletion, SessionDeletions, SessionSelection};
pub use me::{Me, SignedIn, SignedInBy};
pub use prompts::{ComposedPrompt, PromptTexts};
pub use providers::{
    CredentialStatus, Language, Model, Provider, ProviderCapabilities, ProviderList, Voice, VoiceGender,
    VoiceList,
};
pub use recordings::{
    AudioSide, AudioStretch, EXPORT_SCHEMA, ExportedRecording, ExportedTurn, RecordingPeaks, SessionExport,
    SessionPeaks, TurnMarks,
};
pub use self_test::{Certificate, CertifiedPart, SelfTest, SelfTestProgress};
pub use sessions::{
    LatencyStats, MetricStatistics, Page, Session, SessionDetail, SessionOverview, SessionPage,
    SessionStatus, Statistics, Turn,
};
pub use templates::{DuplicateTemplate, Template, TemplateContent};
