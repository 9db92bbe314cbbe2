//! Sessions, turns, configurations, templates, provider keys and tokens to test with: every field set, every time on a
//! microsecond.

use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use uuid::{Builder, Uuid};
use viva_domain::access::{ApiToken, ShownToken, TokenKind, TokenName, User, UserName};
use viva_domain::credentials::{
    AuditAction, AuditEntry, AuditOutcome, CredentialState, KeyId, SealedCredential, StoredCredential,
};
use viva_domain::ids::{AuditEntryId, CredentialId, SessionId, TemplateId, TokenId, TurnId, UserId};
use viva_domain::latency::{LatencyMetrics, MeasuredAt, SessionTime, StageMarks, TotalLatency, TurnMarks};
use viva_domain::ports::BlobKey;
use viva_domain::sessions::{
    CascadeConfig, FallbackPolicy, Interaction, Prompt, PromptLanguage, ProviderConfig, Session, SessionState,
};
use viva_domain::templates::{RawTemplate, TemplateContent, TemplateName};
use viva_domain::turns::{
    Basis, HeardText, InterruptReason, Piece, Placement, Recording, Turn, TurnNumber, Usage,
};

/// Whose the samples are.
pub const OWNER: UserId = UserId::from_uuid(Uuid::from_u128(0x0199_a6a4_0000_7000_8000_0000_0000_0001));
/// Somebody else.
pub const STRANGER: UserId = UserId::from_uuid(Uuid::from_u128(0x0199_a6a4_0000_7000_8000_0000_0000_0002));

/// 2026-03-01 12:00:00 UTC and this many µs.
pub fn at(micros: i64) -> DateTime<Utc> {
    const NOON: i64 = 1_772_366_400_000_000;
    DateTime::from_timestamp_micros(NOON + micros).unwrap()
}

/// The id of the `n`th session.
pub fn session_id(n: u16) -> SessionId {
    SessionId::from_uuid(uuid(1, n, 0))
}

/// The id of the `number`th turn of the `n`th session.
pub fn turn_id(n: u16, number: u16) -> TurnId {
    TurnId::from_uuid(uuid(2, n, number))
}

/// An active realtime session of [`OWNER`] that began `n` seconds and a µs after [`at`]`(0)`.
pub fn session(n: u16) -> Session {
    let prompt = Prompt::parse(
        Some("Be brief."),
        Some("student"),
        Some("語言教師"),
        Some("In a café.\nIt rains."),
    )
    .unwrap();
    Session {
        id: session_id(n),
        user_id: OWNER,
        interaction: Interaction::Realtime(realtime_config("offline")),
        instructions: prompt.compose(PromptLanguage::English),
        prompt,
        barge_in_enabled: true,
        fallback: FallbackPolicy::Auto,
        started_at: at(i64::from(n) * 1_000_000 + 1),
        state: SessionState::Active,
    }
}

/// A configuration without options, model and voice.
pub fn realtime_config(provider: &str) -> ProviderConfig {
    ProviderConfig {
        language: Some("en-GB".to_owned()),
        ..ProviderConfig::of(provider)
    }
}

