use std::time::Duration;

use chrono::TimeDelta;
use viva_domain::latency::{LatencyMetrics, MeasuredAt};
use viva_protocol::ws;

/// Milliseconds, rounded to the microsecond: what is finer is noise.
pub(crate) fn ms(duration: Duration) -> f64 {
    (duration.as_nanos() as f64 / 1_000.0).round() / 1_000.0
}

pub(crate) fn signed_ms(delta: TimeDelta) -> f64 {
    let magnitude = ms(delta.abs().to_std().unwrap_or_default());
    if delta < TimeDelta::zero() {
        -magnitude
    } else {
        magnitude
    }
}

pub(crate) fn latency(metrics: &LatencyMetrics) -> ws::Latency {
    ws::Latency {
        total_ms: metrics.total.map(|total| ms(total.duration)),
        measured: metrics.total.map(|total| match total.measured {
            MeasuredAt::Client => ws::MeasuredAt::Client,
            MeasuredAt::Server => ws::MeasuredAt::Server,
        }),
        endpointing_ms: metrics.endpointing.map(ms),
        stt_ms: metrics.stt.map(ms),
        llm_ttft_ms: metrics.llm_ttft.map(ms),
        llm_text_ms: metrics.llm_text.map(ms),
        tts_ttfb_ms: metrics.tts_ttfb.map(ms),
        realtime_ms: metrics.realtime.map(ms),
        provider_ms: metrics.provider.map(ms),
        overhead_ms: metrics.overhead.map(ms),
        network_playout_ms: metrics.network_playout.map(ms),
        leading_silence_ms: metrics.leading_silence.map(ms),
        unexplained_ms: metrics.unexplained.map(signed_ms),
        interrupt_ms: metrics.interrupt.map(ms),
    }
}

#[cfg(test)]
mod tests {
    use viva_domain::latency::TotalLatency;

    use super::*;

    #[test]
    fn durations_are_rounded_to_the_microsecond() {
        let rounded = [
            ms(Duration::from_nanos(1_234_567)),
            ms(Duration::from_nanos(499)),
            signed_ms(TimeDelta::microseconds(-3_500)),
        ];
        assert_eq!(rounded.map(|ms| ms.to_string()), ["1.235", "0", "-3.5"]);
    }

    #[test]
    fn what_was_not_measured_is_absent_and_the_rest_has_its_name() {
        let some = |ms| Some(Duration::from_millis(ms));
        let metrics = LatencyMetrics {
            total: Some(TotalLatency {
                duration: Duration::from_millis(540),
                measured: MeasuredAt::Client,
            }),
            endpointing: some(500),
            realtime: some(517),
            provider: some(17),
            stt: some(150),
            llm_ttft: some(200),
            llm_text: some(30),
            tts_ttfb: some(120),
            overhead: some(1),
            network_playout: some(25),
            leading_silence: some(40),
            unexplained: Some(TimeDelta::milliseconds(-3)),
            interrupt: some(200),
        };
        insta::assert_json_snapshot!(latency(&metrics), @r#"
        {
          "total_ms": 540.0,
          "measured": "client",
          "endpointing_ms": 500.0,
          "stt_ms": 150.0,
          "llm_ttft_ms": 200.0,
          "llm_text_ms": 30.0,
          "tts_ttfb_ms": 120.0,
          "realtime_ms": 517.0,
          "provider_ms": 17.0,
          "overhead_ms": 1.0,
          "network_playout_ms": 25.0,
          "leading_silence_ms": 40.0,
          "unexplained_ms": -3.0,
          "interrupt_ms": 200.0
        }
        "#);
        assert_eq!(latency(&LatencyMetrics::default()), ws::Latency::default());
    }
}
