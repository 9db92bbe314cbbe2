//! Bodies of the REST API.

use viva_protocol::problem::Problem;
use viva_protocol::rest;
use viva_protocol::ws::*;

use super::{SECRET, full_latency, full_realtime, id, minimal_cascade, time};

pub(crate) fn problem(detail: Option<&str>) -> Problem {
    Problem {
        kind: "about:blank".to_owned(),
        title: "Not Found".to_owned(),
        status: 404,
        code: "session-not-found".to_owned(),
        detail: detail.map(str::to_owned),
    }
}

pub(crate) fn providers() -> rest::ProviderList {
    let offline = rest::Provider {
        id: "offline".to_owned(),
        name: "Offline".to_owned(),
        models: vec![rest::Model {
            id: "scripted".to_owned(),
            name: "Scripted".to_owned(),
            retires: chrono::NaiveDate::from_ymd_opt(2027, 1, 6),
        }],
        voices: vec![rest::Voice {
            id: "en".to_owned(),
            name: "English".to_owned(),
            language: Some("en".to_owned()),
            gender: Some(rest::VoiceGender::Female),
        }],
        languages: vec![rest::Language {
            id: "zh-TW".to_owned(),
            name: "Chinese (Taiwan)".to_owned(),
        }],
        custom_names: false,
        capabilities: rest::ProviderCapabilities {
            detects_turns: true,
            greets: true,
        },
        available: true,
        credential_status: rest::CredentialStatus::NotNeeded,
        own_key: true,
        checked_at: Some(time(0)),
    };
    let bare = rest::Provider {
        models: vec![],
        voices: vec![],
        languages: vec![],
        custom_names: true,
        capabilities: rest::ProviderCapabilities {
            detects_turns: false,
            greets: false,
        },
        available: false,
        credential_status: rest::CredentialStatus::Missing,
        own_key: false,
        checked_at: None,
        ..offline.clone()
    };
    rest::ProviderList {
        realtime: vec![offline],
        stt: vec![bare],
        llm: vec![],
        tts: vec![],
    }
}

pub(crate) fn full_session() -> rest::Session {
    rest::Session {
        id: id(1),
        interaction: full_realtime(),
        status: rest::SessionStatus::Completed,
        started_at: time(0),
        ended_at: Some(time(25_930)),
        recordings_purged_at: Some(time(99_000)),
        barge_in_enabled: true,
        system_prompt: Some("Answer in one sentence.".to_owned()),
        user_role: Some("Customer".to_owned()),
        ai_role: Some("Clerk".to_owned()),
        scenario_context: Some("A book shop.".to_owned()),
    }
}

pub(crate) fn minimal_session() -> rest::Session {
    rest::Session {
        id: id(1),
        interaction: minimal_cascade(),
        status: rest::SessionStatus::Active,
        started_at: time(0),
        ended_at: None,
        recordings_purged_at: None,
        barge_in_enabled: false,
        system_prompt: None,
        user_role: None,
        ai_role: None,
        scenario_context: None,
    }
}

pub(crate) fn full_overview() -> rest::SessionOverview {
    rest::SessionOverview {
        session: full_session(),
        total_turns: 5,
        total_duration_ms: Some(25_930),
        avg_latency_ms: Some(612.25),
        p95_latency_ms: Some(801.5),
        interrupted_count: 1,
        providers: vec!["offline".to_owned()],
    }
}

pub(crate) fn minimal_overview() -> rest::SessionOverview {
    rest::SessionOverview {
        session: minimal_session(),
        total_turns: 0,
        total_duration_ms: None,
        avg_latency_ms: None,
        p95_latency_ms: None,
        interrupted_count: 0,
        providers: vec![],
    }
}

pub(crate) fn full_turn() -> rest::Turn {
    rest::Turn {
        id: id(9),
        turn_number: 1,
        started_at: time(512),
        ended_at: time(8_000),
        user_transcript: Some("What's the weather like?".to_owned()),
        ai_transcript: Some("It is sunny".to_owned()),
        ai_unheard: Some(" and warm.".to_owned()),
        user_audio_ms: Some(3_880),
        ai_audio_ms: Some(2_100),
        played_ms: Some(1_400),
        interrupted: true,
        interrupt_reason: Some(InterruptReason::Speech),
        interrupted_at_ms: Some(6_512.5),
        false_interruptions: 1,
        stalled: true,
        failure: Some("the provider did not go on within 10 s".to_owned()),
        latency: full_latency(),
        usage: Some(Usage {
            input_tokens: Some(412),
            output_tokens: None,
        }),
    }
}

pub(crate) fn minimal_turn() -> rest::Turn {
    rest::Turn {
        user_transcript: None,
        ai_transcript: None,
        ai_unheard: None,
        user_audio_ms: None,
        ai_audio_ms: None,
        played_ms: None,
        interrupted: false,
        interrupt_reason: None,
        interrupted_at_ms: None,
        false_interruptions: 0,
        stalled: false,
        failure: None,
        latency: Latency::default(),
        usage: None,
        ..full_turn()
    }
}