/// A configuration with everything set.
pub fn cascade_config() -> CascadeConfig {
    let some = |text: &str| Some(text.to_owned());
    CascadeConfig {
        stt: ProviderConfig {
            model: some("ears-2"),
            language: some("zh-TW"),
            ..ProviderConfig::of("ears")
        },
        llm: ProviderConfig {
            model: some("brain-mini"),
            language: some("zh-TW"),
            options: [("temperature".to_owned(), "0.5".to_owned())].into(),
            ..ProviderConfig::of("brain")
        },
        tts: ProviderConfig {
            model: some("mouth-1"),
            voice: some("bass"),
            language: some("zh-Hant-TW"),
            options: [
                ("speed".to_owned(), "1.25".to_owned()),
                ("style".to_owned(), r#"{"mood":"calm"}"#.to_owned()),
            ]
            .into(),
            ..ProviderConfig::of("mouth")
        },
    }
}

/// The `number`th turn of the `n`th session: interrupted, with both recordings.
pub fn turn(n: u16, number: u16) -> Turn {
    let mark = |ms: u64| Some(SessionTime::new(Duration::from_micros(ms * 1_000 + 7)));
    Turn {
        id: turn_id(n, number),
        session_id: session_id(n),
        number: TurnNumber::new(number).unwrap(),
        started_at: at(i64::from(number) * 10_000_000 + 123_456),
        ended_at: at(i64::from(number) * 10_000_000 + 5_654_321),
        user_transcript: Some("Tell me a story.".to_owned()),
        answer: HeardText {
            heard: "Once upon".to_owned(),
            unheard: "a time. 從前從前。".to_owned(),
        },
        user_audio: Some(recording(
            n,
            number,
            "user",
            16_000,
            placement(&[(0, 7)], Basis::Measured),
        )),
        ai_audio: Some(recording(
            n,
            number,
            "ai",
            24_000,
            placement(ANSWER_PIECES, Basis::Estimated),
        )),
        played: Some(Duration::from_micros(1_234_567)),
        interruption: Some(InterruptReason::Speech),
        false_interruptions: 3,
        failure: None,
        usage: Some(Usage {
            input_tokens: Some(120),
            output_tokens: Some(u64::from(u32::MAX) + 1),
        }),
        marks: TurnMarks {
            user_audio_began: mark(0),
            speech_started: mark(200),
            speech_ended: mark(1_800),
            endpointed: mark(2_300),
            committed: mark(2_301),
            ai_was_done: mark(2_400),
            stages: StageMarks {
                transcribed: mark(2_350),
                llm_requested: mark(2_351),
                llm_first_token: mark(2_450),
                llm_first_piece: mark(2_490),
                llm_done: mark(2_495),
                tts_requested: mark(2_491),
            },
            provider_first_audio: mark(2_600),
            first_audio_sent: mark(2_602),
            playback_started: mark(2_660),
            leading_silence: Some(Duration::from_micros(30_012)),
            stalled: mark(3_700),
            interrupted: mark(3_800),
            playback_stopped: mark(3_890),
        },
        latency: LatencyMetrics {
            total: Some(TotalLatency {
                duration: Duration::from_micros(860_001),
                measured: MeasuredAt::Client,
            }),
            endpointing: Some(Duration::from_micros(500_002)),
            realtime: Some(Duration::from_micros(800_003)),
            provider: Some(Duration::from_micros(299_004)),
            stt: Some(Duration::from_micros(49_008)),
            llm_ttft: Some(Duration::from_micros(99_009)),
            llm_text: Some(Duration::from_micros(40_010)),
            tts_ttfb: Some(Duration::from_micros(109_011)),
            overhead: Some(Duration::from_micros(3_005)),
            network_playout: Some(Duration::from_micros(58_006)),
            leading_silence: Some(Duration::from_micros(30_012)),
            unexplained: Some(TimeDelta::microseconds(-16)),
            interrupt: Some(Duration::from_micros(90_007)),
        },
    }
}

/// The `number`th turn of the `n`th session: it failed before anything was said.
pub fn failed_turn(n: u16, number: u16) -> Turn {
    Turn {
        user_transcript: None,
        answer: HeardText::default(),
        user_audio: None,
        ai_audio: None,
        played: None,
        interruption: None,
        false_interruptions: 0,
        failure: Some("the provider did not answer".to_owned()),
        usage: None,
        marks: TurnMarks::default(),
        latency: LatencyMetrics::default(),
        ..turn(n, number)
    }
}

/// A template with everything set.
pub const RAW_TEMPLATE: RawTemplate<'_> = RawTemplate {
    name: "Waiter",
    description: "Takes orders.",
    category: "test",
    language: "en-GB",
    system_prompt: Some("Be brief."),
    user_role: Some("guest"),
    ai_role: Some("服務生"),
    scenario: Some("In a café.\nIt rains."),
};

/// The id of the `n`th template.
pub fn template_id(n: u16) -> TemplateId {
    TemplateId::from_uuid(uuid(3, n, 0))
}

/// [`RAW_TEMPLATE`] under this name.
pub fn template_content(name: &str) -> TemplateContent {
    let content = TemplateContent::parse(RAW_TEMPLATE).unwrap();
    content.renamed(TemplateName::parse(name).unwrap())
}

