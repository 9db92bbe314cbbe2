//! The spans of a turn, as OTLP has them.
//!
//! Ids are the turn's: that of its trace is its own, and its spans count from the second half of it. So whoever has a turn
//! finds its trace, and what is sent twice is the same.

use std::time::Duration;

use chrono::{DateTime, Utc};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, SpanKind};
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, SpanFlags, Status};
use viva_application::traces::TracedTurn;
use viva_domain::latency::{LatencySpan, LatencyStage, SessionTime};
use viva_domain::sessions::{Interaction, ProviderConfig};

const SERVICE: &str = "viva";
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The span that holds the others.
const TURN: &str = "turn";
/// In the flags of W3C: it was sampled.
const SAMPLED: u32 = 1;
/// What OpenTelemetry calls providers that the catalogue calls otherwise.
const KNOWN_PROVIDERS: [(&str, &str); 2] = [("azure-openai", "azure.ai.openai"), ("gemini", "gcp.gemini")];

/// Traces of these turns.
pub(super) fn request(turns: &[TracedTurn]) -> ExportTraceServiceRequest {
    let service = vec![
        attribute("service.name", SERVICE),
        attribute("service.version", VERSION),
    ];
    let scope = InstrumentationScope {
        name: SERVICE.to_owned(),
        version: VERSION.to_owned(),
        ..InstrumentationScope::default()
    };
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(Resource {
                attributes: service,
                ..Resource::default()
            }),
            scope_spans: vec![ScopeSpans {
                scope: Some(scope),
                spans: turns.iter().flat_map(spans).collect(),
                ..ScopeSpans::default()
            }],
            ..ResourceSpans::default()
        }],
    }
}

/// The turn first.
fn spans(turn: &TracedTurn) -> Vec<Span> {
    let stages = turn.latency.spans(&turn.marks);
    let place = |of: LatencyStage| stages.iter().position(|span| span.stage == of);
    let children = stages.iter().enumerate().map(|(n, stage)| {
        let parent = stage.within.and_then(place).map_or(0, |n| n + 1);
        of_stage(turn, stage, n + 1, parent)
    });
    std::iter::once(root(turn)).chain(children).collect()
}

fn root(turn: &TracedTurn) -> Span {
    let mut attributes = vec![
        attribute("session.id", turn.session_id.to_string()),
        attribute("gen_ai.conversation.id", turn.session_id.to_string()),
        attribute("viva.turn.id", turn.id.to_string()),
        attribute("viva.turn.number", i64::from(turn.number.get())),
        attribute("viva.turn.outcome", turn.outcome.as_str()),
        attribute("viva.mode", turn.interaction.mode().as_str()),
    ];
    // Of a cascade it is the language model that counts.
    let answers = match &turn.interaction {
        Interaction::Realtime(config) => config,
        Interaction::Cascade(config) => &config.llm,
    };
    attributes.extend(provider(answers));
    let usage = turn.usage.unwrap_or_default();
    let tokens = |name: &'static str, count: Option<u64>| {
        Some(attribute(name, i64::try_from(count?).unwrap_or(i64::MAX)))
    };
    attributes.extend(tokens("gen_ai.usage.input_tokens", usage.input_tokens));
    attributes.extend(tokens("gen_ai.usage.output_tokens", usage.output_tokens));
    let interruption = turn
        .interruption
        .map(|reason| attribute("viva.turn.interruption", reason.as_str()));
    attributes.extend(interruption);
    attributes.extend(turn.failed.map(|kind| attribute("error.type", kind)));
    let stalled = turn.marks.stalled.map(|at| Event {
        time_unix_nano: at_session_time(turn, at),
        name: "answer_stalled".to_owned(),
        ..Event::default()
    });
    Span {
        attributes,
        events: stalled.into_iter().collect(),
        status: turn.failed.map(|_| Status {
            code: StatusCode::Error.into(),
            ..Status::default()
        }),
        ..span(turn, TURN, 0, (nanos(turn.started_at), nanos(turn.ended_at)))
    }
}

fn of_stage(turn: &TracedTurn, stage: &LatencySpan, n: usize, parent: usize) -> Span {
    let mut attributes = Vec::new();
    attributes.extend(
        whose_time(&turn.interaction, stage.stage)
            .into_iter()
            .flat_map(provider),
    );
    if stage.stage == LatencyStage::Total {
        let measured = turn.latency.total.map(|total| total.measured.as_str());
        attributes.extend(measured.map(|measured| attribute("viva.latency.measured", measured)));
        let unexplained = turn.latency.unexplained.unwrap_or_default();
        let unexplained_ms = unexplained.as_seconds_f64() * 1_000.0;
        attributes.push(attribute("viva.latency.unexplained_ms", unexplained_ms));
    }
    let from = at_session_time(turn, stage.from);
    let to = from.saturating_add(whole_nanos(stage.length));
    Span {
        parent_span_id: span_id(turn, parent),
        attributes,
        ..span(turn, stage.stage.as_str(), n, (from, to))
    }
}

