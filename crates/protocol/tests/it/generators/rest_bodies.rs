//! Bodies of the REST API.

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use viva_protocol::rest;
use viva_protocol::ws::InterruptReason;

use super::{interaction, latency, ms, named, text, time, usage, uuid};

fn turn() -> BoxedStrategy<rest::Turn> {
    let times = (uuid(), any::<u16>(), time(), time());
    let texts = (of(text()), of(text()), of(text()));
    let lengths = (of(any::<u64>()), of(any::<u64>()), of(any::<u64>()));
    let reason = prop_oneof![Just(InterruptReason::Speech), Just(InterruptReason::Client)];
    let cut = (any::<bool>(), of(reason), of(ms()), any::<u32>());
    let ends = (any::<bool>(), of(text()));
    (times, texts, lengths, cut, ends, latency(), of(usage()))
        .prop_map(
            |(times, texts, lengths, cut, (stalled, failure), latency, usage)| rest::Turn {
                id: times.0,
                turn_number: times.1,
                started_at: times.2,
                ended_at: times.3,
                user_transcript: texts.0,
                ai_transcript: texts.1,
                ai_unheard: texts.2,
                user_audio_ms: lengths.0,
                ai_audio_ms: lengths.1,
                played_ms: lengths.2,
                interrupted: cut.0,
                interrupt_reason: cut.1,
                interrupted_at_ms: cut.2,
                false_interruptions: cut.3,
                stalled,
                failure,
                latency,
                usage,
            },
        )
        .boxed()
}

pub(crate) fn session_detail() -> impl Strategy<Value = rest::SessionDetail> {
    let status = named(&["active", "completed", "disconnected", "error", "superseded"]);
    let texts = (of(text()), of(text()), of(text()), of(text()));
    let session = (
        uuid(),
        interaction(),
        status,
        time(),
        of(time()),
        any::<bool>(),
        texts,
    )
        .prop_map(
            |(id, interaction, status, started_at, ended_at, barge_in_enabled, texts)| rest::Session {
                id,
                interaction,
                status,
                started_at,
                ended_at,
                barge_in_enabled,
                system_prompt: texts.0,
                user_role: texts.1,
                ai_role: texts.2,
                scenario_context: texts.3,
            },
        );
    (session, text(), vec(turn(), 0..3)).prop_map(|(session, instructions, turns)| rest::SessionDetail {
        session,
        instructions,
        turns,
    })
}

pub(crate) fn template() -> impl Strategy<Value = rest::Template> {
    let required = (text(), text(), text(), text());
    let optional = (of(text()), of(text()), of(text()), of(text()));
    (uuid(), any::<bool>(), time(), required, optional).prop_map(
        |(id, built_in, updated_at, required, optional)| rest::Template {
            id,
            built_in,
            updated_at,
            content: rest::TemplateContent {
                name: required.0,
                description: required.1,
                category: required.2,
                language: required.3,
                system_prompt: optional.0,
                user_role: optional.1,
                ai_role: optional.2,
                scenario_context: optional.3,
            },
        },
    )
}