/// The user with this id and name, who came `n` µs after [`at`]`(0)`.
pub fn user(id: UserId, name: &str, n: i64) -> User {
    User {
        id,
        name: UserName::parse(name).unwrap(),
        created_at: at(n),
    }
}

/// The id of the `n`th token.
pub fn token_id(n: u16) -> TokenId {
    TokenId::from_uuid(uuid(6, n, 0))
}

/// What the holder of the `n`th token shows.
pub fn shown_token(n: u16) -> ShownToken {
    ShownToken::new(token_id(n), format!("{n:064x}"))
}

/// The `n`th token, of this user, with everything set but that it was revoked.
pub fn api_token(owner: UserId, n: u16) -> ApiToken {
    ApiToken {
        id: token_id(n),
        user_id: owner,
        name: TokenName::parse(&format!("筆電 {n}")).unwrap(),
        kind: TokenKind::Api,
        digest: shown_token(n).digest(),
        created_at: at(i64::from(n)),
        expires_at: Some(at(i64::from(n) + 1_000_000)),
        last_used_at: Some(at(i64::from(n) + 500)),
        revoked_at: None,
    }
}

/// The `n`th token, which a browser got from the `m`th one.
pub fn browser_token(owner: UserId, n: u16, m: u16) -> ApiToken {
    ApiToken {
        kind: TokenKind::Browser {
            signed_in_with: token_id(m),
        },
        ..api_token(owner, n)
    }
}

/// The id of the `n`th stored credential.
pub fn credential_id(n: u16) -> CredentialId {
    CredentialId::from_uuid(uuid(4, n, 0))
}

/// The `n`th stored credential, which is [`OWNER`]'s for `acme`. Nobody can open it.
pub fn stored_credential(n: u16) -> StoredCredential {
    StoredCredential {
        id: credential_id(n),
        owner: OWNER,
        provider: "acme".to_owned(),
        sealed: SealedCredential {
            key_id: KeyId::new("0123456789abcdef"),
            nonce: vec![0; 24],
            ciphertext: n.to_be_bytes().to_vec(),
        },
        state: CredentialState::Valid,
        checked_at: at(i64::from(n)),
    }
}

/// The `n`th entry of [`OWNER`]'s audit log: a session used the key for `acme`.
pub fn audit_entry(n: u16) -> AuditEntry {
    AuditEntry {
        id: AuditEntryId::from_uuid(uuid(5, n, 0)),
        owner: OWNER,
        at: at(i64::from(n)),
        action: AuditAction::Use,
        provider: "acme".to_owned(),
        session: Some(session_id(1)),
        outcome: AuditOutcome::Done,
    }
}

/// The answer paused for 120.5 ms.
const ANSWER_PIECES: &[(u64, u64)] = &[(0, 2_660_007), (700_001, 3_480_508)];

/// Pieces by offset and time in µs.
fn placement(pieces: &[(u64, u64)], basis: Basis) -> Placement {
    let piece = |(offset, at): &(u64, u64)| Piece {
        offset: Duration::from_micros(*offset),
        at: SessionTime::new(Duration::from_micros(*at)),
    };
    Placement::new(pieces.iter().map(piece).collect(), basis).unwrap()
}

fn recording(n: u16, number: u16, side: &str, sample_rate: u32, placement: Placement) -> Recording {
    let key = format!("interactions/{}/turn_{number:03}_{side}.wav", session_id(n));
    Recording {
        key: BlobKey::parse(&key).unwrap(),
        samples: 48_001,
        sample_rate,
        placement: Some(placement),
        peaks: Some(Bytes::from_static(&[0, 1, 128, 255])),
    }
}

/// A UUIDv7 that sorts by `n`, then `number`.
fn uuid(kind: u8, n: u16, number: u16) -> Uuid {
    const MARCH_2026_MS: u64 = 1_772_366_400_000;
    let [high, low] = number.to_be_bytes();
    Builder::from_unix_timestamp_millis(
        MARCH_2026_MS + u64::from(n),
        // The version and the variant take bits of the first and the third byte.
        &[0, high, 0, low, kind, 0, 0, 0, 0, 0],
    )
    .into_uuid()
}