fn span(turn: &TracedTurn, name: &str, n: usize, (from, to): (u64, u64)) -> Span {
    Span {
        trace_id: turn.id.as_uuid().into_bytes().to_vec(),
        span_id: span_id(turn, n),
        flags: SpanFlags::ContextHasIsRemoteMask as u32 | SAMPLED,
        name: name.to_owned(),
        kind: SpanKind::Internal.into(),
        start_time_unix_nano: from,
        end_time_unix_nano: to.max(from),
        ..Span::default()
    }
}

/// The provider whose time a stage is.
fn whose_time(interaction: &Interaction, stage: LatencyStage) -> Option<&ProviderConfig> {
    match (interaction, stage) {
        (Interaction::Realtime(config), LatencyStage::Provider) => Some(config),
        (Interaction::Cascade(config), LatencyStage::Stt) => Some(&config.stt),
        (Interaction::Cascade(config), LatencyStage::LlmTtft | LatencyStage::LlmText) => Some(&config.llm),
        (Interaction::Cascade(config), LatencyStage::TtsTtfb) => Some(&config.tts),
        _ => None,
    }
}

fn provider(config: &ProviderConfig) -> impl Iterator<Item = KeyValue> {
    let id = config.provider.as_str();
    let known = KNOWN_PROVIDERS.iter().find(|(ours, _)| *ours == id);
    let name = attribute("gen_ai.provider.name", known.map_or(id, |(_, name)| *name));
    let model = config.model.as_deref();
    let model = model.map(|model| attribute("gen_ai.request.model", model));
    std::iter::once(name).chain(model)
}

/// The turn's own span is the first.
fn span_id(turn: &TracedTurn, n: usize) -> Vec<u8> {
    let (_, half) = turn.id.as_uuid().as_u64_pair();
    half.wrapping_add(n as u64).to_be_bytes().to_vec()
}

/// Nanoseconds since 1970: the session's clock counts from the time that the wall clock showed when the session began, and
/// no change of that clock moves it.
fn at_session_time(turn: &TracedTurn, at: SessionTime) -> u64 {
    nanos(turn.session_started_at).saturating_add(whole_nanos(at.elapsed()))
}

fn nanos(time: DateTime<Utc>) -> u64 {
    let nanos = time.timestamp_nanos_opt().unwrap_or_default();
    u64::try_from(nanos).unwrap_or_default()
}

fn whole_nanos(length: Duration) -> u64 {
    u64::try_from(length.as_nanos()).unwrap_or(u64::MAX)
}

fn attribute(key: &'static str, value: impl Into<Attribute>) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue {
            value: Some(value.into().0),
        }),
        ..KeyValue::default()
    }
}

struct Attribute(Value);

impl From<&str> for Attribute {
    fn from(text: &str) -> Self {
        Self(Value::StringValue(text.to_owned()))
    }
}

impl From<String> for Attribute {
    fn from(text: String) -> Self {
        Self(Value::StringValue(text))
    }
}

impl From<i64> for Attribute {
    fn from(number: i64) -> Self {
        Self(Value::IntValue(number))
    }
}

impl From<f64> for Attribute {
    fn from(number: f64) -> Self {
        Self(Value::DoubleValue(number))
    }
}

#[cfg(test)]
mod tests {
    use viva_contract::samples;
    use viva_domain::sessions::InteractionMode;
    use viva_domain::turns::TurnOutcome;

    use super::*;

    fn traced(mode: InteractionMode) -> TracedTurn {
        let (session, turn) = (samples::session(1), samples::turn(1, 2));
        let mut realtime = ProviderConfig::of("gemini");
        realtime.model = Some("live-1".to_owned());
        let interaction = match mode {
            InteractionMode::Realtime => Interaction::Realtime(realtime),
            InteractionMode::Cascade => Interaction::Cascade(Box::new(samples::cascade_config())),
        };
        TracedTurn {
            id: turn.id,
            session_id: turn.session_id,
            number: turn.number,
            session_started_at: session.started_at,
            started_at: turn.started_at,
            ended_at: turn.ended_at,
            interaction,
            outcome: turn.outcome(),
            interruption: turn.interruption,
            failed: None,
            usage: turn.usage,
            marks: turn.marks,
            latency: turn.latency,
        }
    }

    /// Attributes of a span as `name=value`, but for its session's and its turn's ids.
    fn told(span: &Span) -> Vec<String> {
        let ids = ["session.id", "gen_ai.conversation.id", "viva.turn.id"];
        let others = span
            .attributes
            .iter()
            .filter(|it| !ids.contains(&it.key.as_str()));
        let text = |value: &Value| match value {
            Value::StringValue(text) => text.clone(),
            Value::IntValue(number) => number.to_string(),
            Value::DoubleValue(number) => format!("{number:.3}"),
            other => format!("{other:?}"),
        };
        let value = |it: &KeyValue| it.value.as_ref().and_then(|it| it.value.as_ref()).map(text);
        others
            .map(|it| format!("{}={}", it.key, value(it).unwrap_or_default()))
            .collect()
    }

