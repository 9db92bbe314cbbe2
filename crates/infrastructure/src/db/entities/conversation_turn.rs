use sea_orm::entity::prelude::*;
use sea_orm::{Iterable, JoinType, QuerySelect};
use serde::{Deserialize, Serialize};
use viva_domain::ids::{SessionId, UserId};

use super::json::{MarksJson, PlacementJson};
use super::{interaction_session, latency_metric};

/// A row of `conversation_turns`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "conversation_turns")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) session_id: Uuid,
    pub(crate) number: i32,
    pub(crate) started_at: DateTimeUtc,
    pub(crate) ended_at: DateTimeUtc,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) user_transcript: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub(crate) answer_heard: String,
    #[sea_orm(column_type = "Text")]
    pub(crate) answer_unheard: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) user_audio_key: Option<String>,
    pub(crate) user_audio_samples: Option<i64>,
    pub(crate) user_audio_rate: Option<i64>,
    #[serde(default)]
    pub(crate) user_audio_placement: Option<PlacementJson>,
    #[sea_orm(column_type = "Blob", nullable)]
    #[serde(default)]
    pub(crate) user_audio_peaks: Option<Vec<u8>>,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) ai_audio_key: Option<String>,
    pub(crate) ai_audio_samples: Option<i64>,
    pub(crate) ai_audio_rate: Option<i64>,
    #[serde(default)]
    pub(crate) ai_audio_placement: Option<PlacementJson>,
    #[sea_orm(column_type = "Blob", nullable)]
    #[serde(default)]
    pub(crate) ai_audio_peaks: Option<Vec<u8>>,
    pub(crate) played_us: Option<i64>,
    pub(crate) interruption: Option<String>,
    #[serde(default)]
    pub(crate) false_interruptions: i64,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) failure: Option<String>,
    pub(crate) input_tokens: Option<i64>,
    pub(crate) output_tokens: Option<i64>,
    pub(crate) marks: MarksJson,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub(crate) enum Relation {
    #[sea_orm(
        belongs_to = "interaction_session::Entity",
        from = "Column::SessionId",
        to = "interaction_session::Column::Id"
    )]
    Session,
    #[sea_orm(has_one = "latency_metric::Entity")]
    Latency,
}

impl Related<latency_metric::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Latency.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The turns of one session of one user.
    pub(crate) fn of(owner: UserId, session: SessionId) -> Select<Self> {
        Self::find()
            .join(JoinType::InnerJoin, Relation::Session.def())
            .filter(interaction_session::Column::UserId.eq(owner.as_uuid()))
            .filter(Column::SessionId.eq(session.as_uuid()))
    }

    /// The same, without the peaks of their recordings, which are `None` then: they are as long as the recordings are.
    pub(crate) fn without_peaks(owner: UserId, session: SessionId) -> Select<Self> {
        let is_short = |column: &Column| !matches!(column, Column::UserAudioPeaks | Column::AiAudioPeaks);
        Self::of(owner, session)
            .select_only()
            .columns(Column::iter().filter(is_short))
    }
}
