use sea_orm::entity::prelude::*;
use viva_domain::ids::{SessionId, UserId};
use viva_domain::sessions::{
    FallbackPolicy, Interaction, Prompt, Session, SessionOverview, SessionState, SessionStatus,
    SessionSummary,
};

use super::json::InteractionJson;
use super::values::{
    DamagedRow, damaged, optional_text, prompt_column, read_count, read_micros, text, whole_micros,
};

/// A row of `interaction_sessions`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "interaction_sessions")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) user_id: Uuid,
    /// Also in `interaction`; a column of its own can be filtered by.
    pub(crate) mode: String,
    pub(crate) interaction: InteractionJson,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) system_prompt: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) user_role: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) ai_role: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) scenario: Option<String>,
    /// The four before this in one text, as it was sent. Missing only until the database is brought up to date.
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) instructions: Option<String>,
    pub(crate) barge_in_enabled: bool,
    pub(crate) fallback: String,
    pub(crate) started_at: DateTimeUtc,
    pub(crate) status: String,
    pub(crate) ended_at: Option<DateTimeUtc>,
    /// Higher than that of any session that was stored before; a session that a server of before stored gets one when the
    /// database is opened again.
    pub(crate) number: Option<i64>,
    /// Those of the interaction and of those before it, as [`provider_names`] writes them.
    #[sea_orm(column_type = "Text")]
    pub(crate) providers: String,
    pub(crate) turn_count: i64,
    pub(crate) interrupted_count: i64,
    pub(crate) avg_latency_us: Option<i64>,
    pub(crate) p95_latency_us: Option<i64>,
    /// Whether the five before this are known, and the words in `session_words`.
    pub(crate) is_summarised: bool,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The sessions of one user.
    pub(crate) fn of(owner: UserId) -> Select<Self> {
        Self::find().filter(Column::UserId.eq(owner.as_uuid()))
    }

    /// One session of one user.
    pub(crate) fn one_of(owner: UserId, id: SessionId) -> Select<Self> {
        Self::of(owner).filter(Column::Id.eq(id.as_uuid()))
    }
}

impl Model {
    /// A session without turns, under its number.
    pub(crate) fn new(session: &Session, number: i64) -> Self {
        let prompt = &session.prompt;
        Self {
            id: session.id.as_uuid(),
            user_id: session.user_id.as_uuid(),
            mode: session.interaction.mode().as_str().to_owned(),
            interaction: (&session.interaction).into(),
            system_prompt: optional_text(prompt.system_prompt()),
            user_role: optional_text(prompt.user_role()),
            ai_role: optional_text(prompt.ai_role()),
            scenario: optional_text(prompt.scenario()),
            instructions: Some(text(&session.instructions)),
            barge_in_enabled: session.barge_in_enabled,
            fallback: fallback_name(session.fallback).to_owned(),
            started_at: whole_micros(session.started_at),
            status: session.state.status().as_str().to_owned(),
            ended_at: session.state.ended_at().map(whole_micros),
            number: Some(number),
            providers: provider_names(&session.interaction.providers()),
            turn_count: 0,
            interrupted_count: 0,
            avg_latency_us: None,
            p95_latency_us: None,
            is_summarised: true,
        }
    }
}

/// Each between spaces, so that one can be found by its name and a space on both sides.
pub(crate) fn provider_names(providers: &[&str]) -> String {
    let names = providers.iter().flat_map(|name| [text(name), " ".to_owned()]);
    [" ".to_owned()].into_iter().chain(names).collect()
}

/// Adds to these names those that are not among them.
pub(crate) fn with_providers(names: &str, more: &[&str]) -> String {
    let mut providers: Vec<&str> = names.split_whitespace().collect();
    for name in more {
        if !providers.contains(name) {
            providers.push(name);
        }
    }
    provider_names(&providers)
}

impl TryFrom<Model> for SessionOverview {
    type Error = DamagedRow;

    fn try_from(row: Model) -> Result<Self, DamagedRow> {
        Ok(Self {
            providers: row.providers.split_whitespace().map(str::to_owned).collect(),
            summary: SessionSummary {
                turn_count: read_count(row.turn_count, "turn_count")?,
                interrupted_count: read_count(row.interrupted_count, "interrupted_count")?,
                avg_latency: read_micros(row.avg_latency_us, "avg_latency_us")?,
                p95_latency: read_micros(row.p95_latency_us, "p95_latency_us")?,
            },
            session: row.try_into()?,
        })
    }
}

impl TryFrom<Model> for Session {
    type Error = DamagedRow;

    fn try_from(row: Model) -> Result<Self, DamagedRow> {
        let prompt = Prompt::parse(
            row.system_prompt.as_deref(),
            row.user_role.as_deref(),
            row.ai_role.as_deref(),
            row.scenario.as_deref(),
        );
        Ok(Self {
            id: SessionId::from_uuid(row.id),
            user_id: UserId::from_uuid(row.user_id),
            prompt: prompt.map_err(|err| damaged(prompt_column(&err)))?,
            instructions: row.instructions.ok_or(damaged("instructions"))?,
            barge_in_enabled: row.barge_in_enabled,
            fallback: fallback_of(&row.fallback)?,
            started_at: row.started_at,
            state: state_of(&row.status, row.ended_at)?,
            interaction: Interaction::from(row.interaction),
        })
    }
}

const FALLBACKS: [FallbackPolicy; 3] = [FallbackPolicy::Ask, FallbackPolicy::Auto, FallbackPolicy::Off];

const fn fallback_name(policy: FallbackPolicy) -> &'static str {
    match policy {
        FallbackPolicy::Ask => "ask",
        FallbackPolicy::Auto => "auto",
        FallbackPolicy::Off => "off",
    }
}

fn fallback_of(name: &str) -> Result<FallbackPolicy, DamagedRow> {
    FALLBACKS
        .into_iter()
        .find(|policy| fallback_name(*policy) == name)
        .ok_or(damaged("fallback"))
}

/// What two columns say about a session.
pub(crate) fn state_of(status: &str, ended_at: Option<DateTimeUtc>) -> Result<SessionState, DamagedRow> {
    match (SessionStatus::from_name(status), ended_at) {
        (Some(SessionStatus::Active), None) => Ok(SessionState::Active),
        (Some(SessionStatus::Ended(status)), Some(at)) => Ok(SessionState::Ended { at, status }),
        (Some(_), _) => Err(damaged("ended_at")),
        (None, _) => Err(damaged("status")),
    }
}
