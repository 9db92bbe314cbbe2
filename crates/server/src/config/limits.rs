use serde::Deserialize;
use viva_presentation::RateLimits;

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LimitsSettings {
    sign_ins_per_min: u32,
    unknown_tokens_per_min: u32,
    key_checks_per_min: u32,
    writes_per_min: u32,
    reads_per_min: u32,
    connections_per_min: u32,
    open_connections: u32,
    requests_at_once: u32,
}

impl LimitsSettings {
    pub(crate) fn to_presentation(self) -> RateLimits {
        RateLimits {
            sign_ins: self.sign_ins_per_min,
            unknown_tokens: self.unknown_tokens_per_min,
            key_checks: self.key_checks_per_min,
            writes: self.writes_per_min,
            reads: self.reads_per_min,
            connections: self.connections_per_min,
            open_connections: self.open_connections,
            requests_at_once: self.requests_at_once,
        }
    }
}
