//! Between the domain and the wire: what the WebSocket and the REST API have in common.

mod interaction;
mod latency;

use viva_domain::turns;
use viva_protocol::ws;

pub(crate) use interaction::{from_wire as interaction_from_wire, to_wire as interaction_to_wire};
pub(crate) use latency::{latency, ms, signed_ms};

pub(crate) fn usage(usage: turns::Usage) -> ws::Usage {
    ws::Usage {
        input_tokens: usage.input_tokens,
        output_tokens: usage.output_tokens,
    }
}

pub(crate) fn interrupt_reason(reason: turns::InterruptReason) -> ws::InterruptReason {
    match reason {
        turns::InterruptReason::Speech => ws::InterruptReason::Speech,
        turns::InterruptReason::Client => ws::InterruptReason::Client,
    }
}
