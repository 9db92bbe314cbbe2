use chrono::TimeDelta;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use viva_domain::ids::TurnId;
use viva_domain::latency::{LatencyMetrics, MeasuredAt, TotalLatency};

use super::conversation_turn;
use super::values::{DamagedRow, damaged, micros, read_micros};

/// A row of `latency_metrics`: durations in microseconds, what was not measured is NULL.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "latency_metrics")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) turn_id: Uuid,
    pub(crate) total_us: Option<i64>,
    pub(crate) total_measured: Option<String>,
    pub(crate) endpointing_us: Option<i64>,
    pub(crate) realtime_us: Option<i64>,
    pub(crate) provider_us: Option<i64>,
    pub(crate) stt_us: Option<i64>,
    pub(crate) llm_ttft_us: Option<i64>,
    pub(crate) llm_text_us: Option<i64>,
    pub(crate) tts_ttfb_us: Option<i64>,
    pub(crate) overhead_us: Option<i64>,
    pub(crate) network_playout_us: Option<i64>,
    pub(crate) leading_silence_us: Option<i64>,
    pub(crate) unexplained_us: Option<i64>,
    pub(crate) interrupt_us: Option<i64>,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub(crate) enum Relation {
    #[sea_orm(
        belongs_to = "conversation_turn::Entity",
        from = "Column::TurnId",
        to = "conversation_turn::Column::Id"
    )]
    Turn,
}

impl Related<conversation_turn::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Turn.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(super) fn of(id: TurnId, latency: &LatencyMetrics) -> Self {
        let total = latency.total;
        Self {
            turn_id: id.as_uuid(),
            total_us: total.map(|total| micros(total.duration)),
            total_measured: total.map(|total| total.measured.as_str().to_owned()),
            endpointing_us: latency.endpointing.map(micros),
            realtime_us: latency.realtime.map(micros),
            provider_us: latency.provider.map(micros),
            stt_us: latency.stt.map(micros),
            llm_ttft_us: latency.llm_ttft.map(micros),
            llm_text_us: latency.llm_text.map(micros),
            tts_ttfb_us: latency.tts_ttfb.map(micros),
            overhead_us: latency.overhead.map(micros),
            network_playout_us: latency.network_playout.map(micros),
            leading_silence_us: latency.leading_silence.map(micros),
            unexplained_us: latency.unexplained.and_then(|rest| rest.num_microseconds()),
            interrupt_us: latency.interrupt.map(micros),
        }
    }
}

impl TryFrom<Model> for LatencyMetrics {
    type Error = DamagedRow;

    fn try_from(row: Model) -> Result<Self, DamagedRow> {
        Ok(Self {
            total: total(&row)?,
            endpointing: read_micros(row.endpointing_us, "endpointing_us")?,
            realtime: read_micros(row.realtime_us, "realtime_us")?,
            provider: read_micros(row.provider_us, "provider_us")?,
            stt: read_micros(row.stt_us, "stt_us")?,
            llm_ttft: read_micros(row.llm_ttft_us, "llm_ttft_us")?,
            llm_text: read_micros(row.llm_text_us, "llm_text_us")?,
            tts_ttfb: read_micros(row.tts_ttfb_us, "tts_ttfb_us")?,
            overhead: read_micros(row.overhead_us, "overhead_us")?,
            network_playout: read_micros(row.network_playout_us, "network_playout_us")?,
            leading_silence: read_micros(row.leading_silence_us, "leading_silence_us")?,
            unexplained: row.unexplained_us.map(TimeDelta::microseconds),
            interrupt: read_micros(row.interrupt_us, "interrupt_us")?,
        })
    }
}

fn total(row: &Model) -> Result<Option<TotalLatency>, DamagedRow> {
    let duration = read_micros(row.total_us, "total_us")?;
    let measured = row
        .total_measured
        .as_deref()
        .map(|name| {
            [MeasuredAt::Client, MeasuredAt::Server]
                .into_iter()
                .find(|measured| measured.as_str() == name)
                .ok_or(damaged("total_measured"))
        })
        .transpose()?;
    match (duration, measured) {
        (None, None) => Ok(None),
        (Some(duration), Some(measured)) => Ok(Some(TotalLatency { duration, measured })),
        _ => Err(damaged("total_measured")),
    }
}