    fn named<'a>(spans: &'a [Span], name: &str) -> &'a Span {
        let found = spans.iter().find(|span| span.name == name);
        found.unwrap_or_else(|| panic!("there is no {name} in {spans:#?}"))
    }

    #[test]
    fn a_turn_says_what_it_was_and_who_answered() {
        let realtime = spans(&traced(InteractionMode::Realtime));
        assert_eq!(
            told(&realtime[0]),
            [
                "viva.turn.number=2",
                "viva.turn.outcome=interrupted",
                "viva.mode=realtime",
                "gen_ai.provider.name=gcp.gemini",
                "gen_ai.request.model=live-1",
                "gen_ai.usage.input_tokens=120",
                "gen_ai.usage.output_tokens=4294967296",
                "viva.turn.interruption=speech",
            ]
        );
        assert_eq!(realtime[0].events.len(), 1, "it stalled");
        let cascade = spans(&traced(InteractionMode::Cascade));
        for (name, expected) in [
            (
                "stt",
                vec!["gen_ai.provider.name=ears", "gen_ai.request.model=ears-2"],
            ),
            (
                "llm_text",
                vec!["gen_ai.provider.name=brain", "gen_ai.request.model=brain-mini"],
            ),
            (
                "tts_ttfb",
                vec!["gen_ai.provider.name=mouth", "gen_ai.request.model=mouth-1"],
            ),
            (
                "total",
                vec![
                    "viva.latency.measured=client",
                    "viva.latency.unexplained_ms=-0.016",
                ],
            ),
            ("endpointing", vec![]),
        ] {
            assert_eq!(told(named(&cascade, name)), expected, "{name}");
        }
    }

    #[test]
    fn a_trace_has_the_id_of_its_turn_and_every_span_its_own() {
        let turn = traced(InteractionMode::Cascade);
        let spans = spans(&turn);
        assert!(
            spans
                .iter()
                .all(|span| span.trace_id == turn.id.as_uuid().as_bytes())
        );
        let mut ids: Vec<_> = spans.iter().map(|span| span.span_id.clone()).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), spans.len());
        assert!(
            ids.iter()
                .all(|id| id.len() == 8 && id.iter().any(|byte| *byte != 0))
        );
        assert_eq!(spans[0].parent_span_id, [0; 0]);
        let total = named(&spans, "total");
        assert_eq!(total.parent_span_id, spans[0].span_id);
        assert_eq!(named(&spans, "llm_ttft").parent_span_id, total.span_id);
        assert_eq!(named(&spans, "interrupt").parent_span_id, spans[0].span_id);
        let realtime = named(&spans, "realtime");
        assert_eq!(named(&spans, "endpointing").parent_span_id, realtime.span_id);
    }

    #[test]
    fn spans_lie_where_the_session_s_clock_says() {
        let turn = traced(InteractionMode::Cascade);
        let spans = spans(&turn);
        let began = nanos(turn.session_started_at);
        let stt = named(&spans, "stt");
        assert_eq!(stt.start_time_unix_nano - began, 2_301_007_000);
        assert_eq!(stt.end_time_unix_nano - stt.start_time_unix_nano, 49_008_000);
        assert_eq!(spans[0].start_time_unix_nano, nanos(turn.started_at));
        assert_eq!(spans[0].end_time_unix_nano, nanos(turn.ended_at));
        assert_eq!(spans[0].events[0].time_unix_nano - began, 3_700_007_000);
    }

    #[test]
    fn what_failed_is_an_error_of_a_kind_without_a_message() {
        let fine = &spans(&traced(InteractionMode::Realtime))[0];
        assert_eq!(fine.status, None);
        let mut turn = traced(InteractionMode::Realtime);
        turn.outcome = TurnOutcome::Failed;
        turn.failed = Some("rate_limited");
        let failed = &spans(&turn)[0];
        let status = failed.status.as_ref().unwrap();
        assert_eq!((status.code(), status.message.as_str()), (StatusCode::Error, ""));
        assert!(told(failed).contains(&"error.type=rate_limited".to_owned()));
    }

    #[test]
    fn nothing_that_was_said_is_in_a_request() {
        let turn = samples::turn(1, 2);
        let bytes = prost::Message::encode_to_vec(&request(&[traced(InteractionMode::Cascade)]));
        let holds = |text: &str| bytes.windows(text.len()).any(|bytes| bytes == text.as_bytes());
        assert!(holds("service.name") && holds("brain-mini"));
        for said in [
            turn.user_transcript.unwrap(),
            turn.answer.heard,
            turn.answer.unheard,
        ] {
            assert!(!said.is_empty() && !holds(&said), "{said}");
        }
    }
}