pub(crate) fn full_template() -> rest::Template {
    let text = |text: &str| Some(text.to_owned());
    rest::Template {
        id: id(3),
        built_in: false,
        updated_at: time(0),
        content: rest::TemplateContent {
            name: "Book shop".to_owned(),
            description: "Sells a book.".to_owned(),
            category: "customer_service".to_owned(),
            language: "en-GB".to_owned(),
            system_prompt: text("Answer in one sentence."),
            user_role: text("Customer"),
            ai_role: text("Clerk"),
            scenario_context: text("A book shop."),
        },
    }
}

pub(crate) fn minimal_template() -> rest::Template {
    let full = full_template();
    rest::Template {
        built_in: true,
        content: rest::TemplateContent {
            description: String::new(),
            user_role: None,
            ai_role: None,
            scenario_context: None,
            ..full.content
        },
        ..full
    }
}

pub(crate) fn full_prompt() -> rest::PromptTexts {
    let content = full_template().content;
    rest::PromptTexts {
        system_prompt: content.system_prompt,
        template_id: Some(id(5)),
        user_role: content.user_role,
        ai_role: content.ai_role,
        scenario_context: content.scenario_context,
        prompt_language: Some("en".to_owned()),
    }
}

pub(crate) fn me() -> rest::Me {
    rest::Me {
        id: id(6),
        name: "ada".to_owned(),
        signed_in: Some(rest::SignedIn {
            by: rest::SignedInBy::Cookie,
            token: "laptop".to_owned(),
            expires_at: Some(time(0)),
        }),
    }
}

pub(crate) fn composed_prompt() -> rest::ComposedPrompt {
    rest::ComposedPrompt {
        instructions: "Answer in one sentence.\n\nYou play this role: Clerk.".to_owned(),
    }
}

pub(crate) fn self_test() -> rest::SelfTest {
    rest::SelfTest {
        progress: Some(rest::SelfTestProgress { done: 7, total: 200 }),
        failure: Some("no turn could be measured".to_owned()),
        newest: Some(rest::Certificate {
            taken_at: time(0),
            version: "0.1.0".to_owned(),
            seed: 7,
            turns: 199,
            failed: 1,
            concurrency: 10,
            duration_ms: 61_234,
            parts: vec![rest::CertifiedPart {
                mode: Mode::Cascade,
                part: "stt_ms".to_owned(),
                count: 99,
                bias_ms: 0.6,
                best_ms: Some(0.1),
                p50_ms: Some(0.5),
                p95_ms: 1.1,
                worst_ms: 2.25,
            }],
        }),
    }
}

pub(crate) fn latency_stats() -> rest::LatencyStats {
    let measured = rest::Statistics {
        count: 3,
        avg: Some(861.0),
        min: Some(840.0),
        max: Some(902.5),
        p50: Some(858.0),
        p95: Some(902.5),
        p99: Some(902.5),
    };
    rest::LatencyStats {
        whole: rest::MetricStatistics {
            total_ms: measured,
            ..rest::MetricStatistics::default()
        },
        interrupted_count: 1,
        estimated_count: 2,
        ..rest::LatencyStats::default()
    }
}

pub(crate) fn credentials() -> rest::CredentialList {
    let field = |name, required, example: Option<&str>| rest::CredentialField {
        name,
        required,
        example: example.map(str::to_owned),
    };
    let acme = rest::ProviderCredential {
        provider: "acme".to_owned(),
        name: "Acme".to_owned(),
        key_url: Some("https://acme.example/keys".to_owned()),
        fields: vec![
            field(rest::CredentialFieldName::ApiKey, true, None),
            field(
                rest::CredentialFieldName::BaseUrl,
                false,
                Some("https://api.acme.example"),
            ),
            field(rest::CredentialFieldName::Organization, false, None),
        ],
        credential: Some(rest::Credential {
            masked_key: "sk-…abcd".to_owned(),
            base_url: Some("https://eu.acme.example".to_owned()),
            organization: Some("org-1".to_owned()),
            status: rest::CredentialStatus::Valid,
            checked_at: time(0),
        }),
    };
    let bare = rest::ProviderCredential {
        key_url: None,
        fields: vec![],
        credential: None,
        ..acme.clone()
    };
    rest::CredentialList {
        items: vec![acme, bare],
    }
}

pub(crate) fn session_selection() -> rest::SessionSelection {
    rest::SessionSelection {
        ids: session_deletions().items.iter().map(|item| item.id).collect(),
    }
}

/// With every outcome.
pub(crate) fn session_deletions() -> rest::SessionDeletions {
    let outcomes = [
        rest::DeletionOutcome::Deleted,
        rest::DeletionOutcome::NotFound,
        rest::DeletionOutcome::Active,
        rest::DeletionOutcome::Unfinished,
        rest::DeletionOutcome::Failed,
    ];
    let items = (1..)
        .zip(outcomes)
        .map(|(n, outcome)| rest::SessionDeletion { id: id(n), outcome });
    rest::SessionDeletions {
        items: items.collect(),
    }
}

pub(crate) fn credential_content() -> rest::CredentialContent {
    rest::CredentialContent {
        api_key: SECRET.into(),
        base_url: Some("https://eu.acme.example".to_owned()),
        organization: Some("org-1".to_owned()),
    }
}

pub(crate) fn audit_entry() -> rest::AuditEntry {
    rest::AuditEntry {
        id: id(4),
        at: time(0),
        action: rest::AuditAction::Use,
        provider: "acme".to_owned(),
        session_id: Some(id(1)),
        outcome: rest::AuditOutcome::BadKey,
    }
}
