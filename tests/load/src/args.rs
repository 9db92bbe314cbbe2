use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Parser;
use serde_json::Value;
use viva_audio::Clip;
use viva_client::Call;
use viva_protocol::ws::{FallbackPolicy, Interaction, RealtimeConfig, StartSession, TurnDetection};

/// Many callers at once against a running server.
#[derive(Debug, Parser)]
pub(crate) struct LoadArgs {
    /// Where the server listens.
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    pub(crate) url: String,
    /// File with the API token, where the server wants one.
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// What each caller says.
    #[arg(long, value_name = "FILE")]
    pub(crate) wav: PathBuf,
    /// Sessions at once.
    #[arg(long, value_name = "N", default_value = "20")]
    pub(crate) sessions: u32,
    /// How often each caller says it.
    #[arg(long, value_name = "N", default_value = "3")]
    pub(crate) turns: NonZeroU32,
    /// Pause between two turns; it should be longer than an answer.
    #[arg(long, value_name = "MS", default_value_t = 6_000)]
    gap_ms: u32,
    /// Time in which the sessions begin.
    #[arg(long, value_name = "S", default_value_t = 10.0)]
    pub(crate) ramp_s: f64,
    /// Time after which everything is given up.
    #[arg(long, value_name = "S", default_value_t = 600)]
    pub(crate) limit_s: u64,
    /// Silence that ends a turn, longer than any pause in what is said; the figures are about what comes on top.
    #[arg(long, value_name = "MS", default_value_t = 500)]
    pub(crate) silence_ms: u32,
    /// Realtime provider.
    #[arg(long, value_name = "ID", default_value = "offline")]
    provider: String,
    /// Provider-specific setting; the value is JSON, or else text. May be repeated.
    #[arg(long = "option", value_name = "KEY=VALUE", value_parser = setting)]
    options: Vec<(String, Value)>,
}

impl LoadArgs {
    /// What every caller does.
    pub(crate) fn call(&self, clip: &Clip) -> Call {
        let mut config = RealtimeConfig {
            realtime_provider: self.provider.clone(),
            ..RealtimeConfig::default()
        };
        config.options = self.options.iter().cloned().collect();
        let mut start = StartSession::new(&Interaction::Realtime(config));
        start.fallback = FallbackPolicy::Off;
        start.barge_in_enabled = false;
        start.turn_detection = Some(TurnDetection {
            silence_ms: Some(self.silence_ms),
            ..TurnDetection::default()
        });
        let mut call = Call::new(start, Arc::new(self.repeated(clip)));
        call.expected_turns = usize::try_from(self.turns.get()).ok();
        call
    }

    /// The clip, as often as there are turns, with a pause after each but the last.
    fn repeated(&self, clip: &Clip) -> Clip {
        let gap = usize::try_from(clip.rate.samples_in_ms(self.gap_ms)).unwrap_or_default();
        let mut samples = Vec::with_capacity((clip.samples.len() + gap) * self.turns.get() as usize);
        for turn in 1..=self.turns.get() {
            samples.extend_from_slice(&clip.samples);
            if turn < self.turns.get() {
                samples.resize(samples.len() + gap, 0);
            }
        }
        Clip {
            rate: clip.rate,
            samples,
        }
    }
}

fn setting(text: &str) -> Result<(String, Value), String> {
    let (key, value) = text.split_once('=').ok_or("write it as KEY=VALUE")?;
    let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
    Ok((key.to_owned(), value))
}

#[cfg(test)]
mod tests {
    use viva_audio::SampleRate;

    use super::*;

    #[test]
    fn the_clip_is_said_once_per_turn_with_pauses_between() {
        let args = LoadArgs::parse_from(["load", "--wav", "x.wav", "--turns", "3", "--gap-ms", "1"]);
        let call = args.call(&Clip {
            rate: SampleRate::HZ_8K,
            samples: vec![5, 6],
        });
        let gap = [0; 8];
        assert_eq!(
            call.clip.samples,
            [&[5, 6], &gap[..], &[5, 6], &gap[..], &[5, 6]].concat()
        );
        assert_eq!(call.expected_turns, Some(3));
        assert!(!call.start.barge_in_enabled);
    }

    #[test]
    fn settings_reach_the_provider() {
        let args = LoadArgs::parse_from([
            "load",
            "--wav",
            "x.wav",
            "--option",
            "delay_ms=0",
            "--silence-ms",
            "300",
        ]);
        let call = args.call(&Clip {
            rate: SampleRate::HZ_8K,
            samples: Vec::new(),
        });
        assert_eq!(call.start.config["options"]["delay_ms"], 0);
        assert_eq!(call.start.turn_detection.unwrap().silence_ms, Some(300));
    }
}
